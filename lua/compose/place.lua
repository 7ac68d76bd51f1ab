--- From an offset in a value to its place in the file: through variables that were put in, through the `key=` before a
-- label in a list, and through what YAML does to a text (indentation, folding, escapes).
local M = {}

local function blanks(text, at)
  return text:match("^[ \t]*()", at)
end

-- Each step takes what stands at byte `at` of the file for the value's byte `offset` (from 0): it returns the next two.
local STEPS = {}

-- The end of a line within a flowing text: alone it is a blank, of several each but the first is a line's end.
local function fold(text, at, offset)
  local ends = 0
  while true do
    local next_at = text:match("^[ \t]*\r?\n()", at)
    if not next_at then
      break
    end
    at, ends = next_at, ends + 1
  end
  return blanks(text, at), offset + (ends > 1 and ends - 1 or 1)
end

local function at_end_of_line(text, at)
  return text:find("^[ \t]*\r?\n", at) ~= nil
end

function STEPS.plain(text, at, offset)
  if at_end_of_line(text, at) then
    return fold(text, at, offset)
  end
  return at + 1, offset + 1
end

function STEPS.single(text, at, offset)
  if text:find("^''", at) then
    return at + 2, offset + 1
  end
  return STEPS.plain(text, at, offset)
end

local LONG = { x = 4, u = 6, U = 10 } -- bytes of an escape
local WIDE = { N = true, _ = true, L = true, P = true } -- escapes for more than one byte

function STEPS.double(text, at, offset, value)
  if text:byte(at) ~= 0x5C then
    return STEPS.plain(text, at, offset)
  end
  local continued = text:match("^\\\r?\n[ \t]*()", at)
  if continued then
    return continued, offset
  end
  local kind = text:sub(at + 1, at + 1)
  local bytes = 1
  if LONG[kind] or WIDE[kind] then
    bytes = #(value:match("^" .. utf8.charpattern, offset + 1) or " ")
  end
  return at + (LONG[kind] or 2), offset + bytes
end

-- A block whose lines are joined: the value says what became of ends of lines. What is indented more stays so.
function STEPS.folded(text, at, offset, value, indent)
  local line = text:match("^\r?\n()", at)
  if not line then
    return at + 1, offset + 1
  end
  while text:find("^[ \t]*\r?\n", line) do
    line = text:match("\n()", line)
  end
  local ends = #value:match("^\n*", offset + 1)
  return math.min(line + indent, blanks(text, line)), offset + math.max(ends, 1)
end

-- A block that is as it is written, but for its indentation: the line's end is the value's line.
local function in_literal(node, offset)
  local before = node.value_read:sub(1, offset)
  local _, lines = before:gsub("\n", "")
  local start = before:match("^.*\n()") or 1
  local line = node.value_read:match("[^\n]*", start)
  local number = node.line + 1 + lines
  local written = node.source:line(number)
  local indent = #written - #line
  if indent < 0 or written:sub(indent + 1) ~= line then
    return node.line, node.column
  end
  local column = utf8.len(written, 1, indent + #before - start + 1, true)
  return number, (column or indent + #before - start + 1) + 1
end

local function first_byte(node, style)
  local text = node.source.text
  local at = node.source:byte(node.line, node.column)
  if style == "folded" then
    return blanks(text, text:match("\n()", at) or at)
  end
  -- An anchor or a tag comes first.
  at = text:match("^[&!][^%s]*%s+()", at) or at
  at = text:match("^[&!][^%s]*%s+()", at) or at
  return style == "plain" and at or at + 1
end

-- Where offset (from 0) of the value as it was read is. Where YAML's text cannot be followed: where the value begins.
local function in_file(node, offset)
  local style = node.style or "plain"
  if style == "literal" then
    return in_literal(node, offset)
  end
  local text, at, now = node.source.text, first_byte(node, style), 0
  local _, column = node.source:place(at)
  while at <= #text do
    local next_at, after = STEPS[style](text, at, now, node.value_read, column - 1)
    if now >= offset and after > now then
      return node.source:place(at)
    end
    at, now = next_at, after
  end
  return node.line, node.column
end

-- Through the variables of a value: the offset in what was read.
local function before_variables(node, offset)
  for _, piece in ipairs(node.pieces or {}) do
    if offset < piece.offset + piece.bytes then
      return piece.variable and piece.read or piece.read + offset - piece.offset
    end
  end
  local last = node.pieces and node.pieces[#node.pieces]
  return last and last.read + (last.variable and 0 or offset - last.offset) or offset
end

--- of_read(node, offset) -> source, line, column: of the value as it was read, before variables were put in.
function M.of_read(node, offset)
  if node.part_of then
    return M.of_read(node.part_of, offset)
  end
  node.value_read = node.value_read or node.value
  return node.source, in_file(node, offset)
end

--- of(node, offset) -> source, line, column. offset: bytes from the value's begin (0); nil: where the node begins.
function M.of(node, offset)
  if not offset then
    return node.source, node.line, node.column
  elseif node.part_of then
    return M.of(node.part_of, node.part_from + offset)
  end
  return M.of_read(node, before_variables(node, offset))
end

--- offset(text, line, column) -> the offset (from 0) of a place (column in characters) in a text.
function M.offset(text, line, column)
  local at = 1
  for _ = 2, line do
    at = text:match("\n()", at) or text:find("$", at)
  end
  local content = text:match("[^\n]*", at)
  return at - 1 + (utf8.offset(content, column) or #content + 1) - 1
end

return M
