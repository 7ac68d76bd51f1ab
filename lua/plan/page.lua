--- A plan as one page of HTML, which asks for nothing else: no script, no picture, no font from anywhere.
local apart = require "plan.apart"
local drawing = require "plan.drawing"
local html = require "html"
local style = require "plan.page_style"
local words = require "plan.words"

local M = {}

local el, name = html.element, html.name
local COLUMNS = 60 -- of a table that a browser shows at once
local POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

-- Something wide: it scrolls by itself, also by the keyboard.
local function scrolling(label, child)
  return el("div", { class = "scroll", tabindex = 0, role = "region", ["aria-label"] = label }, child)
end

local function section(id, title, ...)
  return el("section", { ["aria-labelledby"] = id }, el("h2", { id = id }, title), ...)
end

local function anchor(i)
  return "end-" .. i
end

local function name_of(matrix, i)
  local item = matrix.ends[i]
  if item.kind ~= "service" then
    return name(words.name(item))
  end
  return el("a", { href = "#" .. anchor(i) }, name(words.name(item)))
end

local function open_section(matrix)
  local items = {}
  for i, from in ipairs(matrix.ends) do
    for j in ipairs(from.kind == "internet" and matrix.ends or {}) do
      local lines = words.lines(matrix.grants[i][j])
      if #lines > 0 then
        items[#items + 1] = el("li", nil, name_of(matrix, j), ": ", table.concat(lines, "; "))
      end
    end
  end
  local unsaid = apart.unsaid(matrix)
  return section("open", "Open to the world", #items > 0 and el("ul", { class = "open" }, items)
    or not unsaid and el("p", nil, "Nothing.") or nil,
    unsaid and el("p", nil, #items > 0 and "And " or "Nothing, but for ", unsaid, ".") or nil)
end

local function change_row(change)
  local function cell(class, mark, grants)
    local lines = words.lines(grants)
    return el("td", { class = #lines > 0 and class or "none" }, #lines > 0 and mark .. table.concat(lines, "; ") or "-")
  end
  return el("tr", nil, el("th", { scope = "row" }, name(change.from), " → ", name(change.to)),
    cell("plus", "+ ", change.opens), cell("minus", "− ", change.closes))
end

local function change_section(changes)
  local rows = {}
  for i, change in ipairs(changes) do
    rows[i] = change_row(change)
  end
  local head = el("tr", nil, el("th", { scope = "col" }, "from → to"), el("th", { scope = "col" }, "may newly pass"),
    el("th", { scope = "col" }, "may no longer"))
  return section("change", "Change against what is in force", #rows == 0 and el("p", nil, "None.")
    or scrolling("changes", el("table", nil, el("thead", nil, head), el("tbody", nil, rows))))
end

-- Rows and columns: services always, other ends where something may pass.
local function shown(matrix, passes)
  local list = {}
  for i, item in ipairs(matrix.ends) do
    local seen = item.kind == "service"
    for j in ipairs(matrix.ends) do
      seen = seen or #passes(i, j) > 0
    end
    list[#list + 1] = seen and i or nil
  end
  return list
end

local function matrix_table(matrix, rows, columns)
  local head, body = { el("td", nil, "from \\ to") }, {}
  for _, j in ipairs(columns) do
    head[#head + 1] = el("th", { scope = "col" }, name_of(matrix, j))
  end
  for _, i in ipairs(rows) do
    local cells = { el("th", { scope = "row" }, name_of(matrix, i)) }
    for _, j in ipairs(columns) do
      local parts = {}
      for k, line in ipairs(words.lines(matrix.grants[i][j])) do
        parts[#parts + 1] = k > 1 and el("br") or nil
        parts[#parts + 1] = line
      end
      cells[#cells + 1] = el("td", { class = #parts == 0 and "none" or "some" }, #parts > 0 and parts or "-")
    end
    body[#body + 1] = el("tr", nil, cells)
  end
  return el("table", nil, el("thead", nil, el("tr", nil, head)), el("tbody", nil, body))
end

local function matrix_section(matrix)
  local rows = shown(matrix, function(i, j) return matrix.grants[i][j] end)
  local columns = shown(matrix, function(i, j) return matrix.grants[j][i] end)
  local content = #columns > COLUMNS
    and el("p", nil, "Too wide to be shown; each container below has what it may reach.")
    or scrolling("allowed traffic", matrix_table(matrix, rows, columns))
  return section("matrix", "Allowed traffic", content)
end

local function graph_section(matrix)
  local graph = drawing.of(matrix)
  return section("graph", "As a drawing", graph and scrolling("drawing", graph)
    or el("p", nil, "Too much for a drawing."))
end

-- Addresses of ends by name.
local function names_of(matrix)
  local names = {}
  for _, item in ipairs(matrix.ends) do
    for _, address in ipairs(item.addresses or {}) do
      names[address.ipv4 or ""], names[address.ipv6 or ""] = item.name, item.name
    end
  end
  return names
end

local function peers_text(rule, names)
  local found = {}
  for i, peer in ipairs(type(rule.peers) == "table" and rule.peers or {}) do
    local known = names[peer.text]
    found[i] = known and ("%s (%s)"):format(known, peer.text) or peer.text
  end
  return #found > 0 and table.concat(found, ", ") or rule.peers == "host" and "the host"
    or rule.side == "localhost" and "the host" or "anybody"
end

local function ports_text(ports)
  local list = {}
  for i, range in ipairs(ports) do
    list[i] = range[1] == range[2] and tostring(range[1]) or ("%d-%d"):format(range[1], range[2])
  end
  return table.concat(list, ", ")
end

local function what_text(rule)
  local published = rule.side == "localhost" or rule.side == "external"
  local text = rule.proto or published and "published ports" or "all"
  text = #rule.dports > 0 and text .. " " .. ports_text(rule.dports) or text
  text = #rule.sports > 0 and text .. " from port " .. ports_text(rule.sports) or text
  return rule.verdict and text .. ", then " .. rule.verdict or text
end

local function rules_table(item, names)
  local rows = {}
  for i, rule in ipairs(item.rules.list) do
    rows[i] = el("tr", nil, el("td", nil, rule.side), el("td", nil, name(peers_text(rule, names))),
      el("td", nil, what_text(rule)), el("td", nil, name(rule.origin or "-")))
  end
  local head = {}
  for i, title in ipairs { "side", "peer", "what", "where it comes from" } do
    head[i] = el("th", { scope = "col" }, title)
  end
  return scrolling("rules of " .. item.name, el("table", { class = "rules" }, el("thead", nil, el("tr", nil, head)),
    el("tbody", nil, rows)))
end

-- What it may reach, and what may reach it.
local function lists(matrix, i)
  local items = {}
  for j, other in ipairs(matrix.ends) do
    local out, back = words.lines(matrix.grants[i][j]), words.lines(matrix.grants[j][i])
    local told = matrix.ends[i].managed or other.managed or other.kind == "internet"
    items[#items + 1] = told and #out > 0 and el("li", nil, "to ", name_of(matrix, j), ": ", table.concat(out, "; "))
    items[#items + 1] = told and i ~= j and #back > 0
      and el("li", nil, "from ", name_of(matrix, j), ": ", table.concat(back, "; ")) or nil
  end
  return #items > 0 and el("ul", nil, items) or el("p", nil, "Nothing to it, and nothing from it.")
end

local function state_of(item)
  if item.audited then
    return el("span", { class = "state fault" }, " audited, so not enforced: nothing of it is dropped")
  elseif item.fault then
    return el("span", { class = "state fault" }, " closed: ", item.fault)
  end
  return el("span", { class = "state" }, item.managed and "" or " not managed: only the other side's rules hold")
end

local function container_part(matrix, i, names)
  local item = matrix.ends[i]
  return el("details", { id = anchor(i), open = "open" }, el("summary", nil, name(item.name), state_of(item)),
    lists(matrix, i), item.rules and #item.rules.list > 0 and rules_table(item, names)
    or el("p", nil, item.managed and not item.audited and "No rules: all else is dropped." or "No rules."))
end

local function containers_section(matrix)
  local parts, names = {}, names_of(matrix)
  for i, item in ipairs(matrix.ends) do
    parts[#parts + 1] = item.kind == "service" and container_part(matrix, i, names) or nil
  end
  return section("containers", "Each container", parts)
end

local function notes_section(matrix)
  local items = {}
  for _, item in ipairs(matrix.ends) do
    items[#items + 1] = item.ranges and #item.ranges > 1
      and el("li", nil, words.name(item), ": ", table.concat(item.ranges, ", ")) or nil
  end
  for _, service in ipairs(matrix.apart) do
    items[#items + 1] = el("li", nil, name(service.name), ": ", service.why)
  end
  items[#items + 1] = matrix.left_out > 0 and el("li", nil, matrix.left_out,
    " more ranges of addresses are named, and not shown") or nil
  return #items > 0 and section("notes", "Notes", el("ul", nil, items)) or nil
end

--- page(matrix, title) -> text
function M.page(matrix, title)
  local head = el("head", nil, el("meta", { charset = "utf-8" }),
    el("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    el("meta", { ["http-equiv"] = "Content-Security-Policy", content = POLICY }),
    el("title", nil, "whalewall: ", title))
  local body = el("body", nil, el("main", nil, el("h1", nil, "whalewall: ", name(title)), open_section(matrix),
    matrix.changes and change_section(matrix.changes), matrix_section(matrix), graph_section(matrix),
    containers_section(matrix), notes_section(matrix)))
  return html.document(el("html", { lang = "en" }, head, body), style)
end

return M
