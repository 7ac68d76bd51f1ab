--- require "whalewall.testing": a site in a few lines, its policies and labels on it, and plain words about flows.
--
-- The rules are those that the program would make, by the same code; the flows are judged by the simulator that the
-- program's own tests hold against the kernel. No root, no engine, no packets: unless the kernel is asked, too
-- (lua/testing/kernel.lua).
--
--   local site = testing.site {
--     policies = { "deny-metadata" },
--     containers = { web = { networks = { "front" }, rules = "output: [{proto: tcp, dst_ports: [443]}]" } },
--   }
--   site:allows("web", "192.0.2.1", "tcp 443")
local kernel = require "testing.kernel"
local native = require "native.addr"
local protocols = require "protocols"
local scene = require "testing.scene"
local text = require "text"

local M = {}

local whalewall -- the module, which binds this one

local HOST = "203.0.113.254"
local WORLD = "198.51.100.77"
local WORLD_PORT = 40000
local Site = {}

-- A function that there is not is told with the one that was meant.
function Site.__index(_, key)
  if Site[key] == nil and type(key) == "string" and not key:find("^_") then
    local names = {}
    for name in pairs(Site) do
      names[#names + 1] = not name:find("^_") and name or nil
    end
    table.sort(names)
    local meant = text.nearest(key, names)
    error(("a site has no '%s'%s (known: %s)"):format(text.plain(key),
      meant and ("; did you mean '%s'?"):format(meant) or "", table.concat(names, ", ")), 2)
  end
  return Site[key]
end

-- A failed expectation: at the line of the spec, and in busted a failure, not an error.
local function fail(message)
  local core, runner = _G.package.loaded["busted.core"], _G.package.loaded["whalewall.runner"]
  if runner then
    runner.fail(message, 2)
  elseif core then
    core().fail(message, 3)
  end
  error(message, 3)
end

--- site(description) -> a site; see docs/policies.md. Policies and options that are refused raise their message.
function M.site(given)
  local site = setmetatable(scene.build(given), Site)
  site.simulation = whalewall.simulate(site.scene)
  site.hosts = scene.hosts(site, HOST)
  site.kernel = kernel.wanted(given)
  if site.kernel then
    kernel.open(site, { HOST }, scene.ways(site))
  end
  return site
end

-- --- Flows

local function addresses_of(site, container)
  local list = {}
  for _, network in ipairs(site.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      if endpoint.container == container.id then
        list[#list + 1] = { network = network.name, ipv4 = endpoint.ipv4, ipv6 = endpoint.ipv6 }
      end
    end
  end
  return list
end

-- -> container, network: "web" or, on one of its networks, "web@front"; nil, nil, address: an address, or none for
-- "host" and "world". Else it is raised.
local function parse_end(site, name)
  local bare, network = name:match("^([^@]+)@(.+)$")
  local container = site.containers[bare or name]
  if not container and name ~= "host" and name ~= "world" and (not native.range(name) or name:find("[-/]")) then
    local meant = text.nearest(bare or name, { "host", "world", table.unpack(site.names) })
    error(("there is no container %s on this site%s; an end is a container, 'host', 'world' or one address"):format(
      text.quote(bare or name), meant and (" (did you mean '%s'?)"):format(meant) or ""), 0)
  end
  return container, network, not container and native.parse(name) or nil
end

-- The address of `one` that it has towards `other` ({container, network}; both may be nil), of that family.
local function address_towards(site, one, wanted, other, family)
  local mine, shared = addresses_of(site, one), {}
  for _, theirs in ipairs(other.container and addresses_of(site, other.container) or {}) do
    shared[theirs.network] = true
  end
  local network = wanted or other.network
  for pass = 1, 2 do
    for _, own in ipairs(mine) do
      local meant = network == own.network or not network and (shared[own.network] or pass == 2)
      if meant and own[family] then
        return own[family]
      end
    end
  end
  error(("container %s has no %s address%s"):format(one.name, family, network and " on " .. network or ""), 0)
end

local function family_of(address)
  return address:find(":", 1, true) and "ipv6" or "ipv4"
end

-- What is sent: "tcp 443", "udp 53", "icmp".
local function parse_what(what)
  local name, port = what:match("^(%l+)%s*(%d*)$")
  local protocol = name and protocols.by_name[name]
  if not protocol or protocol.has_ports ~= (port ~= "") then
    error(("'%s' is not like \"tcp 443\" or \"icmp\""):format(what), 0)
  end
  return protocol, tonumber(port) or 0
end

-- An address of the host is the host.
local function set_sender(site, flow, from, to)
  local container, network, address = parse_end(site, from)
  if container then
    local other, theirs = parse_end(site, to)
    flow.src = address_towards(site, container, network, { container = other, network = theirs },
      (other or to == "host" or to == "world") and "ipv4" or family_of(to))
  elseif from == "host" then
    flow.src, flow.from_host = HOST, true
  elseif from == "world" then
    flow.src = WORLD
  else
    flow.src, flow.from_host = address, site.hosts[address]
  end
end

-- The host's port leads to the container that publishes it.
local function set_host_port(site, flow, protocol, address)
  local target, publish = scene.publisher(site, protocol.number, flow.dport)
  flow.dialled, flow.dialled_port, flow.dialled_host = address, flow.dport, true
  if target and family_of(address) == "ipv4" then
    flow.dst, flow.dport = address_towards(site, target, nil, {}, "ipv4"), publish.cport
  else
    flow.dst, flow.to_host = address, true
  end
end

local function set_receiver(site, flow, from, to, protocol)
  local container, network, address = parse_end(site, to)
  if to == "host" or site.hosts[address] then
    set_host_port(site, flow, protocol, address or HOST)
    return
  elseif container then
    local other, theirs = parse_end(site, from)
    flow.dst = address_towards(site, container, network, { container = other, network = theirs },
      (other or from == "host" or from == "world") and "ipv4" or family_of(from))
  else
    flow.dst = address or WORLD
  end
  flow.dialled, flow.dialled_port = flow.dst, flow.dport
end

-- As the simulator takes it.
local function flow_of(self, from, to, what)
  local protocol, port = parse_what(what)
  local flow = { proto = protocol.number, sport = protocol.has_ports and WORLD_PORT or 0, dport = port }
  flow.question = protocol.question
  set_sender(self, flow, from, to)
  set_receiver(self, flow, from, to, protocol)
  return flow
end

--- Private, for specs of the harness itself.
Site._flow = flow_of

--- site:why(from, to, what) -> {allowed, reason, sender, receiver, kernel}: the verdict on the first packet of a flow.
-- from, to: a container's name (on one of its networks: "web@front"), "host", "world" or an address; what: "tcp 443",
-- "icmp". sender and receiver are the origins of the rules that allow it; reason says why not, with the policy that
-- refused it. kernel: what became of a real packet ("passes", "dropped", …); nil: none was sent.
function Site:why(from, to, what)
  local flow = flow_of(self, from, to, what)
  local verdict = self.simulation:judge(flow)
  verdict.kernel = self.kernel and kernel.send(self, flow, verdict.allowed) or nil
  local closed = self.containers[verdict.refused_by]
  local fault = closed and self.simulation:container(closed.id).fault
  if fault then
    verdict.reason = verdict.reason .. ": " .. fault
  elseif verdict.ban then
    verdict.reason = ("refused by %s: %s"):format(verdict.ban, verdict.ban_reason)
  end
  return verdict
end

-- Where a packet comes to something else than the simulator says, one of them is wrong: nothing is to be relied on.
local function check_kernel(verdict, from, to, what)
  if not kernel.agrees(verdict.kernel, verdict.allowed) then
    fail(("%s -> %s %s %s by the simulator (%s), but in the kernel it %s: one of them is wrong; please report it")
      :format(from, to, what, verdict.allowed and "passes" or "is dropped", verdict.reason,
        verdict.kernel:find("^dropped") and "is " .. verdict.kernel or verdict.kernel))
  end
end

local function origins(verdict)
  return (verdict.sender or "-") .. " | " .. (verdict.receiver or "-")
end

--- site:allows(from, to, what, by): fails unless the flow passes; by: a part of a rule's origin that allows it.
function Site:allows(from, to, what, by)
  local verdict = self:why(from, to, what)
  if not verdict.allowed then
    fail(("%s -> %s %s should pass, but: %s (%s)"):format(from, to, what, verdict.reason, verdict.refused_by or "-"))
  elseif by and not origins(verdict):find(by, 1, true) then
    fail(("%s -> %s %s should pass by '%s', but passes by: %s"):format(from, to, what, by, origins(verdict)))
  end
  check_kernel(verdict, from, to, what)
end

--- site:refuses(from, to, what, why): fails unless it is dropped; why: a part of the reason.
function Site:refuses(from, to, what, why)
  local verdict = self:why(from, to, what)
  if verdict.allowed then
    fail(("%s -> %s %s should be dropped, but passes by: %s"):format(from, to, what, origins(verdict)))
  elseif why and not verdict.reason:find(why, 1, true) then
    fail(("%s -> %s %s is dropped, but not for '%s': %s"):format(from, to, what, why, verdict.reason))
  end
  check_kernel(verdict, from, to, what)
end

-- --- Containers

local function state_of(site, name)
  local container = site.containers[name] or error("there is no container " .. name, 0)
  return site.simulation:container(container.id)
end

--- site:manages(name), site:leaves(name): fails unless the container is managed, is not.
function Site:manages(name)
  if not state_of(self, name).managed then
    fail(name .. " should be managed, and is not")
  end
end

function Site:leaves(name)
  if state_of(self, name).managed then
    fail(name .. " should be left alone, and is managed")
  end
end

--- site:closes(name, why): fails unless the container is quarantined; why: a part of the message.
function Site:closes(name, why)
  local fault = state_of(self, name).fault
  if not fault then
    fail(name .. " should be closed, and is not")
  elseif why and not fault:find(why, 1, true) then
    fail(("%s is closed, but not for '%s': %s"):format(name, why, fault))
  end
end

--- site:fault(name) -> why the container is quarantined; nil: it is not.
function Site:fault(name)
  return state_of(self, name).fault
end

--- site:notes(name) -> what the log says of the container's rules, a line each: "note …" or "waiting …".
function Site:notes(name)
  local notes = {}
  for line in state_of(self, name).compiled:gmatch("[^\n]+") do
    if line:find("^note ") or line:find("^waiting ") then
      notes[#notes + 1] = (line:gsub('\\"', '"'))
    end
  end
  return notes
end

--- site:warns(name, words): fails unless the log says something of the container with these words in it.
function Site:warns(name, words)
  local notes = table.concat(self:notes(name), "\n")
  if not notes:find(words, 1, true) then
    fail(("the log should say '%s' of %s; it says:\n%s"):format(words, name, notes))
  end
end

--- site:rules(name) -> the rules in force at the container, as text: a line each, with the origin.
function Site:rules(name)
  return state_of(self, name).rules
end

--- site:text() -> all containers with their rules as one text, for golden files.
function Site:text()
  local lines = {}
  for _, name in ipairs(self.names) do
    local state = state_of(self, name)
    lines[#lines + 1] = name .. (state.fault and " closed: " .. state.fault or state.managed and "" or " not managed")
    for line in state.rules:gmatch("[^\n]+") do
      lines[#lines + 1] = "  " .. line
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- site:matches(path): fails unless site:text() is what the file has; with WW_GOLDEN_UPDATE=1 the file is written.
function Site:matches(path)
  local now = self:text()
  if _G.os.getenv("WW_GOLDEN_UPDATE") then
    local file = _G.assert(_G.io.open(path, "w"))
    file:write(now)
    file:close()
    return
  end
  local file = _G.io.open(path, "r")
  local before = file and file:read("a")
  if file then
    file:close()
  end
  if now ~= before then
    fail(("%s is not what the site is now (WW_GOLDEN_UPDATE=1 writes it):\n%s"):format(path, now))
  end
end

--- bind(module) -> this module, with what it stands on, for specs of the program itself.
function M.bind(module)
  whalewall, M.native = module, module
  return M
end

return M
