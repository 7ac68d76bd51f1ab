--- The label `whalewall.rules`: text to checked values, remembered by text.
local schema = require "schema"
local text = require "text"
local yaml = require "yaml"
local label_schema = require "policies.default.schema"

local M = {}

M.NAME = "whalewall.rules"

--- What is said of a label that opens nothing.
M.FROM_IMAGE = "label '" .. M.NAME .. "' equals the image's own label and is ignored, so nothing is allowed; "
  .. "set it on the container with a text of its own, or start with --trust-image-labels"
M.EMPTY = "label '" .. M.NAME .. "' is there but empty, so nothing is allowed"

local REMEMBERED = 512 -- labels
local REMEMBERED_BYTES = 128 * 1024 -- of label text; what is made of it is some 20 times larger

local DOUBTS = 16 -- that are told of one label

local cache, order, oldest, bytes = {}, {}, 1, 0
local doubts_of = setmetatable({}, { __mode = "k" }) -- of what was read

local function remember(label, rules)
  if #label > REMEMBERED_BYTES // 4 then
    return
  end
  cache[label] = rules
  order[#order + 1] = label
  bytes = bytes + #label
  while bytes > REMEMBERED_BYTES or #order - oldest >= REMEMBERED do
    bytes = bytes - #order[oldest]
    cache[order[oldest]] = nil
    order[oldest] = false
    oldest = oldest + 1
  end
  if oldest > REMEMBERED then
    order, oldest = table.move(order, oldest, #order, 1, {}), 1
  end
end

local function message(err)
  local path = err.path ~= "" and err.path .. ": " or ""
  return ("label '%s' line %d column %d: %s%s"):format(M.NAME, err.line, err.column, text.plain(path, 160), err.text)
end

--- each(rules, fn): calls fn(side, entry, origin) for each section and entry of a checked label that allows something.
-- origin: the key's path and its line.
function M.each(rules, fn)
  local function tell(side, entry, path)
    local line = schema.line(entry)
    fn(side, entry, line and path .. " line " .. line or path)
  end
  for _, side in ipairs({ "localhost", "external" }) do
    local section = rules.mapped_ports and rules.mapped_ports[side]
    if section and section.allow then
      tell(side, section, "mapped_ports." .. side)
    end
  end
  for _, side in ipairs({ "input", "output" }) do
    for i, entry in ipairs(rules[side] or {}) do
      tell(side, entry, yaml.join(side, i - 1))
    end
  end
end

local function allows(rules, side)
  local section = rules.mapped_ports and rules.mapped_ports[side]
  return not section or section.allow
end

--- doubts(rules) -> list of {line, column, path, text}: where what was read may open more than was meant.
function M.doubts(rules)
  local found = {}
  for _, doubt in ipairs(doubts_of[rules] or {}) do
    if allows(rules, doubt.path:match("^mapped_ports%.(%l+)")) then
      found[#found + 1] = doubt
    end
  end
  return found
end

--- notes(rules) -> list of {waiting, origin, text}: the same, for the log and the status.
function M.notes(rules)
  local notes, all = {}, M.doubts(rules)
  for i = 1, math.min(#all, DOUBTS) do
    notes[i] = { waiting = false, origin = ("%s line %d"):format(text.plain(all[i].path, 160), all[i].line),
      text = all[i].text }
  end
  if #all > DOUBTS then
    notes[DOUBTS] = { waiting = false, origin = "", text = ("%d more places of the label open more than a value there "
      .. "would; 'whalewall check' shows them all"):format(#all - DOUBTS + 1) }
  end
  return notes
end

--- read(label) -> rules | nil, message. The rules are as the label has them (nothing for null), addresses canonical,
-- ports as {first, last}, and must not be changed. An empty label gives an empty table.
function M.read(label)
  local rules = cache[label]
  if rules then
    return rules
  end
  local tree, err = yaml.parse(label)
  if tree then
    rules, err = schema.check(label_schema, tree)
  end
  if not rules then
    return nil, message(err)
  end
  doubts_of[rules] = err
  remember(label, rules)
  return rules
end

return M
