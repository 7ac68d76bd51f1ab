--- The configuration file: options by policy, checked as labels are.
local cidrs = require "cidrs"
local limits = require "native.limits"
local option_schema = require "site.option_schema"
local options = require "site.options"
local schema = require "schema"
local text = require "text"
local yaml = require "yaml"

local M = {}

-- path: nil where there is no configuration, and something is missing for that.
local function message(path, err)
  local key = err.path ~= "" and text.plain(err.path, 160) .. ": " or ""
  if not path then
    return ("policy configuration: %s%s; there is none: name its file with -policy-config"):format(key, err.text)
  end
  return ("policy configuration '%s' line %d column %d: %s%s"):format(path, err.line, err.column, key, err.text)
end

-- Addresses out of a file: one a line, or several; `#` begins a comment.
local function read_list(name, source)
  local list, number = {}, 0
  for line in source:gmatch("[^\n]*") do
    number = number + 1
    for word in line:match("^[^#]*"):gmatch("%S+") do
      local range, reason = cidrs.read(#word <= 100 and word or "?")
      if not range then
        return nil, ("'%s' line %d: %s"):format(name, number, text.plain(reason, 200))
      end
      list[#list + 1] = range
    end
  end
  if #list > limits.list then
    return nil, ("'%s' has %d addresses; at most %d are allowed"):format(name, #list, limits.list)
  end
  return list
end

-- files: content by name. Which are missing, in order; or nil and the message.
local function read_files(root, tree, files, lists)
  local wanted, err = {}, nil
  options.each_file(root, tree, function(node)
    local content = files[node.value]
    if content == nil then
      wanted[#wanted + 1] = node.value
    elseif not err and not lists[node.value] then
      local list, reason = read_list(node.value, content)
      lists[node.value] = list
      err = not list and { line = node.line, column = node.column, path = "", text = reason } or nil
    end
  end)
  if err then
    return nil, err
  end
  return wanted
end

local function node_of(tree, name)
  for _, entry in ipairs(tree.entries or {}) do
    if entry.key.value == name then
      return entry.value, entry.key
    end
  end
end

--- read(source, policies, files) -> config | nil, message; source: {path, text} or nil. The keys of the top level are
-- names of policies; what is below is not checked yet. config.wanted: names of files that are needed.
function M.read(source, policies, files)
  local root = { type = "map", keys = {} }
  for i, policy in ipairs(policies) do
    root.keys[i] = { policy.name, policy.schema }
  end
  if not source then
    local empty = { kind = "map", entries = {}, line = 1, column = 1 }
    return { root = root, tree = empty, lists = {}, wanted = {} }
  end
  local tree, err = yaml.parse(source.text, limits.config_bytes)
  local config = { root = root, tree = tree, path = source.path, lists = {} }
  if tree then
    config.wanted, err = read_files(root, tree, files, config.lists)
  end
  if not config.wanted then
    return nil, message(source.path, err)
  end
  return config
end

--- check_names(config) -> true | nil, message: is there a policy for each key?
function M.check_names(config)
  local shallow = { type = "map", keys = {} }
  for i, entry in ipairs(config.root.keys) do
    shallow.keys[i] = { entry[1], { type = "anything" } }
  end
  local ok, err = schema.check(shallow, config.tree)
  if not ok then
    err.text = err.text .. "; each key is the name of a policy that is in force (-policy; policies of a spec's site)"
    return nil, message(config.path, err)
  end
  return true
end

--- options(config, policy) -> values | nil, message
function M.options(config, policy)
  local node, key = node_of(config.tree, policy.name)
  local at = key or config.tree
  node = node or { kind = "map", entries = {}, line = at.line, column = at.column }
  local known, reason = option_schema.check_defaults(policy.schema)
  if not known then
    return nil, ("policy file '%s': %s"):format(policy.source.path, reason)
  end
  local ok, err = schema.check_at(policy.schema, node, policy.name, at)
  if not ok then
    err.text = err.text .. (config.path and not key and ("; there is no key '%s' in it"):format(policy.name) or "")
    return nil, message(config.path, err)
  end
  return options.values(policy.schema, node, config.lists)
end

return M
