--- Rules that let a service dial whatever a name stands for, and none that lets it ask what that is.
local M = {}

local DNS = 53

local function covers_dns(entry)
  if not entry.proto or entry.proto == "" then
    return true
  end
  for _, range in ipairs(entry.proto == "udp" and entry.dst_ports or {}) do
    if range[1] <= DNS and DNS <= range[2] then
      return true
    end
  end
  return false
end

-- Is it about any address? Those who write addresses need no names, and names of containers Docker knows by itself.
local function dials_names(entry)
  local bound = entry.container or entry.host or entry.ips and #entry.ips > 0
  return not bound and (entry.proto == "tcp" or entry.proto == "udp")
end

local function port_text(entry)
  local first = (entry.dst_ports or {})[1]
  return first and (" %d"):format(first[1]) or ""
end

--- check(subject, may_ask): may_ask: function() -> do rules or policies let it ask a name server?
function M.check(subject, may_ask)
  local dialling, path, asks
  subject:each(function(side, entry, at)
    if side == "output" then
      asks = asks or covers_dns(entry)
      if not dialling and dials_names(entry) then
        dialling, path = entry, at
      end
    end
  end)
  if dialling and not asks and not may_ask() then
    subject:rule("warning", "no-dns", path, ("%s%s is allowed to any address, but no rule lets the service ask a name "
      .. "server, so it cannot dial by name; add '- {proto: udp, dst_ports: [53]}', unless the host's own name server "
      .. "has a loopback address"):format(dialling.proto, port_text(dialling)))
  end
end

return M
