--- A site's networks and containers as a spec writes them, to what the native side reads as the engine's answers.
local compose_files = require "compose.files"
local compose_scene = require "compose.scene"
local place = require "compose.place"
local project = require "compose.project"
local protocols = require "protocols"
local text = require "text"

local M = {}

local SITE_KEYS = { "policies", "config", "options", "networks", "containers", "compose",
  "trust_image_labels", "kernel" }
local CONTAINER_KEYS = { "networks", "rules", "managed", "image", "labels", "image_labels", "ports", "project",
  "service", "shares" }
local NETWORK_KEYS = { "project", "compose_name", "labels", "ipv6", "driver", "default_bridge",
  "subnet" }

local function check_keys(what, given, known)
  for key in pairs(given) do
    if not text.among(key, known) then
      local meant = text.nearest(tostring(key), known)
      local hint = meant and ("; did you mean '%s'?"):format(meant) or ""
      error(("%s: unknown key '%s'%s"):format(what, tostring(key), hint), 0)
    end
  end
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

-- A list of names, or tables by name, or both: names and tables in one order.
local function by_name(given)
  local named = {}
  for key, value in pairs(given or {}) do
    if type(key) == "number" then
      named[value] = named[value] or {}
    else
      named[key] = value
    end
  end
  return named, sorted_keys(named)
end

-- A compose file, its text or its name; raises the first thing that is wrong with it. The environment of the
-- process that runs the spec is not looked at.
local function read_compose(content)
  local written = content:find("\n") and content
  local read = project.read { files = { written and "compose" or content }, name = "project",
    environment = function() end,
    read = function(path)
      if written then
        return path == "compose" and written or nil, "there is no other file beside a text"
      end
      return compose_files.read_file(path)
    end }
  local fault = read.faults[1]
  if fault then
    local source, line, column = place.of(fault.node or {}, fault.offset)
    error((source and ("%s:%d:%d: "):format(source.name, line, column) or "") .. fault.text, 0)
  end
  return compose_scene.of(read, true)
end

-- What a compose file (its text, or its name) has comes first; what the spec says itself is added.
local function with_compose(given)
  local networks, containers = {}, {}
  if given.compose then
    networks, containers = read_compose(given.compose)
  end
  for _, pair in ipairs({ { given.networks, networks }, { given.containers, containers } }) do
    for name, value in pairs((by_name(pair[1]))) do
      pair[2][name] = value
    end
  end
  return networks, containers
end

-- --- The scene: what the native side reads

local function merged(...)
  local result = {}
  for _, map in ipairs({ ... }) do
    for key, value in pairs(map) do
      result[key] = value
    end
  end
  return result
end

--- host_address(subnet, number) -> the address of that number in an IPv4 network.
function M.host_address(subnet, number)
  local a, b, c, d = subnet:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)/")
  local address = ((math.tointeger(a) * 256 + math.tointeger(b)) * 256 + math.tointeger(c)) * 256 + math.tointeger(d)
    + number
  return ("%d.%d.%d.%d"):format(address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255)
end

local function add_network(site, name, given)
  check_keys("network " .. name, given, NETWORK_KEYS)
  local index = #site.scene.networks + 1
  local network = {
    id = ("n%03d"):format(index),
    name = name,
    driver = given.driver or "bridge",
    default_bridge = given.default_bridge or name == "bridge",
    labels = merged(given.labels or {}),
    endpoints = {},
    index = index,
    ipv6 = given.ipv6,
    subnets = { given.subnet or ("10.%d.0.0/16"):format(index), given.ipv6 and ("fd00:%x::/64"):format(index) or nil },
  }
  network.gateways = { M.host_address(network.subnets[1], 1), given.ipv6 and ("fd00:%x::1"):format(index) or nil }
  network.labels["com.docker.compose.project"] = given.project
  network.labels["com.docker.compose.network"] = given.compose_name or given.project and name:match("_(.+)$") or nil
  site.scene.networks[index], site.networks[name] = network, network
  return network
end

local function attach(site, container, name)
  local network = site.networks[name] or add_network(site, name, {})
  local number = #network.endpoints + 2
  network.endpoints[number - 1] = {
    container = container.id,
    ipv4 = M.host_address(network.subnets[1], number // 250 * 256 + number % 250 + 1),
    ipv6 = network.ipv6 and ("fd00:%x::%x"):format(network.index, number) or nil,
  }
end

-- "8080:80", "127.0.0.1:8080:80/udp", "80" (a port of the host that is not known yet), or as compose files have them.
local function published(entry)
  if type(entry) == "table" then
    return entry
  end
  local rest, proto = entry:match("^(.-)/(%l+)$")
  rest = rest or entry
  local port = rest:match("(%d+)$")
  local host_port = rest:match("(%d+):%d+$")
  local host = rest:match("^([%d.]+):%d+:%d+$")
  local protocol = protocols.by_name[proto or "tcp"]
  if not port or not protocol then
    error(("ports: '%s' is not like \"8080:80\""):format(entry), 0)
  end
  return { proto = protocol.number, cport = tonumber(port), hport = tonumber(host_port), host = host or "0.0.0.0" }
end

local function labels_of(name, given)
  local labels = merged(given.image_labels or {}, given.labels or {})
  labels["com.docker.compose.project"] = given.project
  labels["com.docker.compose.service"] = given.service or given.project and name or nil
  labels["whalewall.rules"] = given.rules or labels["whalewall.rules"]
  if given.managed ~= nil then
    labels["whalewall.enabled"] = given.managed and "true" or "false"
  elseif given.rules then
    labels["whalewall.enabled"] = labels["whalewall.enabled"] or "true"
  end
  return labels
end

local function add_container(site, name, given)
  check_keys("container " .. name, given, CONTAINER_KEYS)
  local index = #site.scene.containers + 1
  local container = {
    id = ("c%03d"):format(index),
    name = name,
    image = given.image or "test",
    image_id = ("i%03d"):format(index),
    network_mode = given.shares and "container:" .. given.shares or nil,
    labels = labels_of(name, given),
    networks = given.networks or {},
    published = {},
  }
  for i, entry in ipairs(given.ports or {}) do
    container.published[i] = published(entry)
  end
  for _, network in ipairs(container.networks) do
    attach(site, container, network)
  end
  site.scene.images[index] = { id = container.image_id, labels = given.image_labels or {} }
  site.scene.containers[index], site.containers[name] = container, container
end

--- publisher(site, proto, port) -> the container whose port the host's leads to, and what it publishes; nil.
function M.publisher(site, proto, port)
  for _, container in ipairs(site.scene.containers) do
    for _, publish in ipairs(container.published) do
      if publish.proto == proto and publish.hport == port then
        return container, publish
      end
    end
  end
end

--- hosts(site, outside) -> a set: the host's address towards the outside, and what it has on the networks.
function M.hosts(site, outside)
  local hosts = { [outside] = true }
  for _, network in ipairs(site.scene.networks) do
    for _, address in pairs(network.gateways) do
      hosts[address] = true
    end
  end
  return hosts
end

local function first_ipv4(site, container)
  for _, network in ipairs(site.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      if endpoint.container == container.id then
        return endpoint.ipv4
      end
    end
  end
end

--- ways(site) -> where the host's ports of IPv4 lead, on each of its addresses: a list of {proto, from, from_port, to,
-- to_port}.
function M.ways(site)
  local ways = {}
  for _, container in ipairs(site.scene.containers) do
    local to = first_ipv4(site, container)
    for _, publish in ipairs(container.published) do
      local first = publish.hport and M.publisher(site, publish.proto, publish.hport) == container
      for address in pairs(to and first and site.hosts or {}) do
        if not address:find(":", 1, true) then
          ways[#ways + 1] = { proto = publish.proto, from = address, from_port = publish.hport, to = to,
            to_port = publish.cport }
        end
      end
    end
  end
  return ways
end

--- build(description) -> {scene, networks, containers, names}: what whalewall.simulate takes, and everything by name.
function M.build(given)
  check_keys("site", given, SITE_KEYS)
  local site = { networks = {}, containers = {} }
  site.scene = { policies = given.policies, config = given.config, config_text = given.options, images = {},
    containers = {}, networks = {}, trust_image_labels = given.trust_image_labels }
  local networks, containers = with_compose(given)
  local named, names = by_name(networks)
  for _, name in ipairs(names) do
    add_network(site, name, named[name])
  end
  named, names = by_name(containers)
  for _, name in ipairs(names) do
    add_container(site, name, named[name])
  end
  site.names = names
  return site
end

return M
