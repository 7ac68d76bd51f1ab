--- Only listed ports of the host are open to the world.
--
-- The world is every address that is not private, link-local or loopback. Rules are about a container's ports, so a
-- container's port stays open only if every port of the host that leads to it is listed.
local WORLD = {
  "0.0.0.0-9.255.255.255", "11.0.0.0-100.63.255.255", "100.128.0.0-126.255.255.255", "128.0.0.0-169.253.255.255",
  "169.255.0.0-172.15.255.255", "172.32.0.0-192.167.255.255", "192.169.0.0-255.255.255.255",
  "::2-fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::-fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fec0::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}
local PROTOCOLS = { "tcp", "udp", "sctp" }

local function is_listed(ports, port)
  for _, range in ipairs(ports) do
    local first, last = range:match("^(%d+)%-?(%d*)$")
    first = tonumber(first)
    if port and port >= first and port <= (tonumber(last) or first) then
      return true
    end
  end
  return false
end

-- The container's ports of a protocol that may be open, sorted.
local function open_ports(container, proto, listed)
  local open, ports = {}, {}
  for _, publish in ipairs(container.published) do
    if publish.proto == proto then
      open[publish.port] = open[publish.port] ~= false and is_listed(listed, publish.host_port)
    end
  end
  for port, is_open in pairs(open) do
    ports[#ports + 1] = is_open and port or nil
  end
  return ports
end

-- All ports but these.
local function others(ports)
  local ranges, from = {}, 1
  for _, port in ipairs(ports) do
    if port > from then
      ranges[#ranges + 1] = ("%d-%d"):format(from, port - 1)
    end
    from = port + 1
  end
  if from <= 65535 then
    ranges[#ranges + 1] = ("%d-65535"):format(from)
  end
  return ranges
end

return {
  apiversion = 1,
  name = "public-ports",
  handler = function(container, options)
    local closed = {}
    for i, proto in ipairs(PROTOCOLS) do
      closed[i] = { ips = WORLD, proto = proto, dst_ports = others(open_ports(container, proto, options.ports)) }
    end
    container:refuse({ input = closed }, "the port is not one that may be open to the world")
  end,
}
