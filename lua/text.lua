--- Words for messages: quoting what a stranger wrote, and guessing what was meant.
local M = {}

local SHOWN = 40 -- bytes of a value that a message repeats
local GUESSED = 40 -- longer words are not compared

local function cut(text, max)
  if #text <= max then
    return text
  end
  while max > 0 and text:byte(max + 1) & 0xC0 == 0x80 do
    max = max - 1
  end
  return text:sub(1, max) .. "…"
end

-- What looks like a blank, or like nothing, and is none to YAML.
local UNSEEN = {
  ["\u{85}"] = "next line", ["\u{A0}"] = "no-break space", ["\u{AD}"] = "soft hyphen",
  ["\u{1680}"] = "ogham space mark", ["\u{180E}"] = "Mongolian vowel separator",
  ["\u{2000}"] = "en quad", ["\u{2001}"] = "em quad", ["\u{2002}"] = "en space", ["\u{2003}"] = "em space",
  ["\u{2004}"] = "three-per-em space", ["\u{2005}"] = "four-per-em space", ["\u{2006}"] = "six-per-em space",
  ["\u{2007}"] = "figure space", ["\u{2008}"] = "punctuation space", ["\u{2009}"] = "thin space",
  ["\u{200A}"] = "hair space", ["\u{200B}"] = "zero width space", ["\u{200C}"] = "zero width non-joiner",
  ["\u{200D}"] = "zero width joiner", ["\u{200E}"] = "left-to-right mark", ["\u{200F}"] = "right-to-left mark",
  ["\u{2028}"] = "line separator", ["\u{2029}"] = "paragraph separator",
  ["\u{202A}"] = "left-to-right embedding", ["\u{202B}"] = "right-to-left embedding",
  ["\u{202C}"] = "pop directional formatting", ["\u{202D}"] = "left-to-right override",
  ["\u{202E}"] = "right-to-left override", ["\u{202F}"] = "narrow no-break space",
  ["\u{205F}"] = "medium mathematical space", ["\u{2060}"] = "word joiner",
  ["\u{2066}"] = "left-to-right isolate", ["\u{2067}"] = "right-to-left isolate",
  ["\u{2068}"] = "first strong isolate", ["\u{2069}"] = "pop directional isolate",
  ["\u{2800}"] = "braille pattern blank", ["\u{3000}"] = "ideographic space", ["\u{3164}"] = "Hangul filler",
  ["\u{FEFF}"] = "zero width no-break space",
}
local CANDIDATE = "[\xC2\xE1-\xE3\xEF][\x80-\xBF]+" -- characters of which some are above

local function unseen_named(char)
  local name = UNSEEN[char]
  return name and ("<U+%04X %s>"):format(utf8.codepoint(char), name)
end

local CONTROL = "\xC2[\x80-\x9F]" -- of the second set, which terminals obey as those of the first

local ODD = "[%c\x80-\xFF]"

--- The text without control characters, and with a name for what looks like a blank and is none.
function M.visible(text)
  return not text:find(ODD) and text or (text:gsub("%c", " "):gsub(CANDIDATE, unseen_named):gsub(CONTROL, " "))
end

--- The text with a blank for each of these: as many characters as before.
function M.blanked(text)
  return (text:gsub("%c", " "):gsub(CANDIDATE, function(char) return UNSEEN[char] and " " end):gsub(CONTROL, " "))
end

--- Where in a line (in characters, from 1) is the first that looks like a blank and is none, and its name; nil: none.
function M.unseen(line)
  for at, char in line:gmatch("()(" .. CANDIDATE .. ")") do
    local name = unseen_named(char)
    if name then
      return utf8.len(line, 1, at), name
    end
  end
end

--- As visible, cut to what fits into a message.
function M.plain(text, max)
  max = max or SHOWN
  return cut(M.visible(cut(text, max)), 4 * max)
end

--- As plain, in single quotes.
function M.quote(text)
  return "'" .. M.plain(text) .. "'"
end

--- Is the word in the list?
function M.among(word, list)
  for _, item in ipairs(list) do
    if item == word then
      return true
    end
  end
  return false
end

local function squash(word)
  return (word:lower():gsub("[-_ .]", ""):gsub(CANDIDATE, function(char) return UNSEEN[char] and "" end))
end

-- The smallest number of insertions, deletions, changes and swaps of neighbours that turn a into b.
local function distance(a, b)
  local before, last = nil, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

--- Which of the known words `word` was probably meant to be; nil if none is near.
-- synonyms: other words for known ones.
function M.nearest(word, known, synonyms)
  if #word > GUESSED then
    return nil
  end
  local wanted = squash(word)
  if synonyms and synonyms[wanted] then
    return synonyms[wanted]
  end
  local best, least
  for _, candidate in ipairs(known) do
    local d = distance(wanted, squash(candidate))
    local near = math.min(#wanted, #candidate) <= 4 and 1 or 2
    if d <= near and (not best or d < least) then
      best, least = candidate, d
    end
  end
  return best
end

return M
