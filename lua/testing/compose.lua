--- A compose file as a spec's networks and containers: what of it matters to rules. Containers are called after their
-- services.
local scalars = require "scalars"
local yaml = require "yaml"

local M = {}

local MAX = 1024 * 1024

local function child(node, key)
  for _, entry in ipairs(node and node.entries or {}) do
    if entry.key.value == key then
      return entry.value
    end
  end
end

local function text_of(node)
  return node and node.kind == "scalar" and not scalars.is_null(node) and node.value or nil
end

local function is_true(node)
  return node ~= nil and scalars.boolean(node) == true
end

-- "a: b" or "- a=b", as keys and values.
local function pairs_of(node)
  local map = {}
  for _, entry in ipairs(node and node.entries or {}) do
    map[entry.key.value] = entry.value.value or ""
  end
  for _, item in ipairs(node and node.items or {}) do
    local key, value = item.value:match("^([^=]+)=?(.*)$")
    map[key] = value
  end
  return map
end

-- Names, from a list or from the keys of a mapping.
local function names_of(node)
  local names = {}
  for _, entry in ipairs(node and node.entries or {}) do
    names[#names + 1] = entry.key.value
  end
  for _, item in ipairs(node and node.items or {}) do
    names[#names + 1] = item.value
  end
  return names
end

-- "8080:80", or {target, published, protocol, host_ip}.
local function port_of(node)
  if node.kind == "scalar" then
    return node.value
  end
  local published, host = text_of(child(node, "published")), text_of(child(node, "host_ip"))
  local target = text_of(child(node, "target")) or "0"
  return ("%s%s%s/%s"):format(host and host .. ":" or "", published and published .. ":" or "", target,
    text_of(child(node, "protocol")) or "tcp")
end

-- The networks by their name in the file: {name, given}.
local function networks_of(tree, project)
  local own_default = { project = project, compose_name = "default" }
  local networks = { default = { name = project .. "_default", given = own_default } }
  for _, entry in ipairs((child(tree, "networks") or {}).entries or {}) do
    local key, value = entry.key.value, entry.value
    local own = not is_true(child(value, "external"))
    networks[key] = {
      name = text_of(child(value, "name")) or own and project .. "_" .. key or key,
      given = { project = own and project or nil, compose_name = own and key or nil,
        labels = pairs_of(child(value, "labels")), ipv6 = is_true(child(value, "enable_ipv6")) },
    }
  end
  return networks
end

local function service_of(name, node, project, networks)
  local container = { project = project, service = name, image = text_of(child(node, "image")),
    labels = pairs_of(child(node, "labels")), networks = {}, ports = {} }
  local mode = text_of(child(node, "network_mode"))
  container.shares = mode and mode:match("^service:(.+)$")
  local wanted = names_of(child(node, "networks"))
  for i, key in ipairs(mode and {} or #wanted > 0 and wanted or { "default" }) do
    if not networks[key] then
      error(("compose: service '%s': there is no network '%s'"):format(name, key), 0)
    end
    container.networks[i] = networks[key].name
  end
  for i, port in ipairs((child(node, "ports") or {}).items or {}) do
    container.ports[i] = port_of(port)
  end
  return container
end

--- read(text) -> networks, containers, as testing.site takes them. Raises what is not YAML.
function M.read(text)
  local tree, err = yaml.parse(text, MAX)
  if not tree then
    error(("compose line %d column %d: %s"):format(err.line, err.column, err.text), 0)
  end
  local project = text_of(child(tree, "name")) or "project"
  local networks, containers = networks_of(tree, project), {}
  for _, entry in ipairs((child(tree, "services") or {}).entries or {}) do
    containers[entry.key.value] = service_of(entry.key.value, entry.value, project, networks)
  end
  local named = {}
  for _, network in pairs(networks) do
    named[network.name] = network.given
  end
  return named, containers
end

return M
