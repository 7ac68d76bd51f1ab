--- What the names in rules mean, among the facts of one container.
local text = require "text"

local M = {}

local function quote(name)
  return "'" .. text.visible(name) .. "'"
end

local function ids_where(networks, matches)
  local ids
  for _, network in ipairs(networks) do
    if matches(network) then
      ids = ids or {}
      ids[network.id] = true
    end
  end
  return ids
end

-- The networks that a name may mean: those the engine knows by it, and those the container is on.
local function candidates(facts)
  local all, seen = {}, {}
  for _, network in ipairs(facts.networks) do
    all[#all + 1], seen[network.id] = network, true
  end
  for _, endpoint in ipairs(facts.endpoints) do
    if not seen[endpoint.network.id] then
      all[#all + 1], seen[endpoint.network.id] = endpoint.network, true
    end
  end
  return all
end

--- The ids (as keys) of the networks that `name` means: the exact Docker name, else `<project>_<name>`, else what
-- Compose calls so in this project, else, for "default" outside Compose, Docker's default bridge. nil if there is none.
function M.network(facts, name)
  local networks = candidates(facts)
  local ids = ids_where(networks, function(n) return n.name == name end)
  if ids then
    return ids
  elseif facts.project then
    return ids_where(networks, function(n) return n.name == facts.project .. "_" .. name end)
      or ids_where(networks, function(n) return n.project == facts.project and n.compose_network == name end)
  elseif name == "default" then
    return ids_where(networks, function(n) return n.default_bridge end)
  end
end

local INSIDE = "; what stays inside of the overlay is open, what leaves it or comes in needs a rule without 'network'"

--- Why no rule about the network of that name can be enforced: none of those that it means is one whose packets the
-- host filters. nil: it can, or there is no such network (yet).
function M.unenforceable(facts, name)
  local ids, driver = M.network(facts, name), nil
  for _, network in ipairs(ids and candidates(facts) or {}) do
    if ids[network.id] and not network.unenforceable then
      return nil
    elseif ids[network.id] then
      driver = network.unenforceable
    end
  end
  return driver and ("the network %s cannot be enforced from the host (driver %s), so the rule does nothing%s")
    :format(quote(name), text.visible(driver), driver == "overlay" and INSIDE or "")
end

--- All addresses of these endpoints; with ids only those on these networks. May be empty: that never means "any".
function M.addresses(endpoints, ids)
  local addresses = {}
  for _, endpoint in ipairs(endpoints) do
    if not ids or ids[endpoint.network.id] then
      addresses[#addresses + 1] = endpoint.ipv4
      addresses[#addresses + 1] = endpoint.ipv6
    end
  end
  return addresses
end

-- Of several networks of one name those that the container has an address on: a namesake elsewhere is not meant.
local function own_ids(facts, ids)
  local own = {}
  for _, endpoint in ipairs(facts.endpoints) do
    if ids[endpoint.network.id] and (endpoint.ipv4 or endpoint.ipv6) then
      own[endpoint.network.id] = true
    end
  end
  return own
end

local function on_which(facts)
  local on = {}
  for i, endpoint in ipairs(facts.endpoints) do
    on[i] = endpoint.network.name
  end
  return "it is on: " .. table.concat(on, ", ")
end

-- Why no network goes by that name. The facts have the networks that labels name, and those the container is on:
-- Docker's default bridge, which no label names, is among the latter only.
local function unknown(facts, name)
  if facts.project then
    return ("there is no network %s, nor %s"):format(quote(name), quote(facts.project .. "_" .. name))
  elseif name ~= "default" then
    return ("there is no network %s"):format(quote(name))
  elseif #facts.endpoints == 0 then
    return "the container is not on any network yet"
  end
  return ("outside of Compose 'default' is Docker's default bridge, which the container is not on (%s)")
    :format(on_which(facts))
end

--- own(facts, name) -> addresses | nil, ids | nil, why: the container's addresses on the network. Never an empty list.
function M.own(facts, name)
  local ids = M.network(facts, name)
  if not ids then
    return nil, nil, unknown(facts, name)
  end
  local own = M.addresses(facts.endpoints, ids)
  if #own > 0 then
    return own, own_ids(facts, ids)
  elseif #facts.endpoints == 0 then
    return nil, nil, "the container is not on any network yet"
  end
  for _, endpoint in ipairs(facts.endpoints) do
    if ids[endpoint.network.id] then
      return nil, nil, ("the container has no address on the network %s yet"):format(quote(name))
    end
  end
  return nil, nil, ("the container is not on the network %s (%s)"):format(quote(name), on_which(facts))
end

local function among(targets, matches)
  local found = {}
  for _, target in ipairs(targets) do
    if matches(target) then
      found[#found + 1] = target
    end
  end
  return #found > 0 and found or nil
end

local function is_on(target, ids)
  return #M.addresses(target.endpoints, ids) > 0
end

-- What goes by `name`: the container of that name, else the service of the own project, else the swarm service, else
-- another project's service on the same network. The second result: is it the own project's service?
local function called(facts, name, ids)
  local targets = facts.targets
  local found = among(targets, function(t) return t.name == name end)
  if found then
    return found, false
  end
  found = facts.project and among(targets, function(t) return t.service == name and t.project == facts.project end)
  if found then
    return found, true
  end
  return among(targets, function(t) return t.swarm_service == name end)
    or among(targets, function(t) return t.service == name and t.project ~= facts.project and is_on(t, ids) end), false
end

-- The own project's service of a name takes a rule over that was meant for another project's.
local function taken_over(facts)
  return (" (it is a service of the own project %s, which comes first; name another project's container in full)")
    :format(quote(facts.project))
end

--- containers(facts, name, ids) -> targets | nil, why: those called `name` that have an address on one of the networks
-- (the container itself left out). Never an empty list.
function M.containers(facts, name, ids)
  local all, own_service = called(facts, name, ids)
  if not all then
    return nil, ("there is no container or service %s"):format(quote(name))
  end
  local found = among(all, function(t) return t.id ~= facts.id and is_on(t, ids) end)
  if found then
    return found
  end
  local cause = own_service and taken_over(facts) or ""
  if #all == 1 and all[1].id == facts.id then
    return nil, ("%s is the container itself%s"):format(quote(name), cause)
  end
  return nil, ("%s is not on that network yet%s"):format(quote(name), cause)
end

--- Is there an address in each list that could talk to one of the other?
function M.share_family(these, those)
  local families = {}
  for _, address in ipairs(these) do
    families[address:find(":", 1, true) and 6 or 4] = true
  end
  for _, address in ipairs(those) do
    if families[address:find(":", 1, true) and 6 or 4] then
      return true
    end
  end
  return false
end

return M
