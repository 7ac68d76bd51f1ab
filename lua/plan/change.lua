--- What a plan changes against what is in force: which flows may newly pass, and which may no longer.
local ends = require "plan.ends"
local enforced = require "plan.enforced"
local flows = require "plan.flows"
local portset = require "plan.portset"

local M = {}

-- A party is an end by name, with all that it is before and after: {name, kind, own (is it of the project?), before =
-- ends, after = ends}.
local function party(list, by_name, name, kind)
  if not by_name[name] then
    by_name[name] = { name = name, kind = kind, before = {}, after = {} }
    list[#list + 1] = by_name[name]
  end
  return by_name[name]
end

local function add_services(list, by_name, after)
  local by_service = {}
  for _, item in ipairs(after) do
    local one = party(list, by_name, item.name, item.kind)
    one.own, one.after[1] = true, item
    for _, service in ipairs(item.services) do
      by_service[service] = one
    end
  end
  return by_service
end

-- Containers that run now: a service's stand for the service, any other is an end of its own.
local function add_running(list, by_name, by_service, project, before)
  local beside = {}
  for _, item in ipairs(before) do
    local one = item.project == project.name and by_service[item.service or ""]
    if not one then
      one = party(list, by_name, item.name, item.kind)
      beside[#beside + 1] = item.services[1]
    end
    one.before[#one.before + 1] = item
  end
  return beside
end

local function add_outer(list, by_name, own, before, after)
  local both, outer = {}, {}
  table.move(before, 1, #before, 1, both)
  table.move(after, 1, #after, #both + 1, both)
  ends.add_outer(outer, own, both)
  for _, item in ipairs(outer) do
    local one = party(list, by_name, item.name, item.kind)
    one.before[1], one.after[1] = item, item
  end
end

local function parties_of(project, site, state)
  local after, before = ends.services(project, site), enforced.ends(state)
  local list, by_name = {}, {}
  local beside = add_running(list, by_name, add_services(list, by_name, after), project, before)
  for _, item in ipairs(ends.neighbours(site, beside)) do
    after[#after + 1] = item
    table.insert(party(list, by_name, item.name, item.kind).after, item)
  end
  local own = ends.own_addresses(site)
  for address in pairs(enforced.own_addresses(state)) do
    own[address] = true
  end
  add_outer(list, by_name, own, before, after)
  return list
end

-- Of all ends that stand for the one to all that stand for the other. One end alone may speak to its twin.
local function grants_between(simulation, from, to)
  local all = {}
  for _, sender in ipairs(from) do
    for _, receiver in ipairs(to) do
      if sender ~= receiver or sender.twin then
        portset.add(all, flows.between(simulation, sender, receiver))
      end
    end
  end
  return all
end

local function is_managed(one)
  for _, list in ipairs { one.before, one.after } do
    for _, item in ipairs(list) do
      if item.managed then
        return true
      end
    end
  end
  return false
end

-- Where no side is managed, before and after, nothing is to be said: nothing keeps them apart.
local function concerns(from, to)
  return (from.own or to.own) and (from.managed or to.managed)
end

--- of(project, site, state) -> list of {from, to, opens = grants, closes = grants}: names of ends, and what may pass
-- between them that could not, or could. site: the project beside what is there (lua/plan/enforced.lua, add_to).
function M.of(project, site, state)
  local parties, changes = parties_of(project, site, state), {}
  for _, one in ipairs(parties) do
    one.managed = is_managed(one)
  end
  for _, from in ipairs(parties) do
    for _, to in ipairs(parties) do
      local before, after = {}, {}
      if concerns(from, to) then
        before = grants_between(state.simulation, from.before, to.before)
        after = grants_between(site.simulation, from.after, to.after)
      end
      local opens, closes = portset.without(after, before), portset.without(before, after)
      if #opens > 0 or #closes > 0 then
        changes[#changes + 1] = { from = from.name, to = to.name, opens = opens, closes = closes }
      end
    end
  end
  return changes
end

return M
