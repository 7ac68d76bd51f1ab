--- Published ports of a service, as {proto, cport, host, hport} with numbers: one for each port of a range. hport is
-- missing where the engine chooses it.
local addr = require "native.addr"
local node = require "compose.node"
local protocols = require "protocols"
local text = require "text"

local M = {}

local ANYWHERE = "0.0.0.0"
local MOST = 65536 -- ports that one entry may name; there are no more

local LIKE = "; write it like \"8080:80\", \"127.0.0.1:8080:80/udp\" or 80"

-- "80" or "80-90" to first and last; nil.
local function range_of(word)
  local first, last = word:match("^(%d+)%-(%d+)$")
  first = tonumber(first or word:match("^%d+$"))
  last = tonumber(last) or first
  if first and first <= last and last < MOST then
    return first, last
  end
end

-- [[host:]published:]target to its three parts; what is missing is "". nil: it is none of that.
local function split(word)
  local target = word:match("^[%d-]+$")
  if target then
    return "", "", target
  end
  local before
  before, target = word:match("^(.*):([%d-]+)$")
  if not before then
    return nil
  end
  local host, published = before:match("^(.*):([%d-]*)$")
  if not host then
    return "", before, target
  end
  return host:match("^%[(.*)%]$") or host, published, target
end

local function pairs_of(protocol, host, published, target)
  local first, last = range_of(target)
  local from, to = nil, nil
  if published ~= "" then
    from, to = range_of(published)
  end
  if not first or first == 0 or published ~= "" and not from then
    return nil
  elseif host ~= "" and not addr.parse(host) then
    return nil
  end
  local list = {}
  for port = first, last do
    -- One port that may be published at any of several: which, the engine chooses.
    local hport = from and (to - from == last - first and from + port - first or nil)
    list[#list + 1] = { proto = protocol.number, cport = port, hport = hport, host = host ~= "" and host or ANYWHERE }
  end
  return list
end

local function protocol_of(word)
  local protocol = protocols.by_name[word:lower()]
  return protocol and protocol.has_ports and protocol or nil
end

local LONGEST = 200 -- bytes; more is no port, and not worth a closer look

local function short(item)
  local written = #item.value <= LONGEST and item.value or ""
  local word, proto = written:match("^(.-)/(%a+)$")
  word = word or written
  local protocol = protocol_of(proto or "tcp")
  local host, published, target = split(word)
  local list = protocol and host and pairs_of(protocol, host, published, target)
  return list or nil, text.quote(item.value) .. " is no port" .. LIKE
end

local function long(item)
  local target = node.text(node.child(item, "target"))
  local protocol = protocol_of(node.text(node.child(item, "protocol")) or "tcp")
  local list = protocol and target and pairs_of(protocol, node.text(node.child(item, "host_ip")) or "",
    node.text(node.child(item, "published")) or "", target)
  return list or nil, "a port that is a mapping needs 'target', a port; it may have 'published', 'host_ip', 'protocol'"
end

--- of(item) -> list | nil, why: what one entry of `ports` publishes.
function M.of(item)
  if item.kind == "map" then
    return long(item)
  elseif item.kind == "scalar" then
    return short(item)
  end
  return nil, "a list is no port" .. LIKE
end

return M
