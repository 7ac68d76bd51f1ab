--- A project as the networks and containers of lua/testing/scene.lua.
local M = {}

-- What an engine takes subnets from unless it is configured otherwise (its default-address-pools).
local POOL = {}
for second = 18, 31 do
  POOL[#POOL + 1] = ("172.%d.0.0/16"):format(second)
end
for third = 0, 240, 16 do
  POOL[#POOL + 1] = ("192.168.%d.0/20"):format(third)
end

local REPLICAS = 2 -- of a service that has more, so many say as much

local function texts(labels)
  local map = {}
  for _, label in ipairs(labels) do
    map[label.key.value] = label.text
  end
  return map
end

local function sorted_networks(project, used)
  local list = {}
  for _, key in ipairs(project.network_names) do
    local network = project.networks[key]
    if used[network] or network.key_node then
      list[#list + 1] = network
    end
  end
  return list
end

local function used_networks(project)
  local used = {}
  for _, service in ipairs(project.services) do
    for _, network in ipairs(service.networks) do
      used[network] = true
    end
  end
  return used
end

-- The first of IPv4 that the file has.
local function subnet_of(network)
  for _, subnet in ipairs(network.subnets) do
    if subnet:find("^[%d.]+/%d+$") then
      return subnet
    end
  end
end

local function networks_of(project)
  local named = {}
  for i, network in ipairs(sorted_networks(project, used_networks(project))) do
    named[network.name] = {
      project = not network.external and project.name or nil,
      compose_name = not network.external and network.key or nil,
      labels = texts(network.labels),
      ipv6 = network.ipv6,
      driver = network.driver ~= "" and network.driver or nil,
      subnet = subnet_of(network) or POOL[i],
    }
  end
  return named
end

--- instances(project, service) -> the names of its containers, as Compose gives them; of many replicas the first ones.
function M.instances(project, service)
  if service.container_name then
    return { service.container_name }
  end
  local names = {}
  for i = 1, math.min(service.replicas, REPLICAS) do
    names[i] = ("%s-%s-%d"):format(project.name, service.name, i)
  end
  return names
end

local function container_of(project, service, home)
  local names = {}
  for i, network in ipairs(service.networks) do
    names[i] = network.name
  end
  return { project = project.name, service = service.name, image = service.image, labels = texts(service.labels),
    networks = names, ports = service.ports, shares = home }
end

--- of(project, by_service) -> networks, containers: each by its name. by_service: containers are called after their
-- services, one for each.
function M.of(project, by_service)
  local containers = {}
  for _, service in ipairs(project.services) do
    local host = service.shares and project.by_name[service.shares]
    local home = host and (by_service and host.name or M.instances(project, host)[1]) or nil
    for _, name in ipairs(by_service and { service.name } or M.instances(project, service)) do
      containers[name] = container_of(project, service, home)
    end
  end
  return networks_of(project), containers
end

return M
