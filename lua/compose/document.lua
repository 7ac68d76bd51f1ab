--- One compose file as a tree: YAML with what compose files have of it beyond labels, which is anchors, aliases, merge
-- keys and tags.
--
-- A node is that of lua/yaml.lua, with `source` (lua/compose/source.lua), and of a scalar its style. An alias is the
-- node that it names: nodes may be in the tree several times. Whatever goes on with a tree therefore makes new nodes of
-- maps and lists. A value counts against the limit in each place where an alias puts it.
local limits = require "native.limits"
local yaml = require "yaml"

local M = {}

-- The maps that a merge key names. nil: it names something else.
local function merged_maps(value)
  if value.kind == "map" then
    return { value }
  elseif value.kind ~= "list" then
    return nil
  end
  for _, item in ipairs(value.items) do
    if item.kind ~= "map" then
      return nil
    end
  end
  return value.items
end

-- Own keys come before those of merged maps, and those of the first map before those of the next.
local function merge_keys(node, maps)
  local entries, seen = {}, {}
  local function take(from)
    for _, entry in ipairs(from) do
      if not seen[entry.key.value] then
        seen[entry.key.value] = true
        entries[#entries + 1] = entry
      end
    end
  end
  take(node.entries)
  for _, map in ipairs(maps) do
    take(map.entries)
  end
  node.entries = entries
end

-- Puts what its merge key names into a map. By how many values it is larger then; nil: the key names something else.
local function merge(node)
  local own, maps = {}, nil
  for _, entry in ipairs(node.entries) do
    if entry.key.plain and entry.key.value == "<<" then
      maps = merged_maps(entry.value)
    else
      own[#own + 1] = entry
    end
  end
  if not maps then
    return nil
  end
  node.entries = own
  merge_keys(node, maps)
  return #node.entries - #own
end

--- read(source) -> tree | nil, error {line, column, path, text}
function M.read(source)
  local options = { nodes = limits.compose_nodes, depth = limits.compose_depth, source = source, merge = merge }
  local tree, err = yaml.parse(source.text, limits.compose_bytes, options)
  if tree then
    tree.source = source -- also where the file is empty
  end
  return tree, err
end

return M
