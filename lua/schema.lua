--- Checks a YAML tree against a schema, and makes plain values of it.
--
-- A schema is data:
--   {type = "map", keys = {{name, schema}, …}, required = {name, …}, at_most_one = {{name, …}, …},
--    needs = {{name, other, why, spared = {value = true}}, …}, bars = {{name, other, {value = true}, why}, …},
--    at_least_one = {names = {…}, text = …}, synonyms = {word = name}, blank = as in lua/doubts.lua,
--    advice = {name = text}}                                          for unknown keys
--   {type = "map", of = schema}                                      any keys
--   {type = "list", of = schema, max = number}
--   {type = "boolean"}, {type = "integer", min, max}
--   {type = "text", read = function(text) -> value | nil, reason}    text only
--   {type = "word", read = …, what = "…"}                            text or number, as it is written; what `read`
--                                                                    returns as a third value is a doubt
--   {type = "anything"}
-- A null is as if the key were not there, but in a configuration file, where it is a mistake. An error is {line,
-- column, path, text}; the first one ends the check. While it goes up it has `way`, the keys that lead to it, the
-- innermost first: a path is made only where one is needed.
local doubts = require "doubts"
local scalars = require "scalars"
local text = require "text"
local unknown = require "unknown"
local yaml = require "yaml"

local M = {}

local NONE = {} -- what a schema does not have

local lines = setmetatable({}, { __mode = "k" }) -- where checked mappings begin

-- key: the one under the mapping that is being checked which it is about, if it is about one.
local function fault(at, message, key)
  return nil, { line = at.line, column = at.column, way = { key }, text = message }
end

-- It is in the value of this key, or (with a number) in this item.
local function fault_under(err, key)
  err.way[#err.way + 1] = key
  return nil, err
end

local function found(node)
  if node.kind == "map" then
    return node.lua and "a table with names" or "a mapping"
  elseif node.kind == "list" then
    return "a list"
  elseif scalars.is_null(node) then
    return "nothing"
  elseif scalars.is_text(node) then
    return (node.plain and "" or "the quoted text ") .. text.quote(node.value)
  elseif scalars.boolean(node) ~= nil then
    return "the boolean " .. node.value
  end
  return "the number " .. text.plain(node.value)
end

--- Does a value say anything? "", 0, false and empty lists do not.
local function says(value)
  if type(value) == "table" then
    return next(value) ~= nil
  end
  return value ~= nil and value ~= "" and value ~= 0 and value ~= false
end

local indexes = setmetatable({}, { __mode = "k" }) -- of schemas: what belongs to each key

local function index_of(schema)
  local index = indexes[schema]
  if not index then
    index = {}
    for _, entry in ipairs(schema.keys or NONE) do
      index[entry[1]] = entry[2]
    end
    indexes[schema] = index
  end
  return index
end

--- inner_of(schema, name) -> the schema of what is under this key, nil: it has no such key.
function M.inner_of(schema, name)
  return index_of(schema)[name]
end

local function listed(names)
  local quoted = {}
  for i, name in ipairs(names) do
    quoted[i] = "'" .. name .. "'"
  end
  return table.concat(quoted, ", ", 1, #quoted - 1) .. " and " .. quoted[#quoted]
end

-- The first two keys of those whose values say something; nil: there are not so many.
local function first_two(values, keys, names)
  local first
  for _, key in ipairs(keys) do
    if text.among(key.value, names) and says(values[key.value]) then
      if first then
        return first, key
      end
      first = key
    end
  end
end

local function check_exclusive(schema, values, keys)
  for _, names in ipairs(schema.at_most_one or NONE) do
    local said = 0
    for _, name in ipairs(names) do
      said = said + (says(values[name]) and 1 or 0)
    end
    if said > 1 then
      local first, second = first_two(values, keys, names)
      return fault(second, ("cannot be combined with '%s': only one of %s is allowed"):format(first.value,
        listed(names)), second.value)
    end
  end
  return true
end

local function fault_at_key(keys, name, message)
  for _, key in ipairs(keys) do
    if key.value == name then
      return fault(key, message, name)
    end
  end
end

-- Values of one key that have no place for another.
local function check_bars(schema, values, keys)
  for _, bar in ipairs(schema.bars or NONE) do
    local name, other, barring, why = bar[1], bar[2], bar[3], bar[4]
    if barring[values[other]] and says(values[name]) then
      return fault_at_key(keys, name,
        ("cannot be combined with '%s: %s': %s"):format(other, values[other], why))
    end
  end
  return true
end

local function check_needs(schema, values, keys)
  for _, need in ipairs(schema.needs or NONE) do
    local name, other, why = need[1], need[2], need[3]
    if says(values[name]) and not says(values[other]) and not (need.spared or NONE)[values[name]] then
      return fault_at_key(keys, name, ("needs '%s': %s"):format(other, why))
    end
  end
  return true
end

local function check_present(schema, values, at)
  for _, name in ipairs(schema.required or NONE) do
    if values[name] == nil then
      local hint = M.inner_of(schema, name).type == "boolean" and "; write '%s: true' or '%s: false'" or ""
      return fault(at, ("'%s' is missing" .. hint):format(name, name, name))
    end
  end
  local least = schema.at_least_one
  if least then
    for _, name in ipairs(least.names) do
      if says(values[name]) then
        return true
      end
    end
    return fault(at, least.text)
  end
  return true
end

-- What keys demand of each other.
local function check_together(schema, values, keys, at)
  local ok, err = check_exclusive(schema, values, keys)
  if ok then
    ok, err = check_bars(schema, values, keys)
  end
  if ok then
    ok, err = check_needs(schema, values, keys)
  end
  if ok then
    ok, err = check_present(schema, values, at)
  end
  return ok, err
end

local CHECKS = {} -- by type: a function of the schema, the node, where its key is (an item is there itself),
-- and of the whole check: {root = schema, exact = nothing is taken that may be a mistake}

-- What to do where a mapping belongs: in YAML, and in Lua.
local function mapping_hint(node)
  if node.lua then
    return node.kind == "list" and "; take away one pair of braces, or write { key = value }"
      or "; write { key = value }"
  end
  return node.kind == "list" and "; remove the '- ' or '['"
    or "; write its keys on lines of their own below, as 'key: value'"
end

function CHECKS.map(schema, node, at, run)
  if node.kind ~= "map" then
    return fault(node, ("must be a %s, found %s%s"):format(node.lua and "table with names" or "mapping",
      found(node), mapping_hint(node)))
  end
  local values, keys, index = {}, {}, index_of(schema)
  for i, entry in ipairs(node.entries) do
    local name = entry.key.value
    local inner = schema.of or index[name]
    if not inner then
      return fault(entry.key, unknown.describe(schema, name, run.root), name)
    end
    keys[i] = entry.key
    if not scalars.is_null(entry.value) then
      local before = doubts.count
      local value, err = CHECKS[inner.type](inner, entry.value, entry.key, run)
      if err then
        return fault_under(err, name)
      elseif doubts.count > before then
        doubts.under(before, name)
      end
      values[name] = value
    elseif run.exact then
      return fault(entry.key, "is empty; write a value, or leave the key out", name)
    end
  end
  local ok, err = check_together(schema, values, keys, at)
  if not ok then
    return nil, err
  end
  local blank, what = doubts.blanks(schema, values, keys, run.exact)
  if blank then
    return fault(blank, what, blank.value)
  end
  lines[values] = at.line
  return values
end

-- What to do where a list belongs: in YAML, and in Lua.
local function list_hint(schema, node)
  if node.kind == "map" then
    return node.lua and "; put braces around it: { { … } }" or "; put '- ' before its first key"
  elseif schema.of.type == "map" then
    return node.lua and "; write { { key = value } }" or "; write each entry below, its first key after '- '"
  elseif scalars.boolean(node) ~= nil then
    return ""
  end
  local value = text.plain(node.value)
  return node.lua and (node.plain and "; write { %s }" or "; write { \"%s\" }"):format(value)
    or ("; write [%s]"):format(value)
end

function CHECKS.list(schema, node, _, run)
  if node.kind ~= "list" then
    return fault(node, ("must be a list, found %s%s"):format(found(node), list_hint(schema, node)))
  elseif #node.items > schema.max then
    return fault(node, ("has %d entries; at most %d are allowed"):format(#node.items, schema.max))
  end
  if node.shared and node.schema == schema then
    return node.values
  end
  local values, of, check = {}, schema.of, CHECKS[schema.of.type]
  for i, item in ipairs(node.items) do
    local before = doubts.count
    local value, err = check(of, item, item, run)
    if err then
      return fault_under(err, i - 1)
    elseif doubts.count > before then
      doubts.under(before, i - 1)
    end
    values[i] = value
  end
  if node.shared then
    node.schema, node.values = schema, values
  end
  return values
end

function CHECKS.boolean(_, node)
  local value = scalars.boolean(node)
  if value ~= nil then
    return value
  end
  local hint = ""
  if node.kind == "scalar" and scalars.boolean({ kind = "scalar", plain = true, value = node.value }) ~= nil then
    hint = "; remove the quotes"
  elseif node.kind == "scalar" and node.value ~= "" then
    local meant = text.nearest(node.value, { "true", "false" })
    hint = meant and ("; did you mean '%s'?"):format(meant) or ""
  end
  return fault(node, ("must be true or false, found %s%s"):format(found(node), hint))
end

function CHECKS.integer(schema, node)
  if not scalars.is_integer(node) then
    local hint = node.kind == "scalar" and not node.plain and node.value:find("^%d+$") and "; remove the quotes" or ""
    return fault(node, ("must be a whole number, found %s%s"):format(found(node), hint))
  end
  local value = node.value:find("^%d+$") and #node.value <= 15 and math.tointeger(tonumber(node.value))
  if not value or value < schema.min or value > schema.max or node.value:find("^0%d") then
    return fault(node,
      ("must be a whole number from %d to %d, found %s"):format(schema.min, schema.max, text.plain(node.value)))
  end
  return value
end

-- For a list where one value belongs.
local function single_hint(node, at)
  if node.kind ~= "list" or at == node then
    return ""
  end
  local bare = node.lua and "; write the one value without braces" or "; write the one value without '[' or '- '"
  return #node.items == 1 and bare or "; write one rule for each value"
end

function CHECKS.text(schema, node, at)
  if not scalars.is_text(node) then
    local hint = node.kind == "scalar" and ("; put quotes around it: '%s'"):format(text.plain(node.value))
      or single_hint(node, at)
    return fault(node, ("must be a text, found %s%s"):format(found(node), hint))
  elseif not schema.read then
    return node.value
  end
  local value, reason = schema.read(node.value)
  if reason then
    return fault(node, reason)
  end
  return value
end

function CHECKS.word(schema, node, at, run)
  if node.kind ~= "scalar" or scalars.is_null(node) then
    return fault(node, ("must be %s, found %s%s"):format(schema.what, found(node), single_hint(node, at)))
  end
  local value, reason, doubt = schema.read(node.value)
  if reason or doubt and run.exact then
    return fault(node, reason or doubt)
  elseif doubt then
    doubts.add(node, doubt)
  end
  return value
end

function CHECKS.anything()
  return true
end

-- With the path in place of the way.
local function checked(schema, node, path, at, exact)
  local value, err = CHECKS[schema.type](schema, node, at, { root = schema, exact = exact })
  if not err then
    return value
  end
  for i = #err.way, 1, -1 do
    path = yaml.join(path, err.way[i])
  end
  err.path, err.way = path, nil
  return nil, err
end

--- line(values) -> the line where a checked mapping begins; nil where its tree has no lines.
function M.line(values)
  return lines[values]
end

--- check_at(schema, node, path, at) -> value | nil, error. A part of a configuration file, under `path`; `at`: where
-- its key is. What would be a doubt in a label is an error there.
function M.check_at(schema, node, path, at)
  if scalars.is_null(node) then
    node = { kind = "map", entries = {}, line = at.line, column = at.column }
  end
  return checked(schema, node, path, at, true)
end

--- check(schema, tree) -> value, doubts | nil, error. A null tree gives an empty table. doubts: a list, as in
-- lua/doubts.lua.
function M.check(schema, tree)
  doubts.begin()
  if scalars.is_null(tree) then
    return {}, {}
  end
  local value, err = checked(schema, tree, "", tree, false)
  if err then
    return nil, err
  end
  return value, doubts.take()
end

return M
