--- Values to JSON (RFC 8259), one way only: keys sorted, so that the same values are the same text.
local M = {}

local List = {}

--- list(values) -> the same table, which is written as an array also when it is empty.
function M.list(values)
  return setmetatable(values or {}, List)
end

local SHORT = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(char)
  return SHORT[char] or ("\\u%04x"):format(char:byte())
end

-- Bytes that are no UTF-8 (a file's, in the name of a service, say) become the replacement character.
local function quote(text)
  local bad = select(2, utf8.len(text))
  while bad do
    text = text:sub(1, bad - 1) .. "\u{FFFD}" .. text:sub(bad + 1)
    bad = select(2, utf8.len(text, bad + 3))
  end
  return '"' .. text:gsub('[%c"\\]', escape) .. '"'
end

local write -- forward: write(value, out, indent)

local function write_list(values, out, indent)
  local inner = indent .. "  "
  for i, value in ipairs(values) do
    out[#out + 1] = (i == 1 and "[\n" or ",\n") .. inner
    write(value, out, inner)
  end
  out[#out + 1] = #values == 0 and "[]" or "\n" .. indent .. "]"
end

local function write_object(object, out, indent)
  local keys, inner = {}, indent .. "  "
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    out[#out + 1] = (i == 1 and "{\n" or ",\n") .. inner .. quote(key) .. ": "
    write(object[key], out, inner)
  end
  out[#out + 1] = #keys == 0 and "{}" or "\n" .. indent .. "}"
end

function write(value, out, indent)
  if type(value) == "string" then
    out[#out + 1] = quote(value)
  elseif type(value) ~= "table" then
    out[#out + 1] = tostring(value)
  elseif getmetatable(value) == List or #value > 0 then
    write_list(value, out, indent)
  else
    write_object(value, out, indent)
  end
end

--- encode(value) -> text, with a line's end. Texts, numbers, booleans, lists and tables by name.
function M.encode(value)
  local out = {}
  write(value, out, "")
  return table.concat(out) .. "\n"
end

return M
