--- HTML and SVG as elements: every text in them is escaped, so that names and labels of strangers stay texts.
local text = require "text"

local M = {}

local Element = {}

local VOID = { meta = true, col = true, br = true } -- they have no end
local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function utf8_only(value)
  local bad = select(2, utf8.len(value))
  while bad do
    value = value:sub(1, bad - 1) .. "\u{FFFD}" .. value:sub(bad + 1)
    bad = select(2, utf8.len(value, bad + 3))
  end
  return value
end

--- escape(value) -> text that means itself, in an element and in an attribute.
function M.escape(value)
  return (text.visible(utf8_only(tostring(value))):gsub("[&<>\"']", ESCAPES))
end

local function add_attributes(out, attributes)
  local names = {}
  for name in pairs(attributes) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    out[#out + 1] = (' %s="%s"'):format(name, M.escape(attributes[name]))
  end
end

local function add(out, child)
  if getmetatable(child) ~= Element then
    out[#out + 1] = M.escape(child)
    return
  end
  out[#out + 1] = "<" .. child.name
  add_attributes(out, child.attributes)
  out[#out + 1] = ">"
  for _, inner in ipairs(child.children) do
    add(out, inner)
  end
  if not VOID[child.name] then
    out[#out + 1] = "</" .. child.name .. ">"
  end
end

--- element(name, attributes, child…) -> element. A child is a text, a number, an element, or a list of children.
function M.element(name, attributes, ...)
  local children = {}
  local function take(child)
    if type(child) == "table" and getmetatable(child) ~= Element then
      for _, inner in ipairs(child) do
        take(inner)
      end
    elseif child then
      children[#children + 1] = child
    end
  end
  for i = 1, select("#", ...) do
    take((select(i, ...)))
  end
  return setmetatable({ name = name, attributes = attributes or {}, children = children }, Element)
end

--- name(value) -> an element for a stranger's name, which keeps what it does to the direction of writing to itself.
function M.name(value)
  return M.element("bdi", nil, value)
end

--- document(root, style) -> text. The style is of the program itself, and the only text that is not escaped: it goes to
-- the head, which is the root's first child.
function M.document(root, style)
  local out = {}
  add(out, root)
  local page = table.concat(out)
  local at = page:find("</head>", 1, true)
  return "<!DOCTYPE html>\n" .. page:sub(1, at - 1) .. "<style>" .. style .. "</style>" .. page:sub(at) .. "\n"
end

return M
