--- The world that one run of a policy's file sees: copies of harmless library functions, and nothing of the program's.
--
-- A new one is made for each run, and the file is run anew, so nothing that a policy changes or keeps can reach another
-- container, another policy, or the rules. Nothing in it depends on the moment or on where things lie in memory.
local meta = require "native.meta"

local M = {}

local ORDER = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  if type(a) ~= type(b) then
    return ORDER[type(a)] < ORDER[type(b)]
  elseif type(a) == "boolean" then
    return a and not b
  end
  return a < b
end

-- The order of a table's keys is not the same in every run, so there is one that is: numbers, texts, true, false.
local function sorted_pairs(t)
  assert(type(t) == "table", "pairs: not a table")
  local keys = {}
  for key in next, t do
    if not ORDER[type(key)] then
      error(("pairs: a key is a %s, which has no order"):format(type(key)), 2)
    end
    keys[#keys + 1] = key
  end
  table.sort(keys, before)
  local at = 0
  return function()
    at = at + 1
    local key = keys[at]
    return key, rawget(t, key)
  end
end

local NAMES = { "assert", "error", "ipairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select", "tonumber",
  "tostring", "type" }
local FUNCTIONS = { pairs = sorted_pairs, setmetatable = meta.set, getmetatable = meta.get }
local LIBRARIES = { "string", "table", "math", "utf8" }
for _, name in ipairs(NAMES) do
  FUNCTIONS[name] = _G[name]
end

--- Names that are there, sorted: functions and libraries.
function M.names()
  local names = {}
  for name in pairs(FUNCTIONS) do
    names[#names + 1] = name
  end
  table.move(LIBRARIES, 1, #LIBRARIES, #names + 1, names)
  table.sort(names)
  return names
end

--- named(source) -> the names that the text of a file has in it. What it does not name it cannot reach, so that need
-- not be made for each run; but by the table of all names it reaches all.
function M.named(source)
  local all = source:find("_G", 1, true) or source:find("_ENV", 1, true)
  local named = {}
  for _, name in ipairs(M.names()) do
    if all or source:find(name, 1, true) then
      named[#named + 1] = name
    end
  end
  return named
end

local function copy_of(library)
  local copy = {}
  for key, value in next, library do
    copy[key] = value
  end
  return copy
end

--- A new environment, with these names.
function M.new(named)
  local env = { _VERSION = _VERSION }
  for _, name in ipairs(named) do
    env[name] = FUNCTIONS[name] or copy_of(_G[name])
  end
  env._G = env
  return env
end

return M
