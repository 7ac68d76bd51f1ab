--- For `whalewall test`: three specs that hold and five that do not, as the ctest entries lua.program.* expect.
local testing = require "whalewall.testing"

local site = testing.site { containers = { web = { networks = { "front" }, rules = "output: [{ips: [192.0.2.1]}]" } } }

describe("a site", function()
  local before, after = 0, 0
  before_each(function() before = before + 1 end)
  after_each(function() after = after + 1 end)

  it("holds", function() site:allows("web", "192.0.2.1", "tcp 80") end)
  it("does not hold", function() site:refuses("web", "192.0.2.1", "tcp 80") end)

  describe("within", function()
    it("has what comes before and after each", function() assert.equal(3, before) assert.equal(1, after) end)
    it("fails by an assertion", function() assert.same({ 1, { 2 } }, { 1, { 3 } }) end)
    it("fails by an error", function() error("broken") end)
    it("knows errors", function()
      assert.has_error(function() testing.site { policies = { "none" } } end)
      assert.matches("^x%d", "x1")
      assert.is_nil(nil)
      assert(true)
    end)
    it("fails where an error is missing", function() assert.has_error(function() end) end)
    it("fails by a container that is none", function() site:allows("wep", "192.0.2.1", "tcp 80") end)
  end)
end)
