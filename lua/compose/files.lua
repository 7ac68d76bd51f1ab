--- Reading files: each once, as trees whose variables have their values. What is wrong goes to `faults`.
local document = require "compose.document"
local interpolate = require "compose.interpolate"
local limits = require "native.limits"
local node = require "compose.node"
local source = require "compose.source"
local variables = require "compose.variables"

local M = {}

local Files = {}
Files.__index = Files

--- The folder of a path, with the slash; "" for the working directory.
function M.folder(path)
  return path:match("^(.*/)[^/]*$") or ""
end

--- read_file(path) -> text | nil, why. `-` is the standard input.
function M.read_file(path)
  if path == "-" then
    return _G.io.read("a")
  end
  local file, why = _G.io.open(path, "rb")
  local text
  if file then
    text, why = file:read("a")
    file:close()
  end
  return text, text == nil and tostring(why):gsub("^.-: ", "") or nil
end

--- new(read, environment, faults) -> files. Its `whole` has what services came to that extend others, by their nodes.
-- read: function(path) -> text | nil, why; environment: function(name).
function M.new(read, environment, faults)
  return setmetatable({ read_text = read, environment = environment, lookup = environment, faults = faults, trees = {},
    whole = {}, n = 0 }, Files)
end

--- files:take_variables(folder): from now on values are those of the folder's `.env`, too.
function Files:take_variables(folder)
  local text = self.read_text(folder .. ".env")
  local values = text and variables.read(text, self.environment) or {}
  self.lookup = function(name)
    return self.environment(name) or values[name]
  end
end

function Files:fault(at, message, unreadable)
  self.faults[#self.faults + 1] = { node = at, text = message, unreadable = unreadable }
end

local function parse(self, name, text)
  local read = source.new(name, text, M.folder(name))
  local tree, err = document.read(read)
  if not tree then
    self:fault({ source = read, line = err.line, column = err.column }, (err.path ~= "" and err.path .. ": " or "")
      .. err.text)
    return nil
  elseif tree.kind ~= "map" then
    self:fault(tree, tree.value == "" and "the file is empty" or "a compose file is a mapping, with 'services:' in it")
    return nil
  end
  interpolate.tree(tree, self.lookup, self.faults)
  return tree
end

--- files:read(name, at) -> tree | nil. at: the node that names it, nil for the command line.
function Files:read(name, at)
  if self.trees[name] ~= nil then
    return self.trees[name] or nil
  end
  self.n = self.n + 1
  if self.n > limits.compose_files then
    self:fault(at, ("more than %d files are named"):format(limits.compose_files), true)
    return nil
  end
  local text, why = self.read_text(name)
  if not text then
    self:fault(at, ("cannot read '%s': %s"):format(name, why), true)
  end
  local tree = text and parse(self, name, text)
  self.trees[name] = tree or false
  return tree
end

--- near(at, path) -> the path of a file that the node's file names by a path of its own.
function M.near(at, path)
  path = path:sub(1, 1) == "/" and path or at.source.folder .. path:gsub("^%./", "")
  local shorter, count = path, 1
  while count > 0 do
    shorter, count = shorter:gsub("([^/]+)/%.%./", function(folder) return folder ~= ".." and "" or nil end, 1)
    count = shorter ~= path and count or 0
    path = shorter
  end
  return path
end

--- named(value) -> list of nodes: a text, or a list of texts.
function M.named(value)
  local list = {}
  for _, item in ipairs(value and (value.items or { value }) or {}) do
    if node.text(item) then
      list[#list + 1] = item
    end
  end
  return list
end

return M
