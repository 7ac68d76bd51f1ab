--- The schema of a policy's options as the policy writes it, made one of lua/schema.lua.
--
-- It is a list of options, each {name, type, required = true, filled = true, default = value}. A type is one of the
-- words in WORDS below, {list = type}, {map = type} (any keys), or {keys = {options}}. What is written here and means
-- nothing is a mistake: an option that is not required though its policy says so opens what the policy would close.
local checker = require "schema"
local label_schema = require "policies.default.schema"
local limits = require "native.limits"
local text = require "text"
local tree = require "site.tree"

local M = {}

local RULE = checker.inner_of(label_schema, "output").of

local WORDS = {
  boolean = { type = "boolean" },
  integer = { type = "integer", min = 0, max = 2147483647 },
  text = { type = "text" },
  texts = { type = "list", max = limits.list, of = { type = "text" } },
  addresses = checker.inner_of(RULE, "ips"),
  ports = checker.inner_of(RULE, "dst_ports"),
  rules = label_schema,
  file = { type = "text", file = true },
}
local KNOWN = { "addresses", "boolean", "file", "integer", "ports", "rules", "text", "texts" }
local ATTRIBUTES = { "default", "filled", "required" }
local COMPOUND = { "keys", "list", "map" }

local of -- forward: of(type, path) -> schema; raises what is wrong with it

local function meant(word, known)
  local nearest = type(word) == "string" and text.nearest(word, known)
  return nearest and ("; did you mean '%s'?"):format(nearest) or ""
end

-- Which of the keys that a table has is none of these and no place up to `places`; the same one each time.
local function stray(value, known, places)
  local first
  for key in next, value do
    local place = math.type(key) == "integer" and key >= 1 and key <= places
    if not place and not text.among(key, known) and (not first or tostring(key) < tostring(first)) then
      first = key
    end
  end
  return first
end

local function check_attributes(option, path)
  local key = stray(option, ATTRIBUTES, 2)
  if key ~= nil then
    error(("%s: unknown attribute %s%s (known: %s)"):format(path, text.quote(tostring(key)), meant(key, ATTRIBUTES),
      table.concat(ATTRIBUTES, ", ")), 0)
  end
  for _, name in ipairs { "filled", "required" } do
    if option[name] ~= nil and type(option[name]) ~= "boolean" then
      error(("%s: '%s' must be true or false, found %s"):format(path, name, text.quote(tostring(option[name]))), 0)
    end
  end
end

local function name_of(option, seen, path)
  local name = type(option) == "table" and option[1]
  if type(name) ~= "string" then
    error(path .. ": must be an option: {\"name\", \"type\"}", 0)
  elseif seen[name] then
    error(("%s: there are two options %s"):format(path, text.quote(name)), 0)
  end
  seen[name] = true
  return name
end

local function keys_of(list, path)
  local schema = { type = "map", keys = {}, required = {}, defaults = {}, blank = {} }
  if type(list) ~= "table" or stray(list, {}, #list) ~= nil then
    error(path .. ": must be a list of options: {{\"name\", \"type\"}, …}", 0)
  end
  local seen = {}
  for i, option in ipairs(list) do
    local name = name_of(option, seen, ("%s[%d]"):format(path, i))
    local inner = of(option[2], path .. "." .. name)
    check_attributes(option, path .. "." .. name)
    schema.keys[i] = { name, inner }
    schema.required[#schema.required + 1] = option.required and name or nil
    if option.filled then
      schema.blank[name] = { "it does not say what is meant", "write a value" }
    end
    schema.defaults[name] = option.default
  end
  return schema
end

local function compound(kind, path)
  local name = next(kind)
  if not text.among(name, COMPOUND) or next(kind, name) ~= nil then
    error(path .. ": a type is a word, {list = type}, {map = type}, or {keys = options}", 0)
  elseif name == "list" then
    return { type = "list", max = limits.list, of = of(kind.list, path .. "[]") }
  elseif name == "map" then
    return { type = "map", of = of(kind.map, path .. ".*") }
  end
  return keys_of(kind.keys, path)
end

function of(kind, path)
  if WORDS[kind] then
    return WORDS[kind]
  elseif type(kind) == "table" then
    return compound(kind, path)
  end
  error(("%s: unknown type %s%s (known: %s, {list = type}, {map = type}, {keys = options})"):format(path,
    text.quote(tostring(kind)), meant(kind, KNOWN), table.concat(KNOWN, ", ")), 0)
end

-- A default is what a handler gets, so it is checked as what is configured; of a file it would be what is in it.
local function check_default(schema, default, path)
  local is_table = schema.type == "list" or schema.type == "map"
  if default == nil or schema.file or is_table and type(default) == "table" and next(default) == nil then
    return
  end
  local node, reason = tree.of(default)
  if not node then
    error(("%s: default: %s"):format(path, reason), 0)
  end
  local ok, err = checker.check_at(schema, node, path, {})
  if ok == nil then
    error(("%s: default: %s"):format(err.path, err.text), 0)
  end
end

local function check_defaults(schema, path)
  for _, entry in ipairs(schema.defaults and schema.keys or {}) do
    local inside = path .. "." .. entry[1]
    check_default(entry[2], schema.defaults[entry[1]], inside)
    check_defaults(entry[2], inside)
  end
  if schema.of then
    check_defaults(schema.of, path .. (schema.type == "list" and "[]" or ".*"))
  end
end

--- read(list) -> schema | nil, reason. As lua/schema.lua has them, with `defaults` in each mapping, and `file` in what
-- names a file.
function M.read(list)
  local ok, schema = pcall(keys_of, list or {}, "schema")
  if not ok then
    return nil, schema
  end
  return schema
end

--- check_defaults(schema) -> true | false, reason. Once the site's groups are known, which defaults may name.
function M.check_defaults(schema)
  return pcall(check_defaults, schema, "schema")
end

return M
