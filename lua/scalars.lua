--- What a plain scalar is by YAML 1.1; a quoted one is always text.
local M = {}

local TRUE = { ["true"] = true, yes = true, on = true, y = true }
local FALSE = { ["false"] = true, no = true, off = true, n = true }
local NULL = { [""] = true, ["~"] = true, null = true, Null = true, NULL = true }
local FLOATS = { "^[-+]?%d[%d_]*%.%d*$", "^[-+]?%.%d+$", "^[-+]?%d+%.?%d*[eE][-+]?%d+$", "^[-+]?%.[iI][nN][fF]$",
  "^%.[nN][aA][nN]$" }
local INTEGERS = { "^[-+]?%d[%d_]*$", "^[-+]?0x%x+$", "^[-+]?0o[0-7]+$", "^[-+]?0b[01]+$" }

--- Any case, and only plain: a quoted "yes" is a text.
function M.boolean(node)
  if node.kind ~= "scalar" or not node.plain then
    return nil
  end
  local word = node.value:lower()
  if TRUE[word] then
    return true
  elseif FALSE[word] then
    return false
  end
end

function M.is_null(node)
  return node.kind == "scalar" and node.plain and NULL[node.value] == true
end

local NUMBER_MAX = 100 -- bytes; what is longer is a text

local BEGINS_NUMBER = "^[-+.%d]"

local function matches(value, patterns)
  if #value > NUMBER_MAX or not value:find(BEGINS_NUMBER) then
    return false
  end
  for _, pattern in ipairs(patterns) do
    if value:find(pattern) then
      return true
    end
  end
  return false
end

function M.is_integer(node)
  return node.kind == "scalar" and node.plain and matches(node.value, INTEGERS)
end

--- Is it a text? yes, no, on, off, y and n are, as names may look so; true, false and numbers are not.
function M.is_text(node)
  if node.kind ~= "scalar" or not node.plain then
    return node.kind == "scalar"
  end
  local word = node.value:lower()
  return word ~= "true" and word ~= "false" and not NULL[node.value] and not M.is_integer(node)
    and not matches(node.value, FLOATS)
end

return M
