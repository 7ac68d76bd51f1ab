--- A plan for programs: as a graph in Graphviz' language, and as JSON.
local json = require "json"
local text = require "text"
local words = require "plan.words"

local M = {}

local FORMAT = 1
local SHAPES = { service = "box", host = "house", internet = "ellipse", range = "ellipse" }

local function quote(name)
  return '"' .. text.visible(name):gsub('["\\]', "\\%0") .. '"'
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
  local style = item.kind == "service" and (not item.managed or item.audited) and ", style=dashed" or ""
  local colour = item.fault and ", color=red" or ""
  return ("  %s [shape=%s%s%s];\n"):format(quote(words.name(item)), SHAPES[item.kind], style, colour)
end

-- What may newly pass is green, what may no longer is red and dashed.
local function change_edges(changes, nodes, edges)
  local function add(change, grants, mark, style)
    if #grants > 0 then
      nodes[change.from], nodes[change.to] = true, true
      edges[#edges + 1] = ("  %s -> %s [label=%s, %s];\n"):format(quote(change.from), quote(change.to),
        quote(mark .. " " .. table.concat(words.lines(grants), "; ")), style)
    end
  end
  for _, change in ipairs(changes) do
    add(change, change.opens, "+", "color=darkgreen, fontcolor=darkgreen")
    add(change, change.closes, "-", "color=red, fontcolor=red, style=dashed")
  end
end

local function change_graph(matrix, name)
  local out, nodes, edges = { ("digraph %s {\n  rankdir=LR;\n"):format(quote(name)) }, {}, {}
  change_edges(matrix.changes, nodes, edges)
  for _, item in ipairs(matrix.ends) do
    nodes[item.name] = nodes[item.name] or item.kind == "service" or nil
  end
  local names = {}
  for node in pairs(nodes) do
    names[#names + 1] = node
  end
  table.sort(names)
  for _, node in ipairs(names) do
    out[#out + 1] = ("  %s [shape=box];\n"):format(quote(node))
  end
  return table.concat(out) .. table.concat(edges) .. "}\n"
end

--- dot(matrix, name) -> text; with matrix.changes, of these. Two services that are not managed have no arrow: nothing
-- keeps them apart.
function M.dot(matrix, name)
  if matrix.changes then
    return change_graph(matrix, name)
  end
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
  return { name = item.name, kind = item.kind, managed = item.managed or false,
    audited = item.audited or false, closed = item.fault ~= nil and not item.audited, fault = item.fault,
    ranges = item.ranges and json.list(item.ranges) or nil,
    services = item.services and json.list(item.services) or nil }
end

local function changes_of(changes)
  local list = json.list()
  for _, change in ipairs(changes) do
    for _, word in ipairs { "opens", "closes" } do
      for _, grant in ipairs(change[word]) do
        list[#list + 1] = { from = change.from, to = change.to, change = word, protocol = grant.protocol,
          first_port = grant.first, last_port = grant.last, published_port = grant.published }
      end
    end
  end
  return list
end

--- json(matrix, name) -> text. name: the project's; nil: it is of what is in force.
function M.json(matrix, name)
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
  return json.encode { format = FORMAT, project = name, ends = list, flows = flows, not_enforced = apart,
    ranges_left_out = matrix.left_out, changes = matrix.changes and changes_of(matrix.changes) or nil }
end

return M
