--- Named chains of the site's policies: what `verdict.chain` may name besides chains of the administrator's.
--
-- A chain here is a list of refusals, {side, entry, origin, reason}: a rule that names it allows what they do not name.
-- Filled while the policies are loaded, and then fixed.
local M = {}

local chains = {}

--- define(name, refusals)
function M.define(name, refusals)
  chains[name] = refusals
end

--- The refusals of a chain, nil if no policy defines it.
function M.get(name)
  return chains[name]
end

return M
