--- YAML to a tree that knows where everything stands.
--
-- A node is {kind, line, column}, with kind "scalar" (value, plain; style where it is not plain: "single", "double",
-- "literal", "folded"), "list" (items) or "map" (entries, each {key, value} of nodes). What YAML has beyond that
-- (anchors, aliases, merge keys, tags, more than one document, a key given twice) is refused. An error is {line,
-- column, path, text, mentions}, the last being another place that the text tells: {line, column}, without a column
-- where it tells none. lua/compose/document.lua takes more, by the same reader.
local native = require "native.yaml"
local limits = require "native.limits"
local problems = require "problems"
local text = require "text"

local M = {}

local PLAIN = 32 -- bytes of a key that is shown as it is, where it has letters, digits, _ and - only

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

local SHARED = "(%s) are not allowed; write the value out, or put quotes around it"

-- What is said of each kind of fault, by options and fault: a text, what it mentions.
local WORDS = {
  alias = function() return "aliases " .. SHARED:format("*name") end,
  anchor = function() return "anchors " .. SHARED:format("&name") end,
  tag = function() return "tags (!name) are not allowed; leave it out, or put quotes around the value" end,
  merge = function() return "merge keys (<<) are not allowed; write the keys out" end,
  key_map = function() return "a key must be a word, found '{' (a mapping)" end,
  key_list = function() return "a key must be a word, found '[' (a list)" end,
  document = function() return "a second document begins here ('---'); one is allowed" end,
  line_end = function()
    return "a line ends here by a character that is not seen (a carriage return without a line feed, U+0085, U+2028, "
      .. "or U+2029), so what follows it is read though it looks as if it were not; write an ordinary line end"
  end,
  handles = function() return "it declares too many handles of tags (%TAG); leave them out" end,
  nodes = function(options) return ("more than %d values"):format(options.nodes) end,
  depth = function(options) return ("nested deeper than %d levels"):format(options.depth) end,
  twice = function(_, fault)
    return ("the key is given twice, first in line %d"):format(fault.first), { line = fault.first }
  end,
  merge_of_none = function() return "a merge key takes a mapping, or a list of mappings" end,
  no_anchor = function(_, fault) return ("there is no anchor '&%s' before this alias"):format(fault.name) end,
  within = function(_, fault)
    return ("the alias '*%s' is inside of the value that it stands for"):format(fault.name)
  end,
  alias_nodes = function(options)
    return ("with what its aliases stand for the file has more than %d values"):format(options.nodes)
  end,
}

local function error_of(fault, options, source)
  local path = ""
  for _, key in ipairs(fault.way) do
    path = M.join(path, key)
  end
  if fault.why == "yaml" then
    return problems.explain(fault, source, path)
  end
  local said, mentions = WORDS[fault.why](options, fault)
  return { line = fault.line, column = fault.column, path = path, text = said, mentions = mentions }
end

local LABEL = { nodes = limits.yaml_nodes, depth = limits.yaml_depth }

--- parse(text, max, options) -> tree | nil, error. max: bytes, a label's unless it is given. options: those of
-- native.yaml, a label's unless they are given. An empty text gives an empty plain scalar.
function M.parse(source, max, options)
  max, options = max or limits.label_bytes, options or LABEL
  if #source > max then
    return nil, { line = 1, column = 1, path = "",
      text = ("%d bytes long; at most %d are allowed"):format(#source, max) }
  end
  if source:byte() == 0xEF then
    source = source:gsub("^\xEF\xBB\xBF", "") -- a byte order mark is no column
  end
  local tree, fault = native.tree(source, options)
  if not tree then
    return nil, error_of(fault, options, source)
  end
  return tree
end

return M
