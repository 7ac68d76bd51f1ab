--- What libyaml says about a text that is not YAML, in words that help to mend it.
local text = require "text"

local M = {}

local PREFIX = "not valid YAML: "
local TAB = "a tab is not allowed here; indent with spaces"

-- Where byte `offset` (from 0) is.
local function place(source, offset)
  local line, last = 1, 0
  for newline in source:gmatch("()\n") do
    if newline > offset then
      break
    end
    line, last = line + 1, newline
  end
  return line, #source:sub(last + 1, offset):gsub("[\x80-\xBF]", "") + 1
end

local function line_of(source, number)
  local at = 1
  for _ = 2, number do
    local newline = source:find("\n", at, true)
    if not newline then
      return ""
    end
    at = newline + 1
  end
  return source:sub(at, (source:find("\n", at, true) or #source + 1) - 1)
end

-- The character at a place, "" past the end of its line.
local function char_at(source, line, column)
  local content = line_of(source, line)
  local from = utf8.offset(content, column)
  local to = from and utf8.offset(content, column + 1)
  return from and to and content:sub(from, to - 1) or ""
end

local function bad_start(problem, source)
  local char = char_at(source, problem.line, problem.column)
  if char == "\t" then
    return TAB
  end
  return ("a value cannot begin with '%s'; put quotes around it"):format(char)
end

local function unclosed(open, close)
  return function(problem)
    return ("',' or '%s' is missing after the '%s' in line %d column %d"):format(close, open, problem.context_line,
      problem.context_column), { line = problem.context_line, column = problem.context_column }
  end
end

-- libyaml's text (src/scanner.c, src/parser.c, src/reader.c): what to say, and whether it says where it began rather
-- than where it was noticed.
local HINTS = {
  ["found character that cannot start any token"] = { bad_start },
  ["found a tab character where an indentation space is expected"] = { TAB },
  ["found a tab character that violates indentation"] = { TAB },
  ["mapping values are not allowed in this context"] = {
    "a ':' is not expected here; check the indentation, and for a missing space after the ':' before, "
      .. "or put quotes around the value" },
  ["block sequence entries are not allowed in this context"] = {
    "a '- ' is not expected here; put it on a line of its own" },
  ["did not find expected key"] = { "a key is expected here; check the indentation of this line, and its quotes" },
  ["did not find expected '-' indicator"] = { "a '- ' is expected here, as before; check the indentation" },
  ["did not find expected ',' or ']'"] = { unclosed("[", "]") },
  ["did not find expected ',' or '}'"] = { unclosed("{", "}") },
  ["could not find expected ':'"] = { "a ':' is missing after the key", at_context = true },
  ["found unexpected end of stream"] = { "the quote that opens here is not closed", at_context = true },
  ["found unexpected document indicator"] = { "the quote that opens here is not closed", at_context = true },
  ["found unknown escape character"] = {
    "unknown escape after '\\' in a double-quoted text; write '\\\\' or use single quotes" },
  ["did not find expected alphabetic or numeric character"] = {
    "a value cannot begin with '*' or '&'; put quotes around it", at_context = true },
  ["control characters are not allowed"] = { "control characters are not allowed" },
}

-- A character that looks like a blank and is none cannot be seen, and may be the cause.
local function unseen(source, line)
  local column, name = text.unseen(line_of(source, line))
  return column and ("; column %d has a %s, which is no blank in YAML: write a space"):format(column, name) or ""
end

--- explain(problem, source, path) -> error {line, column, path, text, mentions}, as of lua/yaml.lua
function M.explain(problem, source, path)
  local line, column = problem.line, problem.column
  if problem.offset then
    line, column = place(source, problem.offset)
  end
  local hint = HINTS[problem.text]
  local said, mentions = hint and hint[1] or problem.text, nil
  if hint and hint.at_context and problem.context_line then
    line, column = problem.context_line, problem.context_column
  end
  if type(said) == "function" then
    said, mentions = said(problem, source)
  elseif not hint and problem.text:find("UTF-8", 1, true) then
    said = "the text is not UTF-8"
  end
  if not problem.offset then -- else it is not known to be UTF-8
    said = said .. unseen(source, line)
  end
  -- What begins at the margin is not inside of what the reader was in.
  return { line = line, column = column, path = column > 1 and path or "", text = PREFIX .. said, mentions = mentions }
end

return M
