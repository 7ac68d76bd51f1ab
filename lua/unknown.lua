--- What is said of a key that a schema (lua/schema.lua) does not have.
local text = require "text"
local yaml = require "yaml"

local M = {}

local function names_of(schema)
  local names = {}
  for i, entry in ipairs(schema.keys or {}) do
    names[i] = entry[1]
  end
  return names
end

-- Under which key of the whole schema a name would be known.
local function home_of(schema, name, path)
  if schema.type == "list" then
    return home_of(schema.of, name, path .. "[]")
  elseif schema.type ~= "map" then
    return nil
  elseif path ~= "" and text.among(name, names_of(schema)) then
    return path
  end
  for _, entry in ipairs(schema.keys or {}) do
    local home = home_of(entry[2], name, yaml.join(path, entry[1]))
    if home then
      return home
    end
  end
end

--- describe(schema, name, root) -> text. root: the whole schema.
function M.describe(schema, name, root)
  local known = names_of(schema)
  local hint = ""
  local meant = text.nearest(name, known, schema.synonyms)
  local home = not meant and home_of(root, name, "")
  local advice = schema.advice and schema.advice[name]
  if advice then
    hint = "; " .. advice
  elseif meant then
    hint = ("; did you mean '%s'?"):format(meant)
  elseif home then
    hint = ("; it belongs under '%s'"):format(home)
  elseif root ~= schema and text.among(name, names_of(root)) then
    hint = "; it belongs at the top level, without indentation"
  end
  return ("unknown key%s (known: %s)"):format(hint, table.concat(known, ", "))
end

return M
