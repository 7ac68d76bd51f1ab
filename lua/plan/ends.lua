--- What may be at an end of a flow: services, the host, the internet, and ranges of addresses that rules name.
local addr = require "native.addr"
local apart_words = require "plan.apart"
local compose_scene = require "compose.scene"
local ranges = require "plan.ranges"
local reach = require "check.reach"
local rules = require "plan.rules"

local M = {}

M.HOST_ADDRESS = "203.0.113.254"
local RANGES = 200 -- that are looked at

-- The container's addresses on networks whose packets the host filters; and a network where it does not (nil: there is
-- none).
local function addresses_of(site, container)
  local list, unfiltered = {}, nil
  for _, network in ipairs(site.built.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      if endpoint.container == container.id and reach.UNFILTERED[network.driver] then
        unfiltered = network
      elseif endpoint.container == container.id then
        list[#list + 1] = { network = network.name, ipv4 = endpoint.ipv4, ipv6 = endpoint.ipv6 }
      end
    end
  end
  return list, unfiltered
end

-- A container's side of a flow.
local function side_of(site, container)
  local addresses, unfiltered = addresses_of(site, container)
  return { kind = "service", addresses = addresses, unfiltered = unfiltered, published = container.published,
    rules = rules.parse(site.simulation:container(container.id).rules) }
end

-- The service, and those that live in its namespace. `twin` is a second replica, for what it may say to itself.
local function service_end(project, site, service)
  local item = side_of(site, site:container(service))
  local state = site:state(service)
  item.services, item.managed, item.fault = { service.name }, state.managed, state.fault
  local enforced = state.managed and not state.audited
  for _, other in ipairs(project.services) do
    local shared = other.shares == service.name and site:state(other)
    if shared then
      item.services[#item.services + 1] = other.name
      item.managed = item.managed or shared.managed
      item.fault = item.fault or shared.fault
      enforced = enforced or shared.managed and not shared.audited
    end
  end
  item.audited = item.managed and not enforced
  item.name = table.concat(item.services, "+")
  local second = site.built.containers[compose_scene.instances(project, service)[2]]
  item.twin = second and side_of(site, second) or nil
  if item.twin then
    item.twin.managed, item.twin.audited = item.managed, item.audited
  end
  return item
end

--- own_addresses(site) -> a set of them
function M.own_addresses(site)
  local own = {}
  for _, network in ipairs(site.built.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      own[endpoint.ipv4 or ""], own[endpoint.ipv6 or ""] = true, true
    end
  end
  return own
end

-- Ranges that rules name and that are no container's own address, in one order.
local function named_ranges(own, ends)
  local seen, list = {}, {}
  for _, item in ipairs(ends) do
    for _, rule in ipairs(item.rules and item.rules.list or {}) do
      for _, range in ipairs(type(rule.peers) == "table" and rule.peers or {}) do
        local name = range.text
        if not own[name] and not seen[name] and not addr.is_loopback(ranges.first(name)) then
          seen[name] = true
          list[#list + 1] = name
        end
      end
    end
  end
  table.sort(list)
  return list
end

--- services(project, site) -> the services as ends; those of which not all is enforced, as {name, why, unsaid (may
-- something be open there that the ends do not say?)}.
function M.services(project, site)
  local list, apart = {}, {}
  for _, service in ipairs(project.services) do
    if service.mode == "host" then
      apart[#apart + 1] = { name = service.name, why = apart_words.ON_HOST, unsaid = true }
    elseif not site:container(service) then
      apart[#apart + 1] = { name = service.name, why = "no container" }
    elseif not (service.shares and project.by_name[service.shares]) then
      local item = service_end(project, site, service)
      if item.unfiltered then
        local why, unsaid = apart_words.on_network(item.unfiltered.name, item.unfiltered.driver, item.published,
          #item.addresses > 0)
        apart[#apart + 1] = { name = service.name, why = why, unsaid = unsaid }
      end
      list[#list + 1] = (not item.unfiltered or #item.addresses > 0) and item or nil
    end
  end
  return list, apart
end

-- A list of address ranges as ends, but for those that have all addresses.
local function range_ends(list, named)
  for i = 1, math.min(#named, RANGES) do
    if not named[i]:find("/0$") then
      list[#list + 1] = { kind = "range", name = named[i], addresses = {},
        address = ranges.first(named[i]) }
    end
  end
end

-- A container of the scene that is none of the project's, beside it.
local function neighbour(site, name)
  local container = site.built.containers[name]
  local item, state = side_of(site, container), site.simulation:state(container.id)
  item.name, item.services, item.managed, item.fault = name, { name }, state.managed, state.fault
  item.audited = state.audited
  return item
end

--- neighbours(site, names) -> these containers of the scene as ends, but for those without an address.
function M.neighbours(site, names)
  local list = {}
  for _, name in ipairs(names) do
    local item = neighbour(site, name)
    list[#list + 1] = #item.addresses > 0 and item or nil
  end
  return list
end

--- add_outer(list, own, named_by): append the host, the internet, and the ranges that rules of these ends name (own
-- addresses of containers are none). Returns how many ranges are left out. An end is {kind = "service", "host",
-- "internet" or "range", name, managed, audited, fault, addresses, rules, published}.
function M.add_outer(list, own, named_by)
  local named = named_ranges(own, named_by or list)
  list[#list + 1] = { kind = "host", name = "host", addresses = {} }
  list[#list + 1] = { kind = "internet", name = "internet", addresses = {},
    address = ranges.outside(named) }
  range_ends(list, named)
  return math.max(#named - RANGES, 0)
end

return M
