--- Sets of what may pass, as lists of grants (lua/plan/flows.lua): added to each other, and taken from each other.
local protocols = require "protocols"

local M = {}

--- add(all, grants): put these grants into a list of them.
function M.add(all, grants)
  table.move(grants, 1, #grants, #all + 1, all)
end

-- The ports that are reached straight, as ranges in order that do not touch.
local function ranges_of(grants, protocol)
  local found, merged = {}, {}
  for _, grant in ipairs(grants) do
    if grant.protocol == protocol and grant.first and not grant.published then
      found[#found + 1] = { grant.first, grant.last }
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  for _, range in ipairs(found) do
    local last = merged[#merged]
    if last and range[1] <= last[2] + 1 then
      last[2] = math.max(last[2], range[2])
    else
      merged[#merged + 1] = range
    end
  end
  return merged
end

-- What of the range is in none of these.
local function cut(range, others, protocol, into)
  local first = range[1]
  for _, other in ipairs(others) do
    if other[1] > range[2] then
      break
    elseif other[2] >= first then
      if other[1] > first then
        into[#into + 1] = { protocol = protocol, first = first, last = other[1] - 1 }
      end
      first = other[2] + 1
    end
  end
  if first <= range[2] then
    into[#into + 1] = { protocol = protocol, first = first, last = range[2] }
  end
end

-- Through a port of the host, or without ports. 0 stands for a port that the engine chooses: it may be any.
local function is_among(grant, others)
  for _, other in ipairs(others) do
    local port = other.published == grant.published or other.published and grant.published
      and (other.published == 0 or grant.published == 0)
    if other.protocol == grant.protocol and other.first == grant.first and port then
      return true
    end
  end
  return false
end

--- without(grants, taken) -> the ports of `grants` that are not in `taken`.
function M.without(grants, taken)
  local left = {}
  for _, name in ipairs(protocols.names) do
    local ranges = ranges_of(taken, name)
    for _, range in ipairs(ranges_of(grants, name)) do
      cut(range, ranges, name, left)
    end
    for _, grant in ipairs(grants) do
      local single = grant.protocol == name and (grant.published or not grant.first)
      if single and not is_among(grant, taken) and not is_among(grant, left) then
        left[#left + 1] = { protocol = name, first = grant.first, last = grant.last, published = grant.published }
      end
    end
  end
  return left
end

return M
