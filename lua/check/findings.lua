--- What a check finds: each thing once, in the order of the files.
local place = require "compose.place"

local M = {}

local Findings = {}
Findings.__index = Findings

function M.new()
  return setmetatable({ list = {}, by_place = {}, order = {}, files = 0, errors = 0, warnings = 0 }, Findings)
end

-- Where several services have one label, by an anchor or by `extends`, that is one finding.
-- So is what a policy says of several with the same words.
local function same_finding(self, found, anywhere)
  local key = ("%s:%d:%d"):format(found.file, found.line, found.column)
  key = ("%s:%s:%s"):format(anywhere and "" or key, found.code, found.text)
  local same = self.by_place[key]
  self.by_place[key] = same or found
  return same
end

local function add_service(found, service)
  for _, name in ipairs(found.services) do
    if name == service then
      return
    end
  end
  found.services[#found.services + 1] = service
end

--- findings:add{severity = "error" or "warning", code, text, service, path, and where: node and offset, or node and
-- read (the same before variables were put in)}. Where there is no node it is about no file. anywhere: said once of all
-- services, at the first.
function Findings:add(given)
  local node = given.node or {}
  local source, line, column
  if given.read then
    source, line, column = place.of_read(node, given.read)
  else
    source, line, column = place.of(node, given.offset)
  end
  local found = { severity = given.severity, code = given.code, text = given.text, path = given.path or "",
    services = {}, source = source, file = source and source.name or "", line = line or 0, column = column or 0 }
  local same = same_finding(self, found, given.anywhere)
  if given.service then
    add_service(same or found, given.service)
  end
  if same then
    return
  end
  if source and not self.order[source] then
    self.files = self.files + 1
    self.order[source] = self.files
  end
  self.list[#self.list + 1] = found
  local count = found.severity == "error" and "errors" or "warnings"
  self[count] = self[count] + 1
end

--- findings:sorted() -> list, by file, line and column; what is about no file comes first.
function Findings:sorted()
  local index = {}
  for i, found in ipairs(self.list) do
    index[found] = i
  end
  table.sort(self.list, function(a, b)
    local one, other = self.order[a.source] or 0, self.order[b.source] or 0
    if one ~= other then
      return one < other
    elseif a.line ~= b.line then
      return a.line < b.line
    elseif a.column ~= b.column then
      return a.column < b.column
    end
    return index[a] < index[b]
  end)
  return self.list
end

return M
