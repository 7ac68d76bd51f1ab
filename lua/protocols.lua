--- The protocols that a rule may name, as core/model/protocol.c has them.
local native = require "native.protocols"

local M = {
  names = {},   -- in the order in which people are told of them
  ported = {},  -- those of them that have ports
  bare = {},    -- name -> true, of those that have none
  by_name = {}, -- name -> {name, number, has_ports}
}

for i, protocol in ipairs(native) do
  M.names[i] = protocol.name
  M.by_name[protocol.name] = protocol
  if protocol.has_ports then
    M.ported[#M.ported + 1] = protocol.name
  else
    M.bare[protocol.name] = true
  end
end

--- listed(names, form) -> "a, b or c", each as `form` has it (default: as it is).
function M.listed(names, form)
  local texts = {}
  for i, name in ipairs(names) do
    texts[i] = (form or "%s"):format(name)
  end
  return #texts < 2 and texts[1] or table.concat(texts, ", ", 1, #texts - 1) .. " or " .. texts[#texts]
end

return M
