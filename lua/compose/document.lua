--- One compose file as a tree: YAML with what compose files have of it beyond labels, which is anchors, aliases, merge
-- keys and tags.
--
-- A node is that of lua/yaml.lua, with `source` (lua/compose/source.lua), and of a scalar its style. An alias is the
-- node that it names: nodes may be in the tree several times. Whatever goes on with a tree therefore makes new nodes of
-- maps and lists. A value counts against the limit in each place where an alias puts it.
local limits = require "native.limits"
local yaml = require "yaml"

local M = {}

local Document = setmetatable({ max_nodes = limits.compose_nodes, max_depth = limits.compose_depth, merges = true },
  { __index = yaml.Composer })
Document.__index = Document

local function fault(at, path, message)
  return nil, { line = at.line, column = at.column, path = path, text = message }
end

-- Anchors and tags are taken.
function Document:refuse(event)
  return self:overflow(event)
end

-- Where the alias begins its value has been read to the end, or it is a part of itself.
function Document:alias(event, path)
  local anchor = self.anchors[event.name]
  if not anchor then
    return fault(event, path, ("there is no anchor '&%s' before this alias"):format(event.name))
  elseif not anchor.node then
    return fault(event, path, ("the alias '*%s' is inside of the value that it stands for"):format(event.name))
  end
  self.nodes = self.nodes + anchor.size
  if self.nodes > self.max_nodes then
    return fault(event, path, ("with what its aliases stand for the file has more than %d values")
      :format(self.max_nodes))
  end
  return anchor.node
end

function Document:node(event, path)
  if event.kind == "alias" then
    return self:alias(event, path)
  end
  local anchor = event.anchor and {}
  if anchor then
    self.anchors[event.anchor] = anchor
  end
  local before = self.nodes
  local node, err = yaml.Composer.node(self, event, path)
  if not node then
    return nil, err
  end
  node.source = self.source
  if anchor then
    anchor.node, anchor.size = node, self.nodes - before
  end
  return node
end

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
local function merge_keys(node, merges)
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
  for _, merge in ipairs(merges) do
    for _, map in ipairs(merge) do
      take(map.entries)
    end
  end
  node.entries = entries
end

function Document:map(node, path)
  local whole, err = yaml.Composer.map(self, node, path)
  if not whole then
    return nil, err
  end
  local own, merges = {}, {}
  for _, entry in ipairs(node.entries) do
    if entry.key.plain and entry.key.value == "<<" then
      local maps = merged_maps(entry.value)
      if not maps then
        return fault(entry.key, yaml.join(path, "<<"), "a merge key takes a mapping, or a list of mappings")
      end
      merges[#merges + 1] = maps
    else
      own[#own + 1] = entry
    end
  end
  if #merges > 0 then
    node.entries = own
    merge_keys(node, merges)
    self.nodes = self.nodes + #node.entries - #own
  end
  return node
end

--- read(source) -> tree | nil, error {line, column, path, text}
function M.read(source)
  local class = setmetatable({ anchors = {}, source = source }, { __index = Document })
  class.__index = class
  local tree, err = yaml.compose(class, source.text, limits.compose_bytes)
  if tree then
    tree.source = source -- also where the file is empty
  end
  return tree, err
end

return M
