-- For `whalewall test -kernel`: holds only where packets are sent. No *_spec.lua: busted is not to find it.
local testing = require "whalewall.testing"

it("asks the kernel", function()
  local site = testing.site { containers = { web = { networks = { "front" }, rules = "output: [{proto: icmp}]" } } }
  assert.equal("passes", site:why("web", "world", "icmp").kernel)
  site:refuses("web", "world", "tcp 80")
end)
