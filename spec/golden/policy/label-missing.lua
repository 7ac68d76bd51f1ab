-- No label: nothing is allowed, and nothing is said.
local F = ...

return F.facts({})
