--- Looking into a tree, and new nodes made of it.
local scalars = require "scalars"

local M = {}

--- child(node, key) -> value, key node; nil where the node is no map, or has no such key, or null for it.
function M.child(node, key)
  for _, entry in ipairs(node and node.entries or {}) do
    if entry.key.value == key then
      return not scalars.is_null(entry.value) and entry.value or nil, entry.key
    end
  end
end

--- The text of a scalar; nil for null and for what is none.
function M.text(node)
  return node and node.kind == "scalar" and not scalars.is_null(node) and node.value or nil
end

--- Is it true, as a boolean or (as variables and quotes make it) as a text?
function M.is_true(node)
  local word = M.text(node)
  return word ~= nil and scalars.boolean({ kind = "scalar", plain = true, value = word }) == true
end

function M.map(entries, at)
  return { kind = "map", entries = entries, line = at.line, column = at.column, source = at.source, tag = at.tag }
end

function M.list(items, at)
  return { kind = "list", items = items, line = at.line, column = at.column, source = at.source, tag = at.tag }
end

--- with(map, key, value) -> the map with another value for the key.
function M.with(map, key, value)
  local entries = {}
  for i, entry in ipairs(map.entries) do
    entries[i] = entry.key.value == key and { key = entry.key, value = value } or entry
  end
  return M.map(entries, map)
end

--- part(node, from, to) -> a quoted scalar that is a part of another's text, bytes from..to.
function M.part(node, from, to)
  return { kind = "scalar", value = node.value:sub(from, to), plain = false, line = node.line, column = node.column,
    source = node.source, part_of = node, part_from = from - 1, unset = node.unset }
end

-- `a=b` to an entry; what has no `=` has an empty text for its value.
local function entry_of(item)
  local equals = item.value:find("=", 1, true) or #item.value + 1
  return { key = M.part(item, 1, equals - 1), value = M.part(item, equals + 1, #item.value), listed = true }
end

--- mapped(node) -> a map: of a list `- a=b` its entries, of `- a` one without a value; a map as it is.
function M.mapped(node)
  if node.kind ~= "list" then
    return node
  end
  local entries, at = {}, {}
  for _, item in ipairs(node.items) do
    if item.kind == "scalar" then
      local entry = entry_of(item)
      local index = at[entry.key.value] or #entries + 1
      entries[index], at[entry.key.value] = entry, index
    end
  end
  return M.map(entries, node)
end

return M
