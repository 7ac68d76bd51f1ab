-- An empty label: nothing is allowed, and that is said.
local F = ...

return F.facts({ label_rules = "" })
