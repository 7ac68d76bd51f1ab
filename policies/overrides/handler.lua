--- What the configuration says of a project, a service and a container, in addition to labels.
local function apply(container, override)
  if not override then
    return
  elseif override.manage ~= nil then
    container:manage(override.manage)
  end
  if override.allow then
    container:allow(override.allow)
  end
  if override.refuse then
    container:refuse(override.refuse, override.reason or "the site's configuration says so")
  end
  if override.deny then
    container:deny(override.deny)
  end
end

return {
  apiversion = 1,
  name = "overrides",
  handler = function(container, options)
    local project, service = container.project, container.service
    apply(container, project and options.projects and options.projects[project])
    apply(container, project and service and options.services and options.services[project .. "/" .. service])
    apply(container, options.containers and options.containers[container.name])
  end,
}
