--- One service of the whole tree, as a record: what of it matters to rules, with the nodes that say so.
local node = require "compose.node"
local ports = require "compose.ports"
local text = require "text"

local M = {}

local child = node.child

local function fault(project, at, message, service)
  project.faults[#project.faults + 1] = { node = at, text = message, service = service }
end

local KINDS = { list = "a list", map = "a mapping" }

--- of_kind(project, tree, key, kinds, service) -> the value of the key, where it is of one of these kinds; else nil,
-- and a fault where there is one.
function M.of_kind(project, tree, key, kinds, service)
  local value, at = child(tree, key)
  if value and not text.among(value.kind, kinds) then
    local names = {}
    for i, kind in ipairs(kinds) do
      names[i] = KINDS[kind]
    end
    fault(project, at, ("%s: must be %s"):format(key, table.concat(names, " or ")), service)
    return nil
  end
  return value
end

local EITHER, LIST, MAP = { "map", "list" }, { "list" }, { "map" }

--- labels(project, map, service) -> list of {key, value, text}: nodes, and what the engine gets for the value.
function M.labels(project, map, service)
  local list = {}
  for _, entry in ipairs(map and node.mapped(map).entries or {}) do
    if entry.value.kind == "scalar" then
      list[#list + 1] = { key = entry.key, value = entry.value, text = node.text(entry.value) or "",
        listed = entry.listed }
    else
      fault(project, entry.key, ("label %s: must be a text, found a %s%s"):format(text.quote(entry.key.value),
        entry.value.kind == "map" and "mapping" or "list", entry.key.value:find("^whalewall") and
        "; put '|' behind the colon, and what is below becomes a text" or ""), service)
    end
  end
  return list
end

--- label(service, key) -> {key, value, text} | nil
function M.label(service, key)
  for _, label in ipairs(service.labels) do
    if label.key.value == key then
      return label
    end
  end
end

-- Docker's default bridge, which is no network of a file.
local BRIDGE = { key = "bridge", name = "bridge", external = true, labels = {}, subnets = {} }

local function networks_of(project, service)
  local list = {}
  local wanted = M.of_kind(project, service.node, "networks", EITHER, service.name)
  if service.mode == "bridge" or service.mode == "default" then
    return { BRIDGE }
  end
  for _, entry in ipairs(not service.mode and wanted and node.mapped(wanted).entries or {}) do
    if project.networks[entry.key.value] then
      list[#list + 1] = project.networks[entry.key.value]
    else
      local meant = text.nearest(entry.key.value, project.network_names)
      fault(project, entry.key, ("there is no network %s in these files%s"):format(text.quote(entry.key.value),
        meant and ("; did you mean '%s'?"):format(meant) or "; declare it under 'networks:' at the top level"),
        service.name)
    end
  end
  if #list == 0 and not service.mode and not (wanted and (#(wanted.entries or wanted.items or {}) > 0)) then
    list[1] = project.networks.default
  end
  return list
end

local function ports_of(project, service)
  local list = {}
  local wanted = M.of_kind(project, service.node, "ports", LIST, service.name)
  for _, item in ipairs(wanted and wanted.items or {}) do
    local published, why = ports.of(item)
    if published then
      table.move(published, 1, #published, #list + 1, list)
    else
      fault(project, item, "ports: " .. why, service.name)
    end
  end
  return list
end

local function texts_of(list)
  local texts = {}
  for i, item in ipairs(list and list.items or {}) do
    texts[i] = item.value
  end
  return texts
end

local function replicas_of(service, deploy)
  local wanted = child(service.node, "scale") or child(deploy, "replicas")
  return math.max(math.tointeger(tonumber(node.text(wanted) or "1")) or 1, 0)
end

--- read(project, key, tree) -> service
function M.read(project, key, tree)
  local service = { name = key.value, key = key, node = tree }
  local deploy = M.of_kind(project, tree, "deploy", MAP, key.value)
  service.mode, service.mode_key = node.text(child(tree, "network_mode")), select(2, child(tree, "network_mode"))
  service.labels = M.labels(project, M.of_kind(project, tree, "labels", EITHER, key.value), key.value)
  service.deploy_labels = M.labels(project, M.of_kind(project, deploy, "labels", EITHER, key.value),
    key.value)
  service.image = node.text(child(tree, "image"))
  service.container_name, service.container_name_node = node.text(child(tree, "container_name")),
    child(tree, "container_name")
  service.replicas = replicas_of(service, deploy)
  service.profiles = texts_of(child(tree, "profiles"))
  service.exposed = texts_of(child(tree, "expose"))
  service.networks = networks_of(project, service)
  service.ports = ports_of(project, service)
  service.shares = service.mode and service.mode:match("^service:(.+)$")
  return service
end

return M
