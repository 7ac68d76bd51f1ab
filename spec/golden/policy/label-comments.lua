-- A label of comments: nothing is allowed, and that is said.
local F = ...

return F.facts({ label_rules = "# mapped_ports:\n#   external: {allow: true}\n" })
