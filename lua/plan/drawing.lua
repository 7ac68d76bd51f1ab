--- A plan as a drawing (SVG): senders to the left of those that they may reach.
local html = require "html"
local words = require "plan.words"

local M = {}

local el = html.element
local NODES, EDGES = 40, 150 -- that can still be looked at
local WIDTH, HEIGHT, GAP, COLUMN, MARGIN = 150, 34, 26, 300, 16
local NAME, LABEL = 19, 30 -- characters that have room

local function cut(value, most)
  local length = utf8.len(value)
  if not length or length <= most then
    return value
  end
  return value:sub(1, utf8.offset(value, most) - 1) .. "…"
end

-- Ends that are no services are drawn twice, as senders at the left and as receivers at the right.
local function node_of(nodes, item, receives)
  local key = item.kind == "service" and item or receives and "to" or "from"
  nodes.by_end[item] = nodes.by_end[item] or {}
  local node = nodes.by_end[item][key]
  if not node then
    node = { item = item, outer = item.kind ~= "service" and key, receivers = {} }
    nodes.by_end[item][key] = node
    nodes[#nodes + 1] = node
  end
  return node
end

local function each_arrow(matrix, fn)
  for i, from in ipairs(matrix.ends) do
    for j, to in ipairs(matrix.ends) do
      local told = from.managed or to.managed or from.kind == "internet"
      if told and #matrix.grants[i][j] > 0 then
        fn(from, to, matrix.grants[i][j])
      end
    end
  end
end

local function graph_of(matrix)
  local nodes, edges = { by_end = {} }, {}
  for _, item in ipairs(matrix.ends) do
    if item.kind == "service" then
      node_of(nodes, item)
    end
  end
  each_arrow(matrix, function(from, to, grants)
    local edge = { from = node_of(nodes, from, false), to = node_of(nodes, to, true), grants = grants }
    edges[#edges + 1] = edge
    table.insert(edge.from.receivers, edge.to)
  end)
  return nodes, edges
end

-- The column of each service: one more than that of any that may reach it, but for arrows that lead back.
local function place(nodes)
  local state = {}
  local function visit(node, column)
    if state[node] == "open" or node.outer or (node.column or 0) >= column then
      return
    end
    node.column, state[node] = column, "open"
    for _, receiver in ipairs(node.receivers) do
      visit(receiver, column + 1)
    end
    state[node] = nil
  end
  local function start(chosen)
    for _, node in ipairs(nodes) do
      for _, receiver in ipairs(chosen(node) and node.receivers or {}) do
        visit(receiver, 1)
      end
    end
  end
  start(function(node) return node.outer == "from" end)
  local last = 1
  for _, node in ipairs(nodes) do
    if not node.outer and not node.column then
      visit(node, 1)
    end
    last = math.max(last, node.column or 0)
  end
  for _, node in ipairs(nodes) do
    node.column = node.outer == "from" and 0 or node.outer == "to" and last + 1 or node.column
  end
end

-- Where each stands. Returns the size of all.
local function lay_out(nodes)
  local rows, first, last, most = {}, math.huge, 0, 0
  for _, node in ipairs(nodes) do
    first, last = math.min(first, node.column), math.max(last, node.column)
  end
  for _, node in ipairs(nodes) do
    local row = rows[node.column] or 0
    rows[node.column] = row + 1
    node.x = MARGIN + (node.column - first) * COLUMN
    node.y = MARGIN + row * (HEIGHT + GAP)
    most = math.max(most, row + 1)
  end
  return 2 * MARGIN + (last - first) * COLUMN + WIDTH, 2 * MARGIN + most * (HEIGHT + GAP)
end

local function draw_node(node)
  local item = node.item
  local kind = item.kind ~= "service" and "outer" or (item.audited or not item.managed) and "open"
    or item.fault and "closed" or "managed"
  return el("g", { class = "node " .. kind }, el("title", nil, words.name(item)),
    el("rect", { x = node.x, y = node.y, width = WIDTH, height = HEIGHT, rx = 6 }),
    el("text", { x = node.x + WIDTH // 2, y = node.y + HEIGHT // 2 + 5, ["text-anchor"] = "middle" },
      cut(words.name(item), NAME)))
end

-- From the right side to the left side; one that leads back, or stays in its column, bends below.
local function draw_edge(edge)
  local label = table.concat(words.lines(edge.grants), "; ")
  local x1, y1 = edge.from.x + WIDTH, edge.from.y + HEIGHT // 2
  local x2, y2 = edge.to.x - 6, edge.to.y + HEIGHT // 2
  local bend = x2 > x1 and (x2 - x1) // 2 or 60
  local sag = x2 > x1 and 0 or HEIGHT + GAP
  local path = ("M%d %dC%d %d %d %d %d %d"):format(x1, y1, x1 + bend, y1 + sag, x2 - bend, y2 + sag, x2, y2)
  return el("g", { class = "edge" }, el("title", nil, ("%s → %s: %s"):format(words.name(edge.from.item),
    words.name(edge.to.item), label)), el("path", { d = path, ["marker-end"] = "url(#tip)" }),
    el("text", { x = (x1 + x2) // 2, y = (y1 + y2) // 2 + 3 * sag // 4 - 3, ["text-anchor"] = "middle" },
      cut(label, LABEL)))
end

--- of(matrix) -> the drawing, as an element; nil: there is too much for one.
function M.of(matrix)
  local nodes, edges = graph_of(matrix)
  if #nodes > NODES or #edges > EDGES or #nodes == 0 then
    return nil
  end
  place(nodes)
  local width, height = lay_out(nodes)
  local parts = { el("defs", nil, el("marker", { id = "tip", orient = "auto", refX = 2, refY = 4, markerWidth = 8,
    markerHeight = 8 }, el("path", { d = "M0 0L8 4L0 8z" }))) }
  for _, edge in ipairs(edges) do
    parts[#parts + 1] = draw_edge(edge)
  end
  for _, node in ipairs(nodes) do
    parts[#parts + 1] = draw_node(node)
  end
  return el("svg", { xmlns = "http://www.w3.org/2000/svg", width = width, height = height, role = "img",
    viewBox = ("0 0 %d %d"):format(width, height), ["aria-label"] = "allowed traffic; the table says the same" },
    parts)
end

return M
