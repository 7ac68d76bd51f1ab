--- One label `whalewall.rules`: all that is wrong with it, not only the first, and where its keys are.
local labels = require "labels"
local label_schema = require "policies.default.schema"
local schema = require "schema"
local yaml = require "yaml"

local M = {}

local MOST = 20 -- faults of one label

local function entry_of(node, key)
  for i, entry in ipairs(node and node.entries or {}) do
    if entry.key.value == key then
      return entry, i
    end
  end
end

-- A rule and a section without fault, to go on behind one that has one.
local function sound(at, key, value)
  local function scalar(word)
    return { kind = "scalar", plain = true, value = word, line = at.line, column = at.column }
  end
  local entry = { key = scalar(key), value = scalar(value) }
  return { kind = "map", line = at.line, column = at.column, entries = { entry } }
end

local function repair_item(tree, path)
  local key, index = path:match("^(%l+)%[(%d+)%]")
  local entry = entry_of(tree, key)
  local items = entry and entry.value.items
  if not items then
    return false
  end
  items[index + 1] = sound(items[index + 1], "proto", "icmp")
  return true
end

local function repair_section(tree, path)
  local entry = path:find("^mapped_ports%.") and entry_of(tree, "mapped_ports")
  local section, at = entry_of(entry and entry.value, path:match("^mapped_ports%.([^.]+)"))
  if not section then
    return false
  elseif path:find("^mapped_ports%.[^.]+$") and section.value.kind == "map" and #section.value.entries > 0
    and section.key.value ~= "localhost" and section.key.value ~= "external" then
    table.remove(entry.value.entries, at)
  elseif section.key.value == "localhost" or section.key.value == "external" then
    section.value = sound(section.key, "allow", "false")
  else
    table.remove(entry.value.entries, at)
  end
  return true
end

local function repair_key(tree, err)
  local _, at = entry_of(tree, err.path:match("^[^.%[]+"))
  if at then
    table.remove(tree.entries, at)
  end
  return at ~= nil
end

local function repair(tree, err)
  if tree.kind ~= "map" then
    return false
  end
  return repair_item(tree, err.path) or repair_section(tree, err.path) or repair_key(tree, err)
end

-- All faults of a label that has one.
local function faults_of(text)
  local tree, err = yaml.parse(text)
  local faults = { not tree and err or nil }
  while tree and #faults < MOST do
    local rules
    rules, err = schema.check(label_schema, tree)
    if rules then
      break
    end
    faults[#faults + 1] = err
    if not repair(tree, err) then
      break
    end
  end
  return faults
end

--- read(text) -> {faults, rules}. faults: list of {line, column, path, text}, of the text; rules: the checked label,
-- where there is no fault.
function M.read(text)
  local rules = labels.read(text)
  return { faults = rules and {} or faults_of(text), rules = rules }
end

--- tree(text) -> where the keys are in a label without fault.
function M.tree(text)
  return (yaml.parse(text))
end

--- node(tree, path) -> what a path such as `output[0].container` names, as far as it is there: a word, or the key of
-- more than that.
function M.node(tree, path)
  local node, at = tree, tree
  for key, index in path:gmatch("([^.%[%]]*)%[?(%d*)%]?") do
    local entry = key ~= "" and entry_of(node, key)
    if entry then
      node, at = entry.value, entry.key
    end
    local item = index ~= "" and node.items and node.items[index + 1]
    if item then
      node, at = item, item
    end
  end
  return node.kind == "scalar" and node.value ~= "" and node or at
end

return M
