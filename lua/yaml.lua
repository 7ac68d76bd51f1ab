--- YAML to a tree that knows where everything stands.
--
-- A node is the event that begins it: {kind, line, column}, with kind "scalar" (value, plain), "list" (items) or "map"
-- (entries, each {key, value} of nodes). What YAML has beyond that (anchors, aliases, merge keys, tags, more than one
-- document, a key given twice) is refused. An error is {line, column, path, text, mentions}, the last being another
-- place that the text tells: {line, column}, without a column where it tells none. lua/compose/document.lua takes more,
-- by the same composer.
local native = require "native.yaml"
local limits = require "native.limits"
local problems = require "problems"
local text = require "text"

local M = {}

local PLAIN = 32 -- bytes of a key that is shown as it is, where it has letters, digits, _ and - only

local Composer = { max_nodes = limits.yaml_nodes, max_depth = limits.yaml_depth, merges = false }
Composer.__index = Composer

local function fault(at, path, message)
  return nil, { line = at.line, column = at.column, path = path, text = message }
end

local function join(path, key)
  if type(key) == "number" then
    return ("%s[%d]"):format(path, key)
  end
  local name = key
  if not key:find("^[%w_-]+$") or #key > PLAIN then
    name = key == "" and "''" or text.plain(key)
  end
  return path == "" and name or path .. "." .. name
end

local joined, count = {}, 0 -- paths that were made, by path and key: each is wanted often, by reader and schema
local JOINED = 4096

--- The path of a key (or, with a number, of an item) under `path`.
function M.join(path, key)
  local under = joined[path]
  local made = under and under[key]
  if made then
    return made
  end
  made = join(path, key)
  if type(key) == "number" or #key <= PLAIN then
    if count == JOINED then
      joined, count, under = {}, 0, nil
    end
    under = under or {}
    joined[path], under[key], count = under, made, count + 1
  end
  return made
end

local REFUSED = {
  alias = "aliases (*name) are not allowed; write the value out, or put quotes around it",
  anchor = "anchors (&name) are not allowed; write the value out, or put quotes around it",
  tag = "tags (!name) are not allowed; leave it out, or put quotes around the value",
  merge = "merge keys (<<) are not allowed; write the keys out",
}

function Composer:next(path)
  local event, problem = self.reader:next()
  if not event then
    return nil, problems.explain(problem, self.text, path)
  end
  return event
end

function Composer:refuse(event)
  if event.kind == "alias" then
    return REFUSED.alias
  elseif event.anchor then
    return REFUSED.anchor
  elseif event.tag then
    return REFUSED.tag
  end
  return self:overflow(event)
end

-- Which limit the node that the event begins is beyond.
function Composer:overflow(event)
  self.nodes = self.nodes + 1
  if self.nodes > self.max_nodes then
    return ("more than %d values"):format(self.max_nodes)
  elseif event.kind ~= "scalar" and self.depth >= self.max_depth then
    return ("nested deeper than %d levels"):format(self.max_depth)
  end
end

function Composer:list(node, path)
  node.items = {}
  while true do
    local item_path = M.join(path, #node.items)
    local event, err = self:next(item_path)
    if not event then
      return nil, err
    elseif event.kind == "close" then
      return node
    end
    local item
    item, err = self:node(event, item_path)
    if not item then
      return nil, err
    end
    node.items[#node.items + 1] = item
  end
end

-- The key that the event begins, and its path.
function Composer:key(event, path, seen)
  if event.kind == "list" or event.kind == "map" then
    return fault(event, path, "a key must be a word, found " .. (event.kind == "map" and "'{' (a mapping)" or
      "'[' (a list)"))
  elseif event.kind == "alias" then
    return fault(event, path, REFUSED.alias)
  end
  local key_path = M.join(path, event.value)
  local key, err = self:node(event, key_path)
  if not key then
    return nil, err
  elseif key.plain and key.value == "<<" and not self.merges then
    return fault(key, key_path, REFUSED.merge)
  elseif seen[key.value] then
    local _, twice = fault(key, key_path, ("the key is given twice, first in line %d"):format(seen[key.value]))
    twice.mentions = { line = seen[key.value] }
    return nil, twice
  end
  seen[key.value] = key.line
  return key, key_path
end

function Composer:map(node, path)
  node.entries = {}
  local seen = {}
  while true do
    local event, err = self:next(path)
    if not event then
      return nil, err
    elseif event.kind == "close" then
      return node
    end
    local key, key_path = self:key(event, path, seen)
    if not key then
      return nil, key_path
    end
    event, err = self:next(key_path)
    if not event then
      return nil, err
    end
    local value
    value, err = self:node(event, key_path)
    if not value then
      return nil, err
    end
    node.entries[#node.entries + 1] = { key = key, value = value }
  end
end

function Composer:node(event, path)
  local refused = self:refuse(event)
  if refused then
    return fault(event, path, refused)
  end
  if event.kind == "scalar" then
    return event
  end
  self.depth = self.depth + 1
  local whole, err = self[event.kind](self, event, path)
  self.depth = self.depth - 1
  return whole, err
end

-- The whole stream: one document, or none.
function Composer:stream()
  local tree
  while true do
    local event, err = self:next("")
    if not event then
      return nil, err
    elseif event.kind == "end" then
      return tree or { kind = "scalar", value = "", plain = true, line = 1, column = 1 }
    elseif event.kind == "document" and tree then
      return fault(event, "", "a second document begins here ('---'); one is allowed")
    elseif event.kind ~= "document" and event.kind ~= "other" then
      tree, err = self:node(event, "")
      if not tree then
        return nil, err
      end
    end
  end
end

--- compose(class, text, max) -> tree | nil, error: by a class of composers that is M.Composer, or has it for __index.
function M.compose(class, source, max)
  if #source > max then
    return fault({ line = 1, column = 1 }, "",
      ("%d bytes long; at most %d are allowed"):format(#source, max))
  end
  source = source:gsub("^\xEF\xBB\xBF", "") -- a byte order mark is no column
  local composer = setmetatable({ reader = native.open(source), text = source, nodes = 0, depth = 0 }, class)
  local tree, err = composer:stream()
  composer.reader:close()
  return tree, err
end

M.Composer = Composer

--- parse(text, max) -> tree | nil, error. max: bytes, a label's unless it is given.
-- An empty text gives an empty plain scalar.
function M.parse(source, max)
  return M.compose(Composer, source, max or limits.label_bytes)
end

return M
