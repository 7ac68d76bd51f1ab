--- Containers of one compose project do not talk to those of another: on a network that is not of their own project
-- nothing within the network passes.
local function is_shared(options, network)
  for _, name in ipairs(options.shared or {}) do
    if name == network.name then
      return true
    end
  end
  return network.project == nil and not options.strict
end

return {
  apiversion = 1,
  name = "isolate-projects",
  handler = function(container, options)
    for _, network in ipairs(container.networks) do
      if network.project ~= container.project and not is_shared(options, network) and #network.subnets > 0 then
        local within = { { network = network.name, ips = network.subnets } }
        container:refuse({ input = within, output = within },
          ("the network '%s' is not of the container's project"):format(network.name))
      end
    end
  end,
}
