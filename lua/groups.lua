--- Named lists of addresses: what `@name` in `ips` stands for.
--
-- Filled while the site's policies are loaded, and then fixed.
local limits = require "native.limits"

local M = {}

local lists = {}

--- define(name, ranges): ranges are canonical texts. A name is defined once.
function M.define(name, ranges)
  lists[name] = ranges
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

--- expand(ips) -> ranges | nil, name of a group without addresses. A list without groups comes back as it is.
function M.expand(ips)
  local ranges, grouped = {}, false
  for _, range in ipairs(ips) do
    local name = range:match("^@(.*)$")
    if not name then
      ranges[#ranges + 1] = range
    else
      grouped = true
      table.move(lists[name] or {}, 1, #(lists[name] or {}), #ranges + 1, ranges)
    end
  end
  if not grouped then
    return ips
  elseif #ranges == 0 then
    return nil, ips[1]
  end
  return ranges
end

return M
