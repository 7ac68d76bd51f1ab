--- Random sites, and flows on them: from one seed, as data that can be made smaller and written as a spec.
local M = {}

local OUTSIDE = { "192.0.2.7", "192.0.2.130", "203.0.113.9", "198.51.100.77", "2001:db8::5", "2001:db8:1::9" }
local WIDE = { "192.0.2.0/25", "192.0.2.0/24", "203.0.113.0-203.0.113.9", "0.0.0.0/0", "::/0", "10.1.0.0/16",
  "10.1.0.3-10.2.0.4", "10.2.0.2/31", "fd00:1::/64", "fd00:1::2-fd00:2::3", "2001:db8::/64", "203.0.113.254",
  "10.1.0.1", "192.0.2.128-203.0.113.8" }
local PORTS = { 22, 53, 80, 443, 5432, 8000, 8001, 65535 }
local RANGES = { "50-60", "8000-8100", "1-65535", "60000-65535" }
local SOURCES = { "40000-40019", "40020-60000", 40005 }

local function pick(list)
  return list[math.random(#list)]
end

local function chance(percent)
  return math.random(100) <= percent
end

local function several(make, most)
  local list = {}
  for i = 1, math.random(most) do
    list[i] = make()
  end
  return list
end

local function make_port()
  return chance(25) and pick(RANGES) or pick(PORTS)
end

-- --- Sites

-- An address that a container may have: that of number `i` on a network.
local function container_address()
  local network, i = math.random(3), math.random(4)
  return chance(60) and ("10.%d.0.%d"):format(network, i + 2) or ("fd00:%d::%x"):format(network, i + 1)
end

local function make_ip(world)
  if #world.policies > 0 and world.grouped and chance(15) then
    return "@office"
  end
  return chance(40) and pick(WIDE) or chance(50) and pick(OUTSIDE) or container_address()
end

local function set_peer(world, container, rule, refusal)
  local kind = math.random(6)
  if kind == 1 and not refusal then
    rule.host = true
  elseif kind <= 3 and #container.networks > 0 then
    rule.network = pick(container.networks)
    if chance(70) then
      rule.container = pick(world.containers).name
    end
  end
  if not rule.host and not rule.container and (rule.network == nil or chance(50)) and kind <= 5 then
    rule.ips = several(function() return make_ip(world) end, 3)
  end
end

local function set_what(rule, refusal)
  local kind = math.random(10)
  if kind <= 7 then
    rule.proto = pick { "tcp", "tcp", "udp", "sctp" }
    rule.dst_ports = several(make_port, 3)
    if not refusal and chance(12) then
      rule.src_ports = { pick(SOURCES) }
    end
  elseif kind == 8 then
    rule.proto = "icmp"
  end
end

local function make_rule(world, container, refusal)
  local rule = {}
  set_peer(world, container, rule, refusal)
  set_what(rule, refusal)
  if not (rule.ips or rule.container or rule.host or rule.proto) then
    rule.proto, rule.dst_ports = "tcp", { make_port() }
  end
  if not refusal and chance(8) then
    rule.log_prefix = "seen"
  elseif not refusal and chance(4) then
    rule.verdict = { chain = "user" }
  end
  return rule
end

local function make_label(world, container)
  local label = {}
  if chance(60) then
    label.mapped_ports = { localhost = chance(60) and { allow = chance(80) } or nil,
      external = chance(70) and { allow = true, ips = chance(50) and { make_ip(world) } or nil } or nil }
  end
  for _, side in ipairs { "output", "input" } do
    if chance(side == "output" and 80 or 40) then
      label[side] = several(function() return make_rule(world, container) end, 4)
    end
  end
  return label
end

local function make_container(world, i)
  local container = { name = "c" .. i, networks = {}, ports = {}, project = pick { "shop", "lab", false } or nil }
  for _, network in ipairs(world.networks) do
    if chance(60) then
      container.networks[#container.networks + 1] = network.name
    end
  end
  if #container.networks == 0 then
    container.networks[1] = pick(world.networks).name
  end
  for k = 1, math.random(0, 2) do
    container.ports[k] = ("%d:%d/%s"):format(8000 + 10 * i + k, pick(PORTS), pick { "tcp", "tcp", "udp", "sctp" })
  end
  return container
end

local function make_policy(world)
  local container = pick(world.containers)
  local side = pick { "output", "input" }
  local call, rule = pick { "refuse", "refuse", "allow" }, make_rule(world, container, true)
  if call == "refuse" and not rule.container and chance(30) then
    rule.but = { container_address(), pick(OUTSIDE) }
  end
  return { container = container.name, call = call, rules = { [side] = { rule } } }
end

--- make(seed) -> a world: {networks, containers, policies, ready (names of ready-made policies)}.
function M.make(seed)
  math.randomseed(seed)
  local world = { networks = {}, containers = {}, policies = {}, ready = {}, grouped = chance(30) }
  for i = 1, math.random(3) do
    world.networks[i] = { name = "n" .. i, ipv6 = chance(70) or nil, project = pick { "shop", "lab", false } or nil }
  end
  for i = 1, math.random(2, 4) do
    world.containers[i] = make_container(world, i)
  end
  for _ = 1, math.random(0, 2) do
    world.policies[#world.policies + 1] = make_policy(world)
  end
  for _, name in ipairs { "isolate-projects", "public-ports", "allow-dns", "deny-metadata" } do
    world.ready[#world.ready + 1] = chance(12) and name or nil
  end
  for _, container in ipairs(world.containers) do
    container.rules = chance(80) and make_label(world, container) or nil
  end
  return world
end

-- --- As testing.site takes them

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- As YAML's flow style, or as Lua.
local function written(value, open, close, between)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local parts = {}
  if #value > 0 or next(value) == nil then
    for i, item in ipairs(value) do
      parts[i] = written(item, open, close, between)
    end
    return open .. table.concat(parts, ", ") .. close
  end
  for i, key in ipairs(sorted_keys(value)) do
    local name = (between == " = " and not key:find("^[%a_][%w_]*$")) and ("[%q]"):format(key) or key
    parts[i] = name .. between .. written(value[key], open, close, between)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function as_yaml(value)
  return written(value, "[", "]", ": ")
end

local function as_lua(value)
  return written(value, "{", "}", " = ")
end

local HANDLER = 'return { apiversion = 1, name = "p%d", handler = function(c) if c.name == "%s" then %s end end }'

local function policy_text(policy, i)
  local reason = policy.call == "refuse" and ', "no"' or ""
  return HANDLER:format(i, policy.container, ("c:%s(%s%s)"):format(policy.call, as_lua(policy.rules), reason))
end

--- description(world) -> what testing.site takes.
function M.description(world)
  local given = { policies = {}, networks = {}, containers = {}, kernel = true }
  for i, policy in ipairs(world.policies) do
    given.policies[i] = { path = ("p%d.lua"):format(i), text = policy_text(policy, i) }
  end
  for _, name in ipairs(world.ready) do
    table.insert(given.policies, name)
  end
  local options = { "public-ports: {ports: [8011, 8021]}", "groups: {lists: {office: [192.0.2.0/24, \"fd00:1::2\"]}}" }
  given.options = ""
  for _, name in ipairs(world.ready) do
    given.options = given.options .. (name == "public-ports" and options[1] .. "\n" or "")
  end
  if world.grouped then
    table.insert(given.policies, "groups")
    given.options = given.options .. options[2] .. "\n"
  end
  given.options = given.options ~= "" and given.options or nil
  for _, network in ipairs(world.networks) do
    given.networks[network.name] = { ipv6 = network.ipv6, project = network.project }
  end
  for _, container in ipairs(world.containers) do
    given.containers[container.name] = { networks = container.networks, ports = container.ports,
      project = container.project, rules = container.rules and as_yaml(container.rules) or nil }
  end
  return given
end

--- spec(world, flow, says) -> a spec that shows it.
function M.spec(world, flow, says)
  return ([[
local testing = require "whalewall.testing"

local site = testing.site %s

it("is judged alike", function() -- %s, from port %s
  local verdict = site:why(%q, %q, %q)
  assert.equal(verdict.allowed and "passes" or "dropped", verdict.kernel)
end)]]):format(as_lua(M.description(world)), says, flow.sport, flow.from, flow.to, flow.what)
end

-- --- Flows

-- The addresses of a family that there are on a site, by kind.
local function pools(site, family)
  local containers, hosts = {}, {}
  for _, network in ipairs(site.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      containers[#containers + 1] = endpoint[family]
    end
  end
  for address in pairs(site.hosts) do
    if (address:find(":", 1, true) ~= nil) == (family == "ipv6") then
      hosts[#hosts + 1] = address
    end
  end
  table.sort(hosts)
  local outside = {}
  for _, address in ipairs(OUTSIDE) do
    if (address:find(":", 1, true) ~= nil) == (family == "ipv6") then
      outside[#outside + 1] = address
    end
  end
  local strangers = { family == "ipv4" and "10.1.0.77" or nil }
  return { containers = containers, hosts = hosts, outside = outside, strangers = strangers }
end

local function pick_end(pool)
  local kind = math.random(20)
  local list = kind <= 11 and pool.containers or kind <= 15 and pool.outside or kind <= 19 and pool.hosts
    or pool.strangers
  return #list > 0 and pick(list) or pick(pool.outside)
end

local function pick_what(world)
  local container = pick(world.containers)
  if chance(30) and #container.ports > 0 then
    local port, proto = pick(container.ports):match("^(%d+):%d+/(%l+)$")
    return ("%s %s"):format(proto, port), true
  end
  return chance(12) and "icmp" or ("%s %d"):format(pick { "tcp", "tcp", "udp", "sctp" }, pick(PORTS))
end

--- flows(world, site, n) -> n flows: {from, to, what, sport}, no two of one port.
function M.flows(world, site, n)
  local flows = {}
  local by_family = { pools(site, "ipv4"), pools(site, "ipv6") }
  for i = 1, n do
    local what, published = pick_what(world)
    local pool = by_family[(published or chance(60)) and 1 or 2]
    local from, to = pick_end(pool), pick_end(pool)
    to = published and #pool.hosts > 0 and chance(80) and pick(pool.hosts) or to
    flows[i] = { from = from, to = to, what = what, sport = 40000 + i - 1 }
  end
  return flows
end

-- --- Smaller ones

-- Each table of the world that has parts which can be left out, with the key.
local function parts(value, found)
  for _, key in ipairs(sorted_keys(value)) do
    found[#found + 1] = { value, key }
    if type(value[key]) == "table" then
      parts(value[key], found)
    end
  end
  return found
end

local function copy(value)
  local result = {}
  for key, inner in pairs(value) do
    result[key] = type(inner) == "table" and copy(inner) or inner
  end
  return result
end

local function leave_out(table_, key)
  if math.type(key) then
    table.remove(table_, key)
  else
    table_[key] = nil
  end
end

--- shrink(world, fails) -> the world without what does not matter: fails(world) is true of it. What cannot be built
-- does not fail.
function M.shrink(world, fails)
  local i = 1
  while true do
    local smaller = copy(world)
    local list = parts(smaller, {})
    if i > #list then
      return world
    end
    leave_out(list[i][1], list[i][2])
    local ok, failing = pcall(fails, smaller)
    if ok and failing then
      world = smaller
    else
      i = i + 1
    end
  end
end

return M
