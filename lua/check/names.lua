--- Rules that name what is not there: services, containers and networks, or those that do not meet.
local compose_scene = require "compose.scene"
local text = require "text"

local M = {}

-- Whose networks the service is on.
local function home_of(project, service)
  local seen = {}
  while service and service.shares and not seen[service] do
    seen[service] = true
    service = project.by_name[service.shares]
  end
  return service
end

local function listed(networks)
  local names = {}
  for i, network in ipairs(networks) do
    names[i] = network.key
  end
  return #names > 0 and table.concat(names, ", ") or "none"
end

-- The networks that a name may mean, as keys.
local function meant_networks(project, home, name)
  for _, network in ipairs(home and home.networks or {}) do
    if network.name == name then
      return { [network] = true }
    end
  end
  for _, form in ipairs({ name, project.name .. "_" .. name }) do
    for _, network in pairs(project.networks) do
      if network.name == form then
        return { [network] = true }
      end
    end
  end
  local own = project.networks[name]
  return own and not own.external and { [own] = true } or nil
end

local function is_on(service, networks)
  for _, network in ipairs(service and service.networks or {}) do
    if networks[network] then
      return true
    end
  end
  return false
end

-- The service that a rule's `container` names: by the name of a container, or by its own.
local function target_of(project, name)
  if not project.by_container then
    project.by_container = {}
    for _, service in ipairs(project.services) do
      for _, instance in ipairs(compose_scene.instances(project, service)) do
        project.by_container[instance] = service
      end
    end
  end
  return project.by_container[name] or project.by_name[name]
end

local function service_names(project)
  local names = {}
  for i, service in ipairs(project.services) do
    names[i] = service.name
  end
  return names
end

-- nil where the network is there and the service is on it: then its key. Else the finding is made.
local function check_network(subject, entry, path)
  local project, home = subject.project, home_of(subject.project, subject.service)
  local networks = meant_networks(project, home, entry.network)
  if not networks then
    local meant = text.nearest(entry.network, project.network_names)
    subject:rule("warning", "no-network", path .. ".network",
      ("there is no network %s in these files, so the rule waits; %s"):format(text.quote(entry.network),
        meant and ("did you mean '%s'?"):format(meant) or "known: " .. table.concat(project.network_names, ", ")))
  elseif home and not is_on(home, networks) then
    subject:rule("warning", "not-on-network", path .. ".network",
      ("the service is not on the network %s, so the rule waits; it is on: %s"):format(text.quote(entry.network),
        listed(home.networks)))
    networks = nil
  end
  return networks
end

local function common(one, other)
  local both = {}
  for _, network in ipairs(one and one.networks or {}) do
    if is_on(other, { [network] = true }) then
      both[#both + 1] = network
    end
  end
  return both
end

-- Why no packet of the rule's can come from or go to the target. nil: one can.
local function obstacle(subject, target, entry, networks)
  local home, other = home_of(subject.project, subject.service), home_of(subject.project, target)
  local name = text.quote(entry.container)
  if target.replicas == 0 then
    return "no-replica", ("%s has no replicas, so the rule waits"):format(name)
  elseif target == subject.service and subject.service.replicas < 2 then
    return "names-itself", ("%s is the service itself, so the rule waits"):format(name)
  elseif other and other.mode == "host" then
    return "host-network", ("%s is on the host's network, so the rule waits; name it by 'host: true'"):format(name)
  elseif networks and not is_on(other, networks) then
    local both = common(home, other)
    return "not-on-network", ("%s is not on the network %s, so the rule waits; %s"):format(name,
      text.quote(entry.network), #both > 0 and "both are on: " .. listed(both)
      or ("there is none that both are on (%s is on: %s)"):format(name, listed(other and other.networks or {})))
  end
end

local function check_container(subject, entry, path, networks)
  local target = target_of(subject.project, entry.container)
  if not target then
    local meant = text.nearest(entry.container, service_names(subject.project))
    subject:rule("warning", "no-service", path .. ".container",
      ("there is no service or container %s in these files, so the rule waits%s"):format(text.quote(entry.container),
        meant and ("; did you mean '%s'?"):format(meant) or " for one from elsewhere"))
    return
  end
  local code, message = obstacle(subject, target, entry, networks)
  if code then
    subject:rule("warning", code, path .. ".container", message)
  end
end

--- check(subject)
function M.check(subject)
  subject:each(function(_, entry, path)
    local networks
    if entry.network and entry.network ~= "" then
      networks = check_network(subject, entry, path)
    end
    if entry.container and entry.container ~= "" then
      check_container(subject, entry, path, networks)
    end
  end)
end

return M
