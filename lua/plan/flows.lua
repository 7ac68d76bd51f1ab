--- What may pass from one end to another: the simulator is asked for each part of the ports on which rules can differ.
local apart = require "plan.apart"
local ends = require "plan.ends"
local protocols = require "protocols"
local ranges = require "plan.ranges"

local M = {}

local PORT_MAX = 65535
local ANY_PORT = 40000

local function address_of(item, address)
  return item.address or item.kind == "host" and ends.HOST_ADDRESS or address
end

-- May the rule be about this address? In doubt it may: this only saves questions.
local function applies(rule, item, address)
  if rule.side == "localhost" then
    return item.kind == "host"
  elseif rule.peers == nil then
    return true
  elseif rule.peers == "host" then
    return item.kind == "host"
  end
  for _, range in ipairs(rule.peers) do
    if ranges.contains(range, address) then
      return true
    end
  end
  return false
end

-- Put the rules of an index that may be about this address into the list. False: there is none.
local function relevant(index, item, address, into)
  local before = #into
  for _, rule in ipairs(index.wide) do
    if applies(rule, item, address) then
      into[#into + 1] = rule
    end
  end
  for _, rule in ipairs(index.exact[address] or {}) do
    into[#into + 1] = rule
  end
  return #into > before
end

-- The rules that may decide. nil: none of them lets anything pass. Of an audited end nothing is dropped.
local function deciding(from, to, src, dst)
  local list = {}
  if from.managed and not relevant(from.rules.output, to, dst, list) and not from.audited then
    return nil
  elseif to.managed and not relevant(to.rules.input, from, src, list) and not to.audited then
    return nil
  end
  return list
end

-- The first ports of the parts into which the rules (and the published ports of the receiver) cut all ports.
local function cuts(list, to, protocol)
  local at, starts = { [1] = true }, { 1 }
  local function cut(port)
    if port <= PORT_MAX and not at[port] then
      at[port] = true
      starts[#starts + 1] = port
    end
  end
  for _, rule in ipairs(list) do
    for _, range in ipairs(rule.proto == protocol.name and rule.dports or {}) do
      cut(range[1])
      cut(range[2] + 1)
    end
  end
  for _, port in ipairs(to.published or {}) do
    if port.proto == protocol.number then
      cut(port.cport)
      cut(port.cport + 1)
    end
  end
  table.sort(starts)
  return starts
end

local function source_ports(list)
  local ports, seen = { ANY_PORT }, { [ANY_PORT] = true }
  for _, rule in ipairs(list) do
    for _, range in ipairs(rule.sports) do
      if not seen[range[1]] then
        seen[range[1]] = true
        ports[#ports + 1] = range[1]
      end
    end
  end
  return ports
end

-- The verdict on a flow, with the first source port that may be used.
local function ask(simulation, flow, sports)
  local verdict
  for _, sport in ipairs(sports) do
    flow.sport = sport
    verdict = simulation:judge(flow)
    if verdict.allowed then
      return verdict
    end
  end
  return verdict
end

local function new_flow(from, to, src, dst)
  return { src = src, dst = dst, dialled = dst, from_host = from.kind == "host", to_host = to.kind == "host",
    dialled_host = to.kind == "host", sport = 0, dport = 0, dialled_port = 0 }
end

local function add(grants, protocol, first, last, verdict, hport)
  local before = grants[#grants]
  if before and before.protocol == protocol.name and before.last and before.last + 1 == first and not hport
    and before.sender == verdict.sender and before.receiver == verdict.receiver then
    before.last = last
    return
  end
  grants[#grants + 1] = { protocol = protocol.name, first = first, last = last, sender = verdict.sender,
    receiver = verdict.receiver, published = hport }
end

-- Straight to an address.
local function direct(simulation, from, to, src, dst, grants)
  local list = deciding(from, to, src, dst)
  if not list then
    return
  end
  local flow, sports = new_flow(from, to, src, dst), source_ports(list)
  for _, name in ipairs(protocols.names) do
    local protocol = protocols.by_name[name]
    flow.proto, flow.question = protocol.number, protocol.question
    local starts = protocol.has_ports and cuts(list, to, protocol) or { 0 }
    for i, port in ipairs(starts) do
      flow.dport, flow.dialled_port = port, port
      local verdict = ask(simulation, flow, protocol.has_ports and sports or { 0 })
      if verdict.allowed then
        local last = protocol.has_ports and (starts[i + 1] or PORT_MAX + 1) - 1 or nil
        add(grants, protocol, protocol.has_ports and port or nil, last, verdict)
      end
    end
  end
end

-- From outside: through a port of the host that leads to the container. One that is published for IPv4 and IPv6 apart,
-- as engines say it, is one.
local function published(simulation, from, to, grants)
  local address, seen = to.addresses[1] and to.addresses[1].ipv4, {}
  for _, port in ipairs(address and to.published or {}) do
    local key = ("%s %s %s"):format(port.proto, port.cport, port.hport)
    if not apart.is_loopback(port.host) and not seen[key] then
      seen[key] = true
      local flow = new_flow(from, to, from.address, address)
      flow.proto, flow.dport, flow.sport = port.proto, port.cport, ANY_PORT
      flow.dialled, flow.dialled_port, flow.dialled_host = ends.HOST_ADDRESS, port.hport or ANY_PORT, true
      local verdict = simulation:judge(flow)
      for _, name in ipairs(verdict.allowed and protocols.names or {}) do
        if protocols.by_name[name].number == port.proto then
          add(grants, protocols.by_name[name], port.cport, port.cport, verdict, port.hport or 0)
        end
      end
    end
  end
end

local function family_of(address)
  return address:find(":", 1, true) and "ipv6" or "ipv4"
end

-- The grants of several ways (networks, families) are one list, without what is there already.
local function unite(all, grants)
  for _, grant in ipairs(grants) do
    local same = false
    for _, other in ipairs(all) do
      same = same or other.protocol == grant.protocol and other.first == grant.first and other.last == grant.last
        and other.published == grant.published
    end
    if not same then
      all[#all + 1] = grant
    end
  end
end

local function between_services(simulation, from, to, all)
  for _, own in ipairs(from.addresses) do
    for _, other in ipairs(to.addresses) do
      for _, family in ipairs(own.network == other.network and { "ipv4", "ipv6" } or {}) do
        local grants = {}
        if own[family] and other[family] then
          direct(simulation, from, to, own[family], other[family], grants)
        end
        unite(all, grants)
      end
    end
  end
end

local function from_service(simulation, from, to, all)
  local address = address_of(to)
  local family = family_of(address)
  for _, own in ipairs(from.addresses) do
    local grants = {}
    if own[family] then
      direct(simulation, from, to, own[family], address, grants)
    end
    unite(all, grants)
  end
end

local function from_host(simulation, from, to, all)
  for _, other in ipairs(to.addresses) do
    local grants = {}
    direct(simulation, from, to, ends.HOST_ADDRESS, other.ipv4, grants)
    unite(all, grants)
  end
end

--- between(simulation, from, to) -> list of {protocol, first, last, sender, receiver, published}: what may pass. first
-- and last are missing where the protocol has no ports; sender and receiver are the origins of the rules that allow it,
-- where that side is managed; published: the host's port that leads there (0: the engine chooses it).
function M.between(simulation, from, to)
  local all = {}
  if from.kind == "service" and to.kind == "service" then
    local other = from ~= to and to or to.twin
    if other then
      between_services(simulation, from, other, all)
    end
  elseif from.kind == "service" then
    from_service(simulation, from, to, all)
  elseif from.kind == "host" then
    from_host(simulation, from, to, all)
  elseif family_of(from.address) == "ipv4" then
    published(simulation, from, to, all)
  end
  return all
end

return M
