--- Named lists of addresses: what `@name` in `ips` stands for.
--
-- Filled while the site's policies are loaded, and then fixed.
local limits = require "native.limits"

local M = {}

local lists, written = {}, {} -- by name, and as `@name`

--- define(name, ranges): ranges are canonical texts. A name is defined once.
function M.define(name, ranges)
  lists[name], written["@" .. name] = ranges, ranges
end

--- The ranges of a group, nil if there is none of that name. Not to be changed.
function M.get(name)
  return lists[name]
end

--- All names, sorted.
function M.names()
  local names = {}
  for name in pairs(lists) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- told() -> list of {name, ranges}: what the program is told of, for it names them where it suggests rules. It takes
-- so many; a group that is too large is left out as a whole.
function M.told()
  local told, room = {}, limits.group_ranges
  for _, name in ipairs(M.names()) do
    local ranges = lists[name]
    if #told < limits.groups and #name <= limits.group_name and #ranges > 0 and #ranges <= room then
      told[#told + 1] = { name = name, ranges = ranges }
      room = room - #ranges
    end
  end
  return told
end

local function names_a_group(ips)
  for _, range in ipairs(ips) do
    if written[range] then
      return true
    end
  end
  return false
end

--- expand(ips) -> ranges | nil, name of a group without addresses. A list without groups comes back as it is.
function M.expand(ips)
  if not names_a_group(ips) then
    return ips
  end
  local ranges = {}
  for _, range in ipairs(ips) do
    local group = written[range] or { range }
    table.move(group, 1, #group, #ranges + 1, ranges)
  end
  if #ranges == 0 then
    return nil, ips[1]
  end
  return ranges
end

return M
