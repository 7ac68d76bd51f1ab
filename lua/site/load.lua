--- A policy's file to a checked policy: {name, reads, handler, schema, groups}. What is wrong comes with the file.
local chunk = require "native.chunk"
local env = require "site.env"
local option_schema = require "site.option_schema"
local options = require "site.options"
local text = require "text"

local M = {}

local VERSION = 1
local KEYS = { "apiversion", "name", "reads", "schema", "groups", "chains", "handler" }
local READS = { "image", "labels", "network_labels" }

--- The last part of a path: what people look for.
function M.short(path)
  return path:match("[^/]+$") or path
end

-- Lua's own word for a name without value says nothing of what there is instead.
local function of_global(name)
  local known = env.names()
  local meant = text.nearest(name, known)
  return ("; '%s' is no local name here, and none that policies have%s (known: %s)"):format(text.plain(name),
    meant and ("; did you mean '%s'?"):format(meant) or "", table.concat(known, ", "))
end

-- What a failed call says. Lua's own word for a memory that is full does not name the limit.
local function said(result)
  if type(result) ~= "string" then
    return ("an error that is a %s"):format(type(result))
  elseif result == "not enough memory" then
    return "it needs more memory than a policy may have (WW_LIMIT_LUA_BYTES; WW_LIMIT_LUA_TEXT for one text)"
  end
  local name = #result < 300 and result:match("a nil value %(global '([%a_][%w_]*)'%)$")
  return name and result .. of_global(name) or result
end

-- Run a loaded file, {main, named}, in a world of its own: no run sees what another one made. Its result, or nil and
-- why not.
local function run(file)
  local world = env.new(file.named)
  chunk.join(file.main, function() return world end)
  local ok, result = pcall(file.main)
  if not ok then
    return nil, said(result)
  end
  return result
end

-- Read a file and run it. Its result, or nil and why not; and the loaded file, to be run again.
local function read(path, source)
  local main, reason = chunk.load(source, "@" .. path, {})
  if not main then
    return nil, reason
  end
  local file = { main = main, named = env.named(source) }
  local result, message = run(file)
  return result, message, file
end

local function unknown(key, known)
  local meant = type(key) == "string" and text.nearest(key, known)
  return ("unknown key '%s'%s (known: %s)"):format(text.plain(tostring(key)),
    meant and ("; did you mean '%s'?"):format(meant) or "", table.concat(known, ", "))
end

local function check_keys(policy)
  local names = {}
  for key in next, policy do
    if not text.among(key, KEYS) then
      names[#names + 1] = tostring(key)
    end
  end
  table.sort(names)
  return names[1] and unknown(names[1], KEYS)
end

local function check_reads(reads)
  if reads ~= nil and type(reads) ~= "table" then
    return "reads: must be a list, such as { \"labels\" }"
  end
  for _, what in ipairs(reads or {}) do
    if not text.among(what, READS) then
      return "reads: " .. unknown(what, READS):gsub("^unknown key", "unknown fact")
    end
  end
end

-- Why this is no policy; nil: it is one.
local function trouble(policy)
  if type(policy) ~= "table" then
    return "the file must return a table: return { apiversion = 1, name = …, handler = … }"
  elseif policy.apiversion ~= VERSION then
    return ("apiversion: must be %d, found %s"):format(VERSION, text.plain(tostring(policy.apiversion)))
  elseif type(policy.name) ~= "string" or not policy.name:find("^%l[%l%d-]*$") or #policy.name > 40 then
    return "name: must be a word of small letters, digits and '-'"
  elseif policy.handler == nil and policy.groups == nil and policy.chains == nil then
    return "a policy has a handler, groups, or chains"
  elseif policy.handler ~= nil and type(policy.handler) ~= "function" then
    return "handler: must be a function"
  elseif policy.groups ~= nil and type(policy.groups) ~= "function" then
    return "groups: must be a function of the options that returns lists of addresses by name"
  elseif policy.chains ~= nil and type(policy.chains) ~= "function" then
    return "chains: must be a function of the options that returns refusals by name"
  end
  return check_keys(policy) or check_reads(policy.reads)
end

local function set_of(list)
  local set = {}
  for _, item in ipairs(list or {}) do
    set[item] = true
  end
  return set
end

-- With a schema in a file beside the handler.
local function schema_of(source, policy)
  if not source.schema then
    return option_schema.read(policy.schema)
  end
  local list, reason = read(source.schema_path, source.schema)
  if list == nil then
    return nil, reason or M.short(source.schema_path) .. ": returns nothing"
  end
  return option_schema.read(list)
end

--- load(source) -> policy | nil, message. source: {path, text, schema_path, schema}. policy.file: what is to be run.
function M.load(source)
  local raw, reason, file = read(source.path, source.text)
  reason = raw == nil and reason or trouble(raw)
  if reason then
    return nil, ("policy file '%s': %s"):format(source.path, reason)
  end
  local schema
  schema, reason = schema_of(source, raw)
  if not schema then
    return nil, ("policy file '%s': %s"):format(source.path, reason)
  end
  return { name = raw.name, source = source, short = M.short(source.path), file = file, reads = set_of(raw.reads),
    schema = schema, handles = raw.handler ~= nil, groups = raw.groups ~= nil, chains = raw.chains ~= nil }
end

--- run(policy, field, facts, build) or run(policy, "groups"): the file is run anew, then its function is called.
-- Returns its result | nil, message.
function M.call(policy, field, argument)
  local raw, reason = run(policy.file)
  local fn = type(raw) == "table" and raw[field]
  if not fn then
    return nil, ("policy '%s' failed: %s"):format(policy.name, reason or field .. " is gone")
  end
  local given = options.strict(policy.schema, policy.options, "options", function(message)
    error(("%s: %s"):format(M.where(policy), message), 0)
  end)
  local ok, result
  if argument == nil then
    ok, result = pcall(fn, given)
  else
    ok, result = pcall(fn, argument, given)
  end
  if ok then
    return result or true
  end
  return nil, ("policy '%s' failed: %s"):format(policy.name, text.plain(said(result), 600))
end

--- Where in its own file a policy is, as "handler.lua:9".
function M.where(policy)
  return policy.short .. ":" .. (chunk.where("@" .. policy.source.path) or 0)
end

return M
