--- Services of which not all is enforced, so that a table cannot say what reaches them: what is said in its place.
local protocols = require "protocols"
local words = require "plan.words"

local M = {}

M.ON_HOST = "on the host's network, so nothing of it is enforced"

local function name_of(number)
  for _, name in ipairs(protocols.names) do
    if protocols.by_name[name].number == number then
      return name
    end
  end
end

--- is_loopback(host) -> is it published for the host itself only?
function M.is_loopback(host)
  return host:find("^127%.") ~= nil or host == "::1"
end

-- Ports that are published beyond the host; one for IPv4 and IPv6 apart, as engines say it, is one.
local function grants_of(published)
  local grants, seen = {}, {}
  for _, port in ipairs(published) do
    local key = ("%s %s %s"):format(port.proto, port.cport, port.hport)
    if not M.is_loopback(port.host) and not seen[key] then
      seen[key] = true
      grants[#grants + 1] = { protocol = name_of(port.proto), first = port.cport, last = port.cport,
        published = port.hport or 0 }
    end
  end
  return grants
end

--- on_network(name, driver, published, shown) -> why not all of a service on that network is enforced, and what it
-- publishes; and whether that leaves something unsaid. shown: are its ways by other networks in the table?
function M.on_network(name, driver, published, shown)
  if driver ~= "overlay" then
    return ("on the network '%s' (driver %s) nothing of it is enforced"):format(name, driver), true
  end
  local lines = not shown and words.lines(grants_of(published)) or {}
  return ("on the network '%s' (driver overlay) what stays inside is not enforced; what leaves it or comes in by "
    .. "docker_gwbridge is%s%s"):format(name, shown and "" or ", and is not shown here",
    #lines > 0 and ": it publishes " .. table.concat(lines, "; ") or ""), not shown
end

--- unsaid(matrix) -> what is to be added to what is open to the world; nil: that is all.
function M.unsaid(matrix)
  for _, service in ipairs(matrix.apart) do
    if service.unsaid then
      return "what those services may offer that are not (wholly) enforced, below"
    end
  end
end

return M
