--- Variables in values, as Compose has them: $NAME, ${NAME}, ${NAME:-text}, ${NAME-text}, ${NAME:?text}, ${NAME?text},
-- ${NAME:+text}, ${NAME+text}, each text with variables of its own, and $$ for a dollar.
--
-- A value remembers where its pieces came from (for lua/compose/place.lua), and which variables had no value.
local M = {}

local DEPTH = 16 -- of variables in the texts of variables

-- The byte behind the `}` that closes what begins at `from`. nil: there is none.
local function closing(text, from)
  local depth, at = 1, from
  while at <= #text do
    local char = text:sub(at, at)
    if text:find("^%$%{", at) then
      depth, at = depth + 1, at + 1
    elseif char == "}" then
      depth = depth - 1
      if depth == 0 then
        return at + 1
      end
    end
    at = at + 1
  end
end

local Run = {}
Run.__index = Run

local expand -- forward: expand(run, text, depth, pieces or nil) -> text | nil, why, where

-- What stands between the braces, to a value. nil and why not.
function Run:braced(inner, depth)
  local name, rest = inner:match("^([%a_][%w_]*)(.*)$")
  local operator, argument = (rest or ""):match("^(:?[-?+])(.*)$")
  if not name or rest ~= "" and not operator then
    return nil, ("'${%s}' is no variable that Compose reads; write '$$' for a dollar"):format(inner)
  end
  local value = self.lookup(name)
  local there = value ~= nil and (value ~= "" or not operator or operator:sub(1, 1) ~= ":")
  local kind = operator and operator:sub(-1)
  if kind == "+" and not there then
    return ""
  elseif kind == "+" then
    return expand(self, argument, depth + 1)
  elseif there then
    return value
  elseif kind == "-" then
    return expand(self, argument, depth + 1)
  elseif kind == "?" then
    return nil, ("the variable '%s' is required and has no value%s"):format(name,
      argument ~= "" and ": " .. argument or "")
  end
  self.unset[#self.unset + 1] = name
  return ""
end

-- One variable, or `$$`, at byte `at`: its value, and the byte behind it. nil and why not.
function Run:variable(text, at, depth)
  if text:find("^%$%$", at) then
    return "$", at + 2
  elseif text:find("^%$%{", at) then
    local after = closing(text, at + 2)
    if not after then
      return nil, "the '}' of a variable is missing; write '$$' for a dollar"
    end
    local value, why = self:braced(text:sub(at + 2, after - 2), depth)
    return value, value and after or why
  end
  local name, after = text:match("^%$([%a_][%w_]*)()", at)
  if not name then
    return nil, "a '$' begins a variable; write '$$' for a dollar"
  end
  local value = self.lookup(name)
  if not value then
    self.unset[#self.unset + 1] = name
  end
  return value or "", after
end

function expand(run, text, depth, pieces)
  if depth > DEPTH then
    return nil, ("variables are nested deeper than %d levels"):format(DEPTH)
  end
  local parts, at, bytes = {}, 1, 0
  local function put(part, from, variable)
    parts[#parts + 1] = part
    if pieces and (part ~= "" or variable) then
      pieces[#pieces + 1] = { offset = bytes, bytes = #part, read = from - 1, variable = variable }
    end
    bytes = bytes + #part
  end
  while true do
    local dollar = text:find("$", at, true)
    put(text:sub(at, (dollar or #text + 1) - 1), at, false)
    if not dollar then
      return table.concat(parts)
    end
    local unset = #run.unset
    local value, after = run:variable(text, dollar, depth)
    if not value then
      return nil, after, dollar
    end
    put(value, dollar, true)
    for i = unset + 1, #run.unset do
      run.places[i] = dollar - 1
    end
    at = after
  end
end

--- substitute(text, lookup) -> text | nil, why
function M.substitute(text, lookup)
  return expand(setmetatable({ lookup = lookup, unset = {}, places = {} }, Run), text, 0)
end

local function scalar(node, lookup, faults)
  if not node.value:find("$", 1, true) then
    return
  end
  local run = setmetatable({ lookup = lookup, unset = {}, places = {} }, Run)
  local pieces = {}
  local value, why, at = expand(run, node.value, 0, pieces)
  node.value_read = node.value
  if not value then
    faults[#faults + 1] = { node = node, offset = at and at - 1, text = why }
    return
  end
  node.value, node.pieces = value, pieces
  for i, name in ipairs(run.unset) do
    node.unset = node.unset or {}
    node.unset[i] = { name = name, read = run.places[i] }
  end
end

local function walk(node, lookup, faults, seen)
  if seen[node] then
    return
  end
  seen[node] = true
  if node.kind == "scalar" then
    scalar(node, lookup, faults)
  end
  for _, item in ipairs(node.items or {}) do
    walk(item, lookup, faults, seen)
  end
  for _, entry in ipairs(node.entries or {}) do
    walk(entry.value, lookup, faults, seen)
  end
end

--- tree(tree, lookup, faults): put values in, in place; what is wrong is appended to faults as {node, offset, text}.
function M.tree(tree, lookup, faults)
  walk(tree, lookup, faults, {})
end

return M
