--- A file that was read: its name as the user gave it, its text, and its lines.
local M = {}

local Source = {}
Source.__index = Source

--- new(name, text, folder) -> source. folder: where other files that it names are, with a slash at its end, or "".
function M.new(name, text, folder)
  return setmetatable({ name = name, text = (text:gsub("^\xEF\xBB\xBF", "")), folder = folder }, Source)
end

local function starts_of(text)
  local starts = { 1 }
  for after in text:gmatch("\n()") do
    starts[#starts + 1] = after
  end
  return starts
end

--- source:start(line) -> the byte at which the line begins; nil where the file has ended.
function Source:start(line)
  self.starts = self.starts or starts_of(self.text)
  return self.starts[line]
end

--- source:line(number) -> the line without its end; "" behind the last.
function Source:line(number)
  local from = self:start(number)
  local after = self:start(number + 1)
  local line = from and self.text:sub(from, after and after - 2 or #self.text) or ""
  return (line:gsub("\r$", ""))
end

--- source:place(byte) -> line, column (in characters): where a byte of the text is.
function Source:place(byte)
  self:start(1)
  local low, high = 1, #self.starts
  while low < high do
    local middle = (low + high + 1) // 2
    if self.starts[middle] <= byte then
      low = middle
    else
      high = middle - 1
    end
  end
  local before = self.text:sub(self.starts[low], byte - 1)
  return low, (utf8.len(before) or #before) + 1
end

--- source:byte(line, column) -> the byte of a place in characters.
function Source:byte(line, column)
  local from = self:start(line)
  if not from then
    return #self.text + 1
  end
  local content = self:line(line)
  return from + (utf8.offset(content, column) or #content + 1) - 1
end

return M
