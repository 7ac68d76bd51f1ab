--- Values of Lua as the tree that lua/yaml.lua makes of YAML, so that one schema checker does for labels,
-- configuration files and what policies hand over. There are no lines and columns: the caller knows its own place.
-- `lua` is true in each node: what is wrong with it is mended as a table of Lua is written.
local M = {}

local DEPTH = 16

-- How many keys there are, and how many of them are names.
local function count(value)
  local n, named = 0, 0
  for key in next, value do
    n, named = n + 1, named + (type(key) == "string" and 1 or 0)
  end
  return n, named
end

local function names_of(value)
  local names = {}
  for name in next, value do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function scalar(value, plain)
  return { kind = "scalar", value = value, plain = plain, lua = true }
end

local of -- forward: of(value, depth, made); made: the nodes of tables, by table

local function list(value, depth, made)
  local items = {}
  for i = 1, rawlen(value) do
    local item, reason = of(rawget(value, i), depth, made)
    if not item then
      return nil, reason
    end
    items[i] = item
  end
  return { kind = "list", items = items, lua = true }
end

local function map(value, depth, made)
  local entries = {}
  for i, name in ipairs(names_of(value)) do
    local inner, reason = of(rawget(value, name), depth, made)
    if not inner then
      return nil, reason
    end
    entries[i] = { key = scalar(name, false), value = inner }
  end
  return { kind = "map", entries = entries, lua = true }
end

-- A table that stands in several places is read once.
local function of_table(value, depth, made)
  local before = made[value]
  if before then
    before.shared = true
    return before
  end
  local n, named = count(value)
  local is_list = named == 0 and n == rawlen(value)
  if not is_list and named < n then
    return nil, "a table has names or a list of values, not both"
  end
  local node, reason = (is_list and list or map)(value, depth, made)
  made[value] = node
  return node, reason
end

function of(value, depth, made)
  local kind = type(value)
  if kind == "string" then
    return scalar(value, false)
  elseif kind == "number" then
    return scalar(("%s"):format(math.tointeger(value) or value), true)
  elseif kind == "boolean" then
    return scalar(value and "true" or "false", true)
  elseif kind == "nil" then
    return scalar("", true)
  elseif kind ~= "table" then
    return nil, ("a %s is no value of a rule"):format(kind)
  elseif depth >= DEPTH then
    return nil, ("nested deeper than %d levels"):format(DEPTH)
  end
  return of_table(value, depth + 1, made)
end

--- of(value) -> tree | nil, reason. An empty table is an empty list.
function M.of(value)
  return of(value, 0, {})
end

return M
