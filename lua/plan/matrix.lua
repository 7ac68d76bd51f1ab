--- All flows that may pass, by the ends they are between.
local ends = require "plan.ends"
local enforced = require "plan.enforced"
local flows = require "plan.flows"

local M = {}

local function all_grants(simulation, list)
  local grants = {}
  for i, from in ipairs(list) do
    grants[i] = {}
    for j, to in ipairs(list) do
      local has_service = from.kind == "service" or to.kind == "service"
      grants[i][j] = has_service and flows.between(simulation, from, to) or {}
    end
  end
  return grants
end

-- What a list of grants says, as a text, to compare by.
local function key_of(grants)
  local parts = {}
  for i, grant in ipairs(grants) do
    parts[i] = ("%s %s %s %s"):format(grant.protocol, grant.first, grant.last, grant.published)
  end
  return table.concat(parts, ";")
end

local function profile_of(matrix, i)
  local parts = {}
  for j in ipairs(matrix.ends) do
    parts[#parts + 1] = key_of(matrix.grants[i][j])
    parts[#parts + 1] = key_of(matrix.grants[j][i])
  end
  return table.concat(parts, "|")
end

local function without(matrix, gone)
  local left = { ends = {}, grants = {}, apart = matrix.apart, left_out = matrix.left_out }
  local at = {}
  for i, item in ipairs(matrix.ends) do
    if not gone[i] then
      at[#at + 1] = i
      left.ends[#left.ends + 1] = item
    end
  end
  for row, i in ipairs(at) do
    left.grants[row] = {}
    for column, j in ipairs(at) do
      left.grants[row][column] = matrix.grants[i][j]
    end
  end
  return left
end

-- Ranges of which the same holds are one end; those of which the same holds as of the internet are no end of their own.
local function joined(matrix)
  local by_profile, gone = {}, {}
  for i, item in ipairs(matrix.ends) do
    if item.kind == "internet" then
      by_profile[profile_of(matrix, i)] = item
    elseif item.kind == "range" then
      local profile = profile_of(matrix, i)
      local same = by_profile[profile]
      gone[i] = same ~= nil
      by_profile[profile] = same or item
      local named = same or item
      named.ranges = named.ranges or {}
      named.ranges[#named.ranges + 1] = named.kind == "range" and item.name or nil
    end
  end
  return without(matrix, gone)
end

local function of_ends(simulation, list, apart, own)
  local left_out = ends.add_outer(list, own)
  return joined { ends = list, grants = all_grants(simulation, list), apart = apart, left_out = left_out }
end

--- of(project, site) -> {ends, grants[i][j] (from ends[i] to ends[j]), apart, left_out}. An end of ranges has them in
-- `ranges`.
function M.of(project, site)
  local list, apart = ends.services(project, site)
  return of_ends(site.simulation, list, apart, ends.own_addresses(site))
end

--- of_enforced(state) -> the same of what is in force (lua/plan/enforced.lua).
function M.of_enforced(state)
  local list, apart = enforced.ends(state)
  return of_ends(state.simulation, list, apart, enforced.own_addresses(state))
end

return M
