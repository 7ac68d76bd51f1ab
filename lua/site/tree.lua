--- Values of Lua as the tree that lua/yaml.lua makes of YAML, so that one schema checker does for labels,
-- configuration files and what policies hand over. There are no lines and columns: the caller knows its own place.
-- `lua` is true in each node: what is wrong with it is mended as a table of Lua is written.
local M = {}

local DEPTH = 16

-- Keys in one order: numbers, then texts.
local function keys_of(value)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) == "number" and type(b) ~= "number"
  end)
  return keys
end

local function scalar(value, plain)
  return { kind = "scalar", value = value, plain = plain, lua = true }
end

local of -- forward

local function list(value, depth)
  local node = { kind = "list", items = {}, lua = true }
  for i = 1, rawlen(value) do
    local item, reason = of(rawget(value, i), depth)
    if not item then
      return nil, reason
    end
    node.items[i] = item
  end
  return node
end

local function map(value, keys, depth)
  local node = { kind = "map", entries = {}, lua = true }
  for i, key in ipairs(keys) do
    if type(key) ~= "string" then
      return nil, "a table has names or a list of values, not both"
    end
    local inner, reason = of(rawget(value, key), depth)
    if not inner then
      return nil, reason
    end
    node.entries[i] = { key = scalar(key, false), value = inner }
  end
  return node
end

function of(value, depth)
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
  local keys = keys_of(value)
  if rawlen(value) > 0 and #keys == rawlen(value) then
    return list(value, depth + 1)
  elseif #keys == 0 then
    return { kind = "list", items = {}, lua = true }
  end
  return map(value, keys, depth + 1)
end

--- of(value) -> tree | nil, reason. An empty table is an empty list.
function M.of(value)
  return of(value, 0)
end

return M
