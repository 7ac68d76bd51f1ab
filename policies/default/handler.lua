--- The default policy: what a checked label and a container's facts mean as rules. Pure.
--
-- A rule is {side, peer, own, peers, proto, sports, dports, log, verdict, consent, origin} as in core/ir/rule.h.
-- An absent list restricts nothing, so no list here is ever empty: a rule about no address is not made.
local addr = require "native.addr"
local address_groups = require "groups"
local names = require "names"
local protocols = require "protocols"

local M = {}

local PROTO, NAMED = {}, {} -- the numbers by name, and which numbers a rule may have
for name, protocol in pairs(protocols.by_name) do
  PROTO[name], NAMED[protocol.number] = protocol.number, true
end

local function given(value)
  return value ~= nil and value ~= "" and value ~= 0
end

local function some(list)
  return list and #list > 0 and list or nil
end

local function verdict_of(verdict)
  if not verdict then
    return nil
  elseif given(verdict.chain) then
    return { kind = "chain", chain = verdict.chain }
  elseif given(verdict.queue) then
    return { kind = "queue", queue = verdict.queue, est_in = verdict.input_est_queue,
      est_out = verdict.output_est_queue }
  end
end

local function log_of(entry)
  return given(entry.log_prefix) and entry.log_prefix or nil
end

local function add(out, rule)
  out.rules[#out.rules + 1] = rule
end

local function wait(out, origin, text)
  out.notes[#out.notes + 1] = { waiting = true, origin = origin, text = text }
end

-- It is obeyed, but does not do what was probably meant.
local function note(out, origin, text)
  out.notes[#out.notes + 1] = { waiting = false, origin = origin, text = text }
end

-- Broadcast or multicast: an address, or a network or range that holds nothing else. An address that is the broadcast
-- address of a subnet is known as such only on the container's own networks.
local function is_group(facts, range)
  if addr.is_group(range) then
    return true
  end
  for _, broadcast in ipairs(facts.broadcasts) do
    if range == broadcast then
      return true
    end
  end
  return false
end

local GROUP = {
  input = "%s is no address that anybody sends from, so it allows nothing",
  output = "broadcast and multicast (%s) reach the host and containers that are not managed, but no managed one",
}

local function note_groups(out, facts, side, ips, origin)
  for _, range in ipairs(ips or {}) do
    if is_group(facts, range) then
      note(out, origin, GROUP[side]:format(range))
    end
  end
end

-- The ranges of a list in which groups may be named. nil: it names none but empty groups, so the rule is about no
-- address.
local function ranges_of(out, ips, origin)
  local ranges, empty = address_groups.expand(ips)
  if not ranges then
    out.notes[#out.notes + 1] = { waiting = false, origin = origin, text = ("the group '%s' has no addresses")
      :format(empty) }
  end
  return ranges
end

-- localhost and external: about the published ports, which the ruleset knows.
local function mapped(out, facts, side, section, origin)
  local peers = some(section.ips)
  if peers then
    peers = ranges_of(out, peers, origin)
    if not peers then
      return
    end
  end
  note_groups(out, facts, "input", peers, origin)
  add(out, {
    side = side,
    peer = peers and "addrs" or "any",
    peers = peers,
    log = log_of(section),
    verdict = verdict_of(section.verdict),
    origin = origin,
  })
end

local function peers_of(targets, ids)
  local peers = {}
  for _, target in ipairs(targets) do
    for _, address in ipairs(names.addresses(target.endpoints, ids)) do
      peers[#peers + 1] = address
    end
  end
  return peers
end

local function covers(entry, publish)
  local proto = PROTO[entry.proto]
  if not proto then
    return NAMED[publish.proto] or false
  elseif proto ~= publish.proto then
    return false
  end
  for _, range in ipairs(entry.dst_ports) do
    if publish.cport >= range[1] and publish.cport <= range[2] then
      return true
    end
  end
  return false
end

-- The published ports of the targets that the entry covers, as {host, proto, dports}: one for each host address and
-- protocol. A port published on a loopback address cannot be reached from a container.
local function host_ports(entry, targets)
  local groups, by_key = {}, {}
  for _, target in ipairs(targets) do
    for _, publish in ipairs(target.published) do
      if publish.host and publish.hport > 0 and covers(entry, publish) and not addr.is_loopback(publish.host) then
        local host = not addr.is_any(publish.host) and publish.host or nil
        local key = ("%s %d"):format(host or "", publish.proto)
        local group = by_key[key]
        if not group then
          group = { host = host, proto = publish.proto, dports = {}, seen = {} }
          groups[#groups + 1], by_key[key] = group, group
        end
        if not group.seen[publish.hport] then
          group.seen[publish.hport] = true
          group.dports[#group.dports + 1] = { publish.hport, publish.hport }
        end
      end
    end
  end
  return groups
end

-- A container that is named may also be dialled by its published ports at the host.
local function add_host_ports(out, rule, entry, targets)
  for _, group in ipairs(host_ports(entry, targets)) do
    add(out, {
      side = "output",
      peer = group.host and "addrs" or "host",
      own = rule.own,
      peers = group.host and { group.host },
      proto = group.proto,
      sports = rule.sports,
      dports = group.dports,
      log = rule.log,
      verdict = rule.verdict,
      origin = rule.origin,
    })
  end
end

-- A rule that names a container opens that port at the container, too.
local function add_consents(out, facts, rule, targets, ids)
  for _, target in ipairs(targets) do
    out.consents[#out.consents + 1] = {
      target = target.id,
      side = "input",
      peer = "addrs",
      own = names.addresses(target.endpoints, ids),
      peers = rule.own,
      proto = rule.proto,
      sports = rule.sports,
      dports = rule.dports,
      consent = true,
      origin = ("%s of %s"):format(rule.origin, facts.name or facts.id),
    }
  end
end

-- Fill in what the rule is about: own, ids of the networks, targets. false when it has to wait, or can do nothing.
local function resolve(out, facts, entry, rule)
  if not given(entry.network) then
    return true
  end
  local useless = names.unenforceable(facts, entry.network)
  if useless then
    note(out, rule.origin, useless)
    return false
  end
  local own, ids, why = names.own(facts, entry.network)
  if not own then
    wait(out, rule.origin, why)
    return false
  end
  rule.own = own
  if not given(entry.container) then
    return true, ids
  end
  local targets
  targets, why = names.containers(facts, entry.container, ids)
  if not targets then
    wait(out, rule.origin, why)
    return false
  end
  rule.peer, rule.peers = "addrs", peers_of(targets, ids)
  if not names.share_family(own, rule.peers) then
    wait(out, rule.origin,
      ("'%s' has no address of the same family (IPv4, IPv6) on that network"):format(entry.container))
    return false
  end
  return true, ids, targets
end

-- One entry of output or input.
local function entry_rules(out, facts, side, entry, origin)
  local rule = {
    side = side,
    peer = "any",
    proto = PROTO[entry.proto],
    sports = some(entry.src_ports),
    dports = some(entry.dst_ports),
    log = log_of(entry),
    verdict = verdict_of(entry.verdict),
    origin = origin,
  }
  if entry.host then
    rule.peer = "host"
  elseif some(entry.ips) then
    rule.peer, rule.peers = "addrs", ranges_of(out, entry.ips, origin)
    if not rule.peers then
      return
    end
    note_groups(out, facts, side, rule.peers, origin)
  end
  local ready, ids, targets = resolve(out, facts, entry, rule)
  if not ready then
    return
  end
  add(out, rule)
  if targets and side == "output" then
    add_host_ports(out, rule, entry, targets)
    add_consents(out, facts, rule, targets, ids)
  end
end

--- add(out, facts, side, entry, origin): append what one section or entry means to out.rules, consents and notes.
function M.add(out, facts, side, entry, origin)
  if side == "localhost" or side == "external" then
    mapped(out, facts, side, entry, origin)
  else
    entry_rules(out, facts, side, entry, origin)
  end
end

--- mention(entry, names): put the names of the container, service and network of an entry into `names`, as keys.
function M.mention(entry, mentioned)
  if given(entry.network) then
    mentioned[entry.network] = true
  end
  if given(entry.container) then
    mentioned[entry.container] = true
  end
end

--- The names of containers, services and networks in a checked label, as keys.
function M.mentions(label)
  local mentioned = {}
  for _, side in ipairs({ "input", "output" }) do
    for _, entry in ipairs(label[side] or {}) do
      M.mention(entry, mentioned)
    end
  end
  return mentioned
end

return M
