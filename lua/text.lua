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

--- The text without control characters, cut to what fits into a message.
function M.plain(text, max)
  return (cut(text:gsub("%c", " "), max or SHOWN))
end

--- As plain, in single quotes.
function M.quote(text)
  return "'" .. M.plain(text) .. "'"
end

local function squash(word)
  return (word:lower():gsub("[-_ .]", ""))
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
