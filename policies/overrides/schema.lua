local OVERRIDE = {
  keys = {
    { "manage", "boolean" },
    { "allow", "rules" },
    { "refuse", "rules" },
    { "reason", "text" },
    { "deny", "text" },
  },
}

return {
  { "projects", { map = OVERRIDE } },
  { "services", { map = OVERRIDE } },
  { "containers", { map = OVERRIDE } },
}
