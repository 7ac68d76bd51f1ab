--- What a later file makes of an earlier one: Compose's rules. Maps are merged, lists are appended, anything else is
-- replaced; but some lists are maps that are written so, some are replaced, and a tag may say otherwise.
local node = require "compose.node"

local M = {}

-- Of a service: written as a map or as a list, and the same.
local MAPPED = { labels = true, environment = true, annotations = true, sysctls = true, extra_hosts = true,
  networks = true, depends_on = true, args = true }
local REPLACED = { command = true, entrypoint = true, test = true }

local merge -- forward: merge(base, over, key, depth)

local function normal(value, key, depth)
  -- The top level's `networks` are no list, and services may be called like a key.
  return depth > 2 and MAPPED[key] and node.mapped(value) or value
end

local function entries_by_key(map)
  local index = {}
  for i, entry in ipairs(map.entries) do
    index[entry.key.value] = i
  end
  return index
end

local function merge_maps(base, over, depth)
  local index, entries, gone = entries_by_key(base), {}, {}
  table.move(base.entries, 1, #base.entries, 1, entries)
  for _, entry in ipairs(over.entries) do
    local key, i = entry.key.value, index[entry.key.value]
    if entry.value.tag == "!reset" then
      gone[i or 0] = true
    elseif i then
      entries[i] = { key = entry.key, value = merge(entries[i].value, entry.value, key, depth + 1),
        listed = entry.listed }
    else
      entries[#entries + 1] = entry
    end
  end
  local left = {}
  for i, entry in ipairs(entries) do
    if not gone[i] then
      left[#left + 1] = entry
    end
  end
  return node.map(left, over)
end

local function merge_lists(base, over)
  local items = {}
  table.move(base.items, 1, #base.items, 1, items)
  table.move(over.items, 1, #over.items, #items + 1, items)
  return node.list(items, over)
end

function merge(base, over, key, depth)
  base, over = normal(base, key, depth), normal(over, key, depth)
  if over.tag == "!override" or base.kind ~= over.kind or REPLACED[key] then
    -- `networks:` or `labels:` without anything below changes nothing.
    return over.kind == "scalar" and base.kind ~= "scalar" and not node.text(over) and base or over
  elseif over.kind == "map" then
    return merge_maps(base, over, depth)
  elseif over.kind == "list" then
    return merge_lists(base, over)
  end
  return over
end

--- files(base, over) -> tree: two whole files.
function M.files(base, over)
  return merge(base, over, nil, 0)
end

-- What a service does not take over from the one that it extends.
local KEPT = { depends_on = true, links = true, volumes_from = true, extends = true }

--- services(base, over) -> a service that extends another.
function M.services(base, over)
  local entries = {}
  for _, entry in ipairs(base.entries or {}) do
    if not KEPT[entry.key.value] then
      entries[#entries + 1] = entry
    end
  end
  return merge(node.map(entries, base), over, nil, 2)
end

return M
