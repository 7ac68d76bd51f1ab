--- Grants in words: "tcp 80, 443-445", "all", "tcp 80 (at 8080)".
local protocols = require "protocols"

local M = {}

local PORT_MAX = 65535

local function ports_text(grant)
  if grant.first == 1 and grant.last == PORT_MAX then
    return "any"
  end
  local text = grant.first == grant.last and tostring(grant.first) or ("%d-%d"):format(grant.first, grant.last)
  if grant.published and grant.published ~= grant.first then
    text = ("%s (at %s)"):format(text, grant.published == 0 and "a port that the engine chooses" or grant.published)
  end
  return text
end

-- Is it every port of every protocol?
local function is_all(grants)
  local seen = 0
  for _, grant in ipairs(grants) do
    local whole = not grant.first or grant.first == 1 and grant.last == PORT_MAX
    seen = seen + (whole and not grant.published and 1 or 0)
  end
  return seen == #protocols.names and #grants == seen
end

-- Ports that follow each other are one range, whichever rules they come from.
local function coalesced(grants)
  local list = {}
  for _, grant in ipairs(grants) do
    local before = list[#list]
    if before and before.protocol == grant.protocol and grant.first and before.last + 1 == grant.first
      and not before.published and not grant.published then
      before.last = grant.last
    else
      list[#list + 1] = { protocol = grant.protocol, first = grant.first, last = grant.last,
        published = grant.published }
    end
  end
  return list
end

--- lines(grants) -> list of texts, one for each protocol; empty: nothing may pass.
function M.lines(grants)
  grants = coalesced(grants)
  if is_all(grants) then
    return { "all" }
  end
  local lines, index, joined = {}, {}, {}
  for _, grant in ipairs(grants) do
    local name = grant.protocol
    if not index[name] then
      lines[#lines + 1] = name
      index[name], joined[name] = #lines, {}
    end
    if grant.first then
      joined[name][#joined[name] + 1] = ports_text(grant)
    end
  end
  for name, i in pairs(index) do
    lines[i] = #joined[name] > 0 and name .. " " .. table.concat(joined[name], ", ") or name
  end
  return lines
end

--- name(item) -> what an end is called; `*`: it is not managed, `~`: it is audited, `!`: it is closed.
function M.name(item)
  if item.kind == "range" then
    local more = #item.ranges > 1 and (" +%d"):format(#item.ranges - 1) or ""
    return item.name .. more
  end
  return item.name .. (item.audited and "~" or item.fault and "!"
    or item.kind == "service" and not item.managed and "*" or "")
end

return M
