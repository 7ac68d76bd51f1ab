--- JSON (RFC 8259) to values: what the running program answers. `null` is a field that is missing.
local M = {}

local DEPTH = 64

local ESCAPES = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local WORDS = { ["true"] = true, ["false"] = false }

local value -- forward: value(text, at, depth) -> value, the next place

local function fail(text, at)
  local _, lines = text:sub(1, at):gsub("\n", "")
  error(("not JSON: line %d, byte %d"):format(lines + 1, at), 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

-- The code that four digits stand for; two of them, where one alone is half a character.
local function unicode(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or fail(text, at), 16)
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
    if low >= 0xDC00 and low < 0xE000 then
      return utf8.char(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), at + 10
    end
  end
  return utf8.char(code >= 0xD800 and code < 0xE000 and 0xFFFD or code), at + 4
end

local function string_at(text, at)
  local parts = {}
  while true do
    local stop = text:find('["\\]', at) or fail(text, at)
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:byte(stop) == 34 then
      return table.concat(parts), stop + 1
    end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      parts[#parts + 1], at = unicode(text, stop + 2)
    else
      parts[#parts + 1], at = ESCAPES[letter] or fail(text, stop), stop + 2
    end
  end
end

-- One element after the other, up to `close`.
local function each(text, at, close, element)
  at = skip(text, at)
  if text:sub(at, at) == close then
    return at + 1
  end
  while true do
    at = skip(text, element(skip(text, at)))
    local mark = text:sub(at, at)
    if mark == close then
      return at + 1
    elseif mark ~= "," then
      fail(text, at)
    end
    at = at + 1
  end
end

local function list_at(text, at, depth)
  local list = {}
  return list, each(text, at, "]", function(place)
    local item, after = value(text, place, depth)
    list[#list + 1] = item
    return after
  end)
end

local function object_at(text, at, depth)
  local object = {}
  return object, each(text, at, "}", function(place)
    if text:byte(place) ~= 34 then
      fail(text, place)
    end
    local key, after = string_at(text, place + 1)
    after = skip(text, after)
    if text:byte(after) ~= 58 then
      fail(text, after)
    end
    object[key], after = value(text, skip(text, after + 1), depth)
    return after
  end)
end

function value(text, at, depth)
  local first = text:sub(at, at)
  if depth == DEPTH then
    fail(text, at)
  elseif first == '"' then
    return string_at(text, at + 1)
  elseif first == "{" then
    return object_at(text, at + 1, depth + 1)
  elseif first == "[" then
    return list_at(text, at + 1, depth + 1)
  end
  local word = text:match("^[%w.+-]+", at) or fail(text, at)
  local number = word:find("^-?%d") and tonumber(word)
  if word ~= "null" and WORDS[word] == nil and not number then
    fail(text, at)
  end
  return WORDS[word] == nil and (number or nil) or WORDS[word], at + #word
end

--- decode(text) -> value. Raises where it is not JSON.
function M.decode(text)
  local result, at = value(text, skip(text, 1), 0)
  if skip(text, at) <= #text then
    fail(text, at)
  end
  return result
end

return M
