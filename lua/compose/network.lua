--- The networks of the whole tree, as records by the name that the file gives them.
local addr = require "native.addr"
local node = require "compose.node"
local service = require "compose.service"
local text = require "text"

local M = {}

local child = node.child

local function subnets_of(project, tree)
  local list = {}
  for _, item in ipairs((child(child(tree, "ipam"), "config") or {}).items or {}) do
    local subnet = node.text(child(item, "subnet"))
    local range, why = addr.range((subnet or ""):sub(1, 100))
    if range then
      list[#list + 1] = range
    elseif subnet then
      project.faults[#project.faults + 1] = { node = child(item, "subnet"), text = "subnet: " .. text.plain(why, 200) }
    end
  end
  return list
end

-- `external: true`, or, as it used to be, `external: {name: …}`.
local function external_of(tree)
  local external = child(tree, "external")
  return node.is_true(external) or child(external, "name") ~= nil, node.text(child(external, "name"))
end

local function network_of(project, key, tree)
  local external, external_name = external_of(tree)
  local name = node.text(child(tree, "name")) or external_name
  return {
    key = key.value,
    key_node = key,
    name = name or external and key.value or project.name .. "_" .. key.value,
    external = external,
    driver = node.text(child(tree, "driver")),
    labels = service.labels(project, service.of_kind(project, tree, "labels", { "map", "list" })),
    ipv6 = node.is_true(child(tree, "enable_ipv6")),
    subnets = subnets_of(project, tree),
  }
end

--- read(project, tree): fill in project.networks and project.network_names. Each project has a network `default`.
function M.read(project, tree)
  project.networks = { default = { key = "default", name = project.name .. "_default", labels = {}, subnets = {} } }
  project.network_names = {}
  local networks = tree and service.of_kind(project, tree, "networks", { "map" })
  for _, entry in ipairs(networks and networks.entries or {}) do
    project.networks[entry.key.value] = network_of(project, entry.key, entry.value)
  end
  for name in pairs(project.networks) do
    project.network_names[#project.network_names + 1] = name
  end
  table.sort(project.network_names)
end

return M
