--- A plan for programs: as a graph in Graphviz' language, and as JSON.
local json = require "json"
local words = require "plan.words"

local M = {}

local FORMAT = 1
local SHAPES = { service = "box", host = "house", internet = "ellipse", range = "ellipse" }

local function quote(name)
  return '"' .. name:gsub("%c", " "):gsub('["\\]', "\\%0") .. '"'
end

local function each(matrix, fn)
  for i, from in ipairs(matrix.ends) do
    for j, to in ipairs(matrix.ends) do
      if #matrix.grants[i][j] > 0 then
        fn(from, to, matrix.grants[i][j])
      end
    end
  end
end

local function node_line(item)
  local style = item.kind == "service" and not item.managed and ", style=dashed" or ""
  local colour = item.fault and ", color=red" or ""
  return ("  %s [shape=%s%s%s];\n"):format(quote(words.name(item)), SHAPES[item.kind], style, colour)
end

--- dot(matrix, name) -> text. Two services that are not managed have no arrow: nothing keeps them apart.
function M.dot(matrix, name)
  local out, used = { ("digraph %s {\n  rankdir=LR;\n"):format(quote(name)) }, {}
  local edges = {}
  each(matrix, function(from, to, grants)
    if from.managed or to.managed or from.kind == "internet" then
      used[from], used[to] = true, true
      edges[#edges + 1] = ("  %s -> %s [label=%s];\n"):format(quote(words.name(from)), quote(words.name(to)),
        quote(table.concat(words.lines(grants), "; ")))
    end
  end)
  for _, item in ipairs(matrix.ends) do
    if used[item] or item.kind == "service" then
      out[#out + 1] = node_line(item)
    end
  end
  return table.concat(out) .. table.concat(edges) .. "}\n"
end

local function end_of(item)
  return { name = item.name, kind = item.kind, managed = item.managed or false, closed = item.fault ~= nil,
    fault = item.fault, ranges = item.ranges and json.list(item.ranges) or nil,
    services = item.services and json.list(item.services) or nil }
end

--- json(matrix, project) -> text
function M.json(matrix, project)
  local list, flows, apart = json.list(), json.list(), json.list()
  for i, item in ipairs(matrix.ends) do
    list[i] = end_of(item)
  end
  each(matrix, function(from, to, grants)
    for _, grant in ipairs(grants) do
      flows[#flows + 1] = { from = from.name, to = to.name, protocol = grant.protocol, first_port = grant.first,
        last_port = grant.last, published_port = grant.published, sender_rule = grant.sender,
        receiver_rule = grant.receiver }
    end
  end)
  for i, service in ipairs(matrix.apart) do
    apart[i] = { name = service.name, reason = service.why }
  end
  return json.encode { format = FORMAT, project = project.name, ends = list, flows = flows, not_enforced = apart,
    ranges_left_out = matrix.left_out }
end

return M
