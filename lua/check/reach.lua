--- Services whose packets the host cannot filter.
local compose_service = require "compose.service"

local M = {}

--- Drivers of networks whose packets the host does not filter, but for those that cross a bridge of its own.
M.UNFILTERED = { macvlan = true, ipvlan = true, overlay = true, host = true }

local function is_accepted(network)
  local label = compose_service.label(network, "whalewall.accept")
  return label ~= nil and label.text == "unenforceable"
end

--- check(subject)
function M.check(subject)
  local service = subject.service
  if service.mode == "host" then
    subject:at("warning", "host-network", service.mode_key,
      "the service is on the host's network, so nothing of it can be enforced; put it on a network of its own")
  end
  for _, network in ipairs(service.networks) do
    if M.UNFILTERED[network.driver or ""] and not is_accepted(network) then
      subject:at("warning", "not-enforceable", network.key_node,
        ("packets inside of the network '%s' (driver %s) cannot be filtered by the host; only what crosses a bridge is "
        .. "enforced"):format(network.key, network.driver))
    end
  end
end

return M
