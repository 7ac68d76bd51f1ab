--- Containers of some networks or projects are managed, whatever their labels say: without rules they are closed.
local function has(list, word)
  for _, item in ipairs(list or {}) do
    if item == word then
      return true
    end
  end
  return false
end

-- Why the container has to be managed; nil: it need not be.
local function reason(container, options)
  if container.project and has(options.projects, container.project) then
    return ("it is of the project '%s'"):format(container.project)
  end
  for _, network in ipairs(container.networks) do
    if has(options.networks, network.name) then
      return ("it is on the network '%s'"):format(network.name)
    end
  end
  return options.everything and "every container is" or nil
end

return {
  apiversion = 1,
  name = "require-optin",
  handler = function(container, options)
    local why = reason(container, options)
    if why and not container.opted_in then
      container:manage(true)
      container:warn(("managed without whalewall.enabled, because %s"):format(why))
    end
  end,
}
