--- The label `whalewall.rules`, as data for lua/schema.lua.
local addr = require "native.addr"
local cidrs = require "cidrs"
local groups = require "groups"
local limits = require "native.limits"
local protocols = require "protocols"
local reserved = require "policies.default.reserved"
local text = require "text"

local PORT_MAX = 65535
local ADDRESS_MAX = 100 -- bytes; more is neither an address nor a range, and not worth a closer look
local PORTS_MAX = 40
local ZERO = ("0"):byte()
local PROTO_NAMES = protocols.listed(protocols.names)
local PROTO_CHOICE = protocols.listed(protocols.ported, "'proto: %s'") -- of those with ports

-- "@office": a list of addresses that a site policy has a name for.
local function read_group(value)
  local name = value:sub(2)
  if groups.get(name) then
    return value
  end
  local known = groups.names()
  local meant = text.nearest(name, known)
  return nil, ("there is no group %s; %s"):format(text.quote(value), #known == 0 and "no policy of this site names any"
    or meant and ("did you mean '@%s'?"):format(meant) or "known: @" .. text.plain(table.concat(known, ", @"), 200))
end

local function read_ips(value)
  local range, reason = addr.range(value)
  if range then
    return range, nil, cidrs.doubt(value, range)
  elseif value:find("^@") then
    return read_group(value)
  end
  local hint = ""
  if not reason:find(value, 1, true) then
    reason = text.quote(value) .. ": " .. reason
  end
  if #value > ADDRESS_MAX then
    hint = ""
  elseif value:find("^[%d.]+:%d+$") then
    hint = "; a port goes into dst_ports"
  elseif value:find("%s") then
    hint = "; write it without spaces, and each address as an entry of its own"
  elseif value:find("^[%w.-]*[g-zG-Z][%w.-]*$") then
    hint = "; names are not looked up, write the address"
  end
  return nil, text.plain(reason, 200) .. hint
end

-- A decimal port, or nil and the reason.
local function read_port(digits)
  local port = #digits <= 9 and tonumber(digits)
  if #digits > 1 and digits:byte() == ZERO then
    return nil, "a port is written without leading zeros, found " .. text.quote(digits)
  elseif not port or port < 1 or port > PORT_MAX then
    return nil, ("a port must be 1 to %d, found %s"):format(PORT_MAX, text.plain(digits))
  end
  return math.tointeger(port)
end

local function read_ports(value)
  local first, dash, last
  if #value <= PORTS_MAX then
    first, dash, last = value:match("^(%d+)(%-?)(%d*)$")
  end
  if dash == "" then
    last = first
  end
  if not first or last == "" then
    local hint = value:find("[, :]") and "; write each port or range as an entry of its own, without spaces" or ""
    return nil, ("must be a port (53) or a range (\"4000-5000\"), found %s%s"):format(text.quote(value), hint)
  end
  local lo, hi, reason
  lo, reason = read_port(first)
  if lo then
    hi, reason = read_port(last)
  end
  if not hi then
    return nil, reason
  elseif lo > hi then
    return nil, ("the range %s starts after its end; write \"%d-%d\""):format(text.plain(value), hi, lo)
  end
  return { lo, hi }
end

local function read_proto(value)
  local proto = value:lower()
  if protocols.by_name[proto] or proto == "" then
    return proto
  end
  local meant = text.nearest(proto, protocols.names, { icmpv6 = "icmp", icmp6 = "icmp", ping = "icmp" })
  return nil, ("must be %s, found %s; %s"):format(PROTO_NAMES, text.quote(value),
    meant and ("did you mean '%s'?"):format(meant) or "a rule without proto and ports is about every protocol")
end

local function read_chain(value)
  if value == "" then
    return value
  elseif #value > limits.chain_name then
    return nil, ("the chain's name is %d bytes long; nftables takes at most %d"):format(#value, limits.chain_name)
  elseif not value:find("^[%a_.][%w_.%-/]*$") then
    return nil, ("nftables takes no chain of the name %s; use letters, digits, and _ . - /, beginning with a letter")
      :format(text.quote(value))
  elseif reserved[value] then
    return nil, ("nftables takes no chain of the name %s: it is a word of its language"):format(text.quote(value))
  end
  return value
end

local function read_log_prefix(value)
  if #value > limits.log_prefix then
    return nil, ("the text is %d bytes long; the kernel takes at most %d"):format(#value, limits.log_prefix)
  elseif value:find('[^ !#-~]') then
    return nil, ("must be of printable ASCII characters without '\"', found %s"):format(text.quote(value))
  end
  return value
end

local function read_container(value)
  local name = value:gsub("^/", "")
  if value ~= "" and name == "" then
    return nil, "must be a container's or service's name, found '/'"
  end
  return name
end

local BOOLEAN = { type = "boolean" }
local TEXT = { type = "text" }
local LOG_PREFIX = { type = "text", read = read_log_prefix }
local QUEUE = { type = "integer", min = 0, max = 65535 }
local IPS = {
  type = "list",
  max = limits.list,
  of = { type = "word", read = read_ips, what = "an address, a CIDR, or a range (192.0.2.1-192.0.2.9)" },
}
local PORTS = {
  type = "list",
  max = limits.list,
  of = { type = "word", read = read_ports, what = "a port (53) or a range (\"4000-5000\")" },
}

local PASSES = { "packets of the rule pass as any others", "write one" }
local UNQUEUED = "established packets pass without a queue"
local EVERY_PEER = "the rule is about every peer"
local PEERS = { "ips", "container", "host", "but" } -- each of which says which peers a rule is about

local VERDICT = {
  type = "map",
  keys = {
    { "chain", { type = "text", read = read_chain } },
    { "queue", QUEUE },
    { "input_est_queue", QUEUE },
    { "output_est_queue", QUEUE },
  },
  at_most_one = { { "chain", "queue" } },
  needs = {
    { "input_est_queue", "queue", "new packets must go to a queue, too" },
    { "output_est_queue", "queue", "new packets must go to a queue, too" },
    { "input_est_queue", "output_est_queue", "established packets are queued in both directions or in none" },
    { "output_est_queue", "input_est_queue", "established packets are queued in both directions or in none" },
  },
  blank = {
    chain = { "packets of the rule go to no chain, and pass", "write its name", unless = { "queue" } },
    queue = { "packets of the rule go to no queue, and pass", "write its number", unless = { "chain" } },
    input_est_queue = { UNQUEUED, "write its number" },
    output_est_queue = { UNQUEUED, "write its number" },
  },
  synonyms = { num = "queue", inputqueue = "input_est_queue", outputqueue = "output_est_queue", jump = "chain" },
}

local LOCALHOST = {
  type = "map",
  keys = { { "allow", BOOLEAN }, { "log_prefix", LOG_PREFIX }, { "verdict", VERDICT } },
  required = { "allow" },
  blank = { verdict = PASSES },
  synonyms = { log = "log_prefix", prefix = "log_prefix", enabled = "allow", accept = "allow" },
}

local EXTERNAL = {
  type = "map",
  keys = { { "allow", BOOLEAN }, { "log_prefix", LOG_PREFIX }, { "ips", IPS }, { "verdict", VERDICT } },
  required = { "allow" },
  blank = { ips = { "every address may come", "write addresses" }, verdict = PASSES },
  synonyms = { log = "log_prefix", prefix = "log_prefix", enabled = "allow", accept = "allow", ip = "ips", from = "ips",
    sources = "ips" },
}

local RULE = {
  type = "map",
  keys = {
    { "log_prefix", LOG_PREFIX },
    { "network", TEXT },
    { "ips", IPS },
    { "container", { type = "text", read = read_container } },
    { "host", BOOLEAN },
    { "proto", { type = "word", read = read_proto, what = PROTO_NAMES } },
    { "src_ports", PORTS },
    { "dst_ports", PORTS },
    { "verdict", VERDICT },
  },
  at_most_one = { { "ips", "container", "host" } },
  needs = {
    { "container", "network", "the network on which the container is reached, for example 'network: default'" },
    { "src_ports", "proto", "write " .. PROTO_CHOICE },
    { "dst_ports", "proto", "write " .. PROTO_CHOICE },
    { "proto", "dst_ports", "for all ports write 'dst_ports: [1-65535]'", spared = protocols.bare },
  },
  bars = {
    { "src_ports", "proto", protocols.bare, "an echo request has no ports; leave them out" },
    { "dst_ports", "proto", protocols.bare, "an echo request has no ports; leave them out" },
  },
  at_least_one = {
    names = { "ips", "container", "host", "proto", "src_ports", "dst_ports" },
    text = "the rule does not say what it allows; give at least one of ips, container, host, or proto "
      .. "(with dst_ports, but for icmp)",
  },
  blank = {
    network = { "the rule is about every network of the container", "write its name" },
    ips = { EVERY_PEER, "write addresses", unless = PEERS },
    container = { EVERY_PEER, "write its name", unless = PEERS },
    host = { EVERY_PEER, "write true or false", unless = PEERS },
    proto = { "the rule is about every protocol", "write " .. PROTO_NAMES },
    src_ports = { "the rule is about every port of the sender", "write ports", barred = { "proto", protocols.bare } },
    dst_ports = { "the rule is about every port", "write ports", barred = { "proto", protocols.bare } },
    verdict = PASSES,
  },
  synonyms = {
    ports = "dst_ports", port = "dst_ports", dports = "dst_ports", dport = "dst_ports", destports = "dst_ports",
    dstport = "dst_ports", sports = "src_ports", sport = "src_ports", sourceports = "src_ports", srcport = "src_ports",
    protocol = "proto", ip = "ips", cidr = "ips", addresses = "ips", service = "container", net = "network",
    log = "log_prefix", prefix = "log_prefix",
  },
  advice = { allow = "leave it out, a rule always allows" },
}

local RULES = { type = "list", max = limits.rules, of = RULE }

return {
  type = "map",
  keys = {
    {
      "mapped_ports",
      { type = "map", keys = { { "localhost", LOCALHOST }, { "external", EXTERNAL } },
        synonyms = { ["local"] = "localhost", host = "localhost", public = "external" } },
    },
    { "output", RULES },
    { "input", RULES },
  },
  synonyms = { ports = "mapped_ports", outbound = "output", egress = "output", inbound = "input", ingress = "input" },
}
