local testing = require "whalewall.testing"

local ANY = "output: [{ips: [0.0.0.0/0]}]\ninput: [{ips: [0.0.0.0/0]}]"

local function site(options)
  return testing.site {
    policies = { "isolate-projects" },
    options = options,
    networks = { shop_default = { project = "shop" }, proxy = {} },
    containers = {
      web = { project = "shop", networks = { "shop_default", "proxy" }, rules = ANY },
      db = { project = "shop", networks = { "shop_default" }, rules = ANY },
      spy = { project = "blog", networks = { "shop_default", "proxy" }, rules = ANY },
    },
  }
end

describe("isolate-projects", function()
  it("keeps containers of another project out of a project's network", function()
    local plain = site(nil)
    plain:allows("web", "db", "tcp 5432")
    plain:refuses("spy", "db", "tcp 5432", "the network 'shop_default' is not of the container's project")
    plain:refuses("db", "spy", "tcp 80")
  end)

  it("leaves the rest of the world to the rules", function()
    site(nil):allows("spy", "192.0.2.1", "tcp 443")
  end)

  it("lets networks without a project be shared, but not when it is strict", function()
    local proxied = "proxy"
    site(nil):allows("web", "spy@" .. proxied, "tcp 80")
    site("isolate-projects: {strict: true}"):refuses("web", "spy@" .. proxied, "tcp 80")
    site("isolate-projects: {strict: true, shared: [proxy]}"):allows("web", "spy@" .. proxied, "tcp 80")
  end)
end)
