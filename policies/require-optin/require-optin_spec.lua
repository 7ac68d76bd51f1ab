local testing = require "whalewall.testing"

local CONTAINERS = {
  db = { networks = { "inner" } },
  web = { networks = { "front" }, project = "shop" },
  off = { networks = { "inner" }, managed = false },
  free = { networks = { "front" } },
}

local function site(options)
  return testing.site { policies = { "require-optin" }, options = options, containers = CONTAINERS }
end

describe("require-optin", function()
  it("closes what is on a network and has no rules", function()
    local inner = site "require-optin: {networks: [inner]}"
    inner:manages("db")
    inner:manages("off")
    inner:leaves("free")
    inner:refuses("free", "db", "tcp 5432")
    inner:warns("db", "managed without whalewall.enabled, because it is on the network 'inner'")
  end)

  it("closes what is of a project", function()
    local shop = site "require-optin: {projects: [shop]}"
    shop:manages("web")
    shop:leaves("db")
  end)

  it("closes everything where that is wanted", function()
    site("require-optin: {everything: true}"):manages("free")
  end)

  it("does nothing unless it is told to", function()
    site(nil):leaves("db")
  end)
end)
