--- The values of variables: the environment's, and those of the file `.env`, in which the environment comes first.
local interpolate = require "compose.interpolate"

local M = {}

-- The value behind `=`: in single quotes it is as it is written, elsewhere it may name variables.
local function value_of(written, lookup)
  local single = written:match("^'([^']*)'")
  if single then
    return single
  end
  local double = written:match('^"(.-)"%s*$') or written:match('^"(.-)"%s+#')
  if double then
    written = double:gsub("\\(.)", { n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["$"] = "$$" })
  else
    written = written:gsub("%s+#.*$", ""):gsub("%s+$", "")
  end
  return interpolate.substitute(written, lookup) or written
end

--- read(text, environment) -> values by name, of an `.env` file. environment: function(name) -> value or nil.
function M.read(text, environment)
  local values = {}
  local function lookup(name)
    return environment(name) or values[name]
  end
  for line in (text .. "\n"):gmatch("([^\n]*)\r?\n") do
    local name, written = line:gsub("^%s*export%s+", ""):match("^%s*([%a_][%w_.]*)%s*[=:]%s*(.-)\r?$")
    if name then
      values[name] = value_of(written, lookup)
    end
  end
  return values
end

return M
