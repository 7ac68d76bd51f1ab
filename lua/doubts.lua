--- What a rule is taken with, though it may be about more than was meant: noted while a value is checked.
--
-- A doubt is {line, column, path, text}, as an error is. While it goes up it has `way`, as an error has.
local yaml = require "yaml"

local M = { count = 0 } -- noted so far

local noted = {}

function M.begin()
  noted, M.count = {}, 0
end

--- add(at, text, key): of what stands at a node, or of this key there.
function M.add(at, text, key)
  M.count = M.count + 1
  noted[M.count] = { line = at.line, column = at.column, way = { key }, text = text }
end

--- under(before, key): those that were noted since there were so many are in the value of this key, or item.
function M.under(before, key)
  for i = before + 1, M.count do
    local way = noted[i].way
    way[#way + 1] = key
  end
end

--- take() -> all since `begin`, with their paths.
function M.take()
  local all = noted
  for _, doubt in ipairs(all) do
    local path = ""
    for i = #doubt.way, 1, -1 do
      path = yaml.join(path, doubt.way[i])
    end
    doubt.path, doubt.way = path, nil
  end
  M.begin()
  return all
end

local function is_blank(value)
  return value == nil or value == "" or type(value) == "table" and next(value) == nil
end

local function says_any(values, names)
  for _, name in ipairs(names) do
    if not is_blank(values[name]) and values[name] ~= false then
      return true
    end
  end
  return false
end

local NONE = {}

-- What the key means without a value, where that is more than one would say.
local function means(blank, values)
  local other, barring = table.unpack(blank.barred or NONE)
  if not says_any(values, blank.unless or NONE) and not (other and barring[values[other]]) then
    return ("is empty, so %s; %s, or leave the key out"):format(blank[1], blank[2])
  end
end

--- blanks(schema, values, keys, exact) -> key, text: one that is there without a value where that opens more than one
-- would, and is refused: in what Lua hands over, and where nothing is taken that may be a mistake. Others are noted.
-- schema.blank: what it means and what to write, by key: {name = {means, write, unless = {names that say the same},
-- barred = {other, its values beside which it means nothing}}}.
function M.blanks(schema, values, keys, exact)
  for _, key in ipairs(schema.blank and keys or NONE) do
    local blank = is_blank(values[key.value]) and schema.blank[key.value]
    local text = blank and means(blank, values)
    if text and (exact or key.lua) then
      return key, text
    elseif text then
      M.add(key, text, key.value)
    end
  end
end

return M
