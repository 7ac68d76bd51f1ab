--- What the running program has in force, as it answers (docs/control.md), as ends of flows.
local apart_words = require "plan.apart"
local json_read = require "json_read"
local protocols = require "protocols"
local reach = require "check.reach"
local rules = require "plan.rules"

local M = {}

local RULE = { localhost = true, external = true, input = true, output = true }

local function gather(answers)
  local state = { networks = {}, containers = {}, by_id = {}, drivers = {}, texts = {} }
  for _, answer in ipairs(answers) do
    local page = json_read.decode(answer)
    table.move(page.networks, 1, #page.networks, #state.networks + 1, state.networks)
    for _, container in ipairs(page.containers) do
      state.containers[#state.containers + 1] = container
      state.by_id[container.id] = container
      state.texts[#state.texts + 1] = container.ruleset
    end
  end
  for _, network in ipairs(state.networks) do
    state.drivers[network.name or ""] = network.driver
  end
  return state
end

--- read(answers, native) -> state: {networks, containers, by_id, simulation}.
function M.read(answers, native)
  local state = gather(answers)
  state.simulation = native.enforced(state.texts)
  return state
end

-- Of the ruleset's first line: nothing of it is dropped.
local function is_audited(container)
  return (container.ruleset or ""):match("^[^\n]*"):find(" audited$") ~= nil
end

--- has_audited(state) -> is there a running container of which nothing is dropped?
function M.has_audited(state)
  for _, container in ipairs(state.containers) do
    if container.running and is_audited(container) then
      return true
    end
  end
  return false
end

local function published_of(container)
  local list = {}
  for i, port in ipairs(container.published) do
    local protocol = protocols.by_name[port.protocol]
    list[i] = { proto = protocol and protocol.number, cport = port.port, host = port.host,
      hport = port.host_port ~= 0 and port.host_port or nil }
  end
  return list
end

local function rules_of(container)
  local lines = {}
  for line in (container.ruleset or ""):gmatch("[^\n]+") do
    lines[#lines + 1] = RULE[line:match("^%l+")] and line or nil
  end
  return rules.parse(table.concat(lines, "\n"))
end

local function addresses_of(state, container)
  local list = {}
  for _, endpoint in ipairs(container.endpoints) do
    if not reach.UNFILTERED[state.drivers[endpoint.network] or ""] then
      list[#list + 1] = endpoint
    end
  end
  return list
end

local function end_of(state, container)
  return { kind = "service", name = container.name, services = { container.name }, project = container.project,
    service = container.service, managed = container.managed, fault = container.fault,
    audited = is_audited(container),
    addresses = addresses_of(state, container), published = published_of(container), rules = rules_of(container) }
end

-- Those that live in another's namespace are a part of that one.
local function join(ends, state)
  for _, container in ipairs(state.containers) do
    local home = container.running and container.home ~= container.id and ends[container.home]
    if home then
      home.services[#home.services + 1] = container.name
      home.managed = home.managed or container.managed
      home.fault = home.fault or container.fault
    end
  end
end

local function why_apart(state, container)
  if container.network_mode == "host" then
    return apart_words.ON_HOST, true
  end
  for _, endpoint in ipairs(container.endpoints) do
    local driver = state.drivers[endpoint.network] or ""
    if reach.UNFILTERED[driver] then
      return apart_words.on_network(endpoint.network, driver, published_of(container),
        #addresses_of(state, container) > 0)
    end
  end
end

--- ends(state) -> ends, apart: as lua/plan/ends.lua has services; here each is a running container.
function M.ends(state)
  local list, by_id, apart = {}, {}, {}
  for _, container in ipairs(state.containers) do
    local why, unsaid = why_apart(state, container)
    if container.running and why then
      apart[#apart + 1] = { name = container.name, why = why, unsaid = unsaid }
    end
    if container.running and container.home == container.id and #container.endpoints > 0 then
      local item = end_of(state, container)
      list[#list + 1] = #item.addresses > 0 and item or nil
      by_id[container.id] = item
    end
  end
  join(by_id, state)
  for _, item in ipairs(list) do
    item.name = table.concat(item.services, "+")
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list, apart
end

--- own_addresses(state) -> a set of them
function M.own_addresses(state)
  local own = {}
  for _, container in ipairs(state.containers) do
    for _, endpoint in ipairs(container.endpoints) do
      own[endpoint.ipv4 or ""], own[endpoint.ipv6 or ""] = true, true
    end
  end
  return own
end

--- is_replaced(container, project) -> is it one that Compose makes anew of these files?
function M.is_replaced(container, project)
  return container.project == project.name and project.by_name[container.service or ""] ~= nil
end

local function first_ipv4(subnets)
  for _, subnet in ipairs(subnets) do
    if subnet:find("^[%d.]+/%d+$") then
      return subnet
    end
  end
end

local function has_ipv6(subnets)
  for _, subnet in ipairs(subnets) do
    if subnet:find(":", 1, true) then
      return true
    end
  end
  return false
end

local function add_networks(state, networks)
  for _, network in ipairs(state.networks) do
    local subnets = network.subnets
    networks[network.name] = networks[network.name] or { project = network.project, driver = network.driver,
      compose_name = network.compose_name, default_bridge = network.default_bridge, ipv6 = has_ipv6(subnets) or nil }
    networks[network.name].subnet = first_ipv4(subnets) or networks[network.name].subnet
  end
end

local function scene_container(state, container)
  local names = {}
  for i, endpoint in ipairs(container.endpoints) do
    names[i] = endpoint.network
  end
  local home = container.home ~= container.id and state.by_id[container.home]
  return { project = container.project, service = container.service, image = container.image, networks = names,
    ports = published_of(container), shares = home and home.name or nil,
    labels = { ["whalewall.enabled"] = container.enabled_label, ["whalewall.rules"] = container.rules_label,
      ["whalewall.audit"] = is_audited(container) and "true" or nil } }
end

--- add_to(state, project, networks, containers): put into a scene (lua/compose/scene.lua) what stays beside the
-- project: the networks there are, and the running containers that are none of its services.
function M.add_to(state, project, networks, containers)
  add_networks(state, networks)
  for _, container in ipairs(state.containers) do
    if container.running and not M.is_replaced(container, project) and not containers[container.name] then
      containers[container.name] = scene_container(state, container)
    end
  end
end

return M
