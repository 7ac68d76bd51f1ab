--- What a policy is told by the configuration file: the values of its options, as its schema has them
-- (lua/site/option_schema.lua). They reach the handler as they are written in rules, so that they can be handed on to
-- `allow` and `refuse`.
local inner_of = require "schema".inner_of
local scalars = require "scalars"
local text = require "text"

local M = {}

local values -- forward

local function map_values(schema, node, files)
  local map = {}
  for _, entry in ipairs(node.entries or {}) do
    local inner = schema.of or inner_of(schema, entry.key.value)
    map[entry.key.value] = values(inner, entry.value, files)
  end
  for name, default in pairs(schema.defaults or {}) do
    if map[name] == nil then
      map[name] = default
    end
  end
  return map
end

function values(schema, node, files)
  if scalars.is_null(node) then
    return schema.type == "map" and map_values(schema, {}, files) or nil
  elseif schema.type == "map" then
    return map_values(schema, node, files)
  elseif schema.type == "boolean" then
    return scalars.boolean(node)
  elseif schema.type == "integer" then
    return math.tointeger(tonumber(node.value))
  elseif schema.file then
    return files[node.value]
  elseif schema.type ~= "list" then
    return node.value
  end
  local list = {}
  for i, item in ipairs(node.items) do
    list[i] = values(schema.of, item, files)
  end
  return list
end

--- values(schema, tree, files) -> the values of a tree that was checked; files: what is in those that it names.
M.values = values

local strict -- forward

local function names_of(schema)
  local names = {}
  for i, entry in ipairs(schema.keys) do
    names[i] = entry[1]
  end
  return names
end

local function strict_map(schema, value, path, fail)
  local result = {}
  for key, inner in next, value do
    local inside = schema.of or inner_of(schema, key)
    result[key] = inside and strict(inside, inner, path .. "." .. tostring(key), fail) or inner
  end
  if schema.of then
    return result
  end
  return setmetatable(result, { __metatable = false, __index = function(_, key)
    local known = names_of(schema)
    if type(key) == "string" and not text.among(key, known) then
      local meant = text.nearest(key, known)
      fail(("%s.%s: there is no such option%s (known: %s)"):format(path, text.plain(key),
        meant and ("; did you mean '%s'?"):format(meant) or "", table.concat(known, ", ")))
    end
  end })
end

function strict(schema, value, path, fail)
  if type(value) ~= "table" then
    return value
  elseif schema.type == "map" then
    return strict_map(schema, value, path, fail)
  end
  local result = {}
  for key, item in next, value do
    result[key] = schema.of and strict(schema.of, item, path .. "[]", fail) or item
  end
  return result
end

--- strict(schema, values, path, fail) -> a copy of the values in which what the schema does not name is a mistake: a
-- policy that found nil there would not do what it is for. fail(message) raises it.
M.strict = strict

--- each_file(schema, tree, fn): calls fn(node) for each file that is named.
function M.each_file(schema, node, fn)
  if schema.file and node.kind == "scalar" and not scalars.is_null(node) then
    fn(node)
  end
  for _, entry in ipairs(schema.type == "map" and node.entries or {}) do
    local inner = schema.of or inner_of(schema, entry.key.value)
    if inner then
      M.each_file(inner, entry.value, fn)
    end
  end
  for _, item in ipairs(schema.type == "list" and node.items or {}) do
    M.each_file(schema.of, item, fn)
  end
end

return M
