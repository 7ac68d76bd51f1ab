-- The image's own label opens nothing, and that is said.
local F = ...

return F.facts({ rules_from_image = true })
