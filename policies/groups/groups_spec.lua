local testing = require "whalewall.testing"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/") or "."

local function site(config, rules)
  return testing.site { policies = { "groups" }, options = config.text,
    config = config.path and HERE .. "/example/" .. config.path,
    containers = { web = { networks = { "front" }, rules = rules } } }
end

describe("groups", function()
  it("are lists of addresses in the configuration", function()
    local web = site({ text = "groups: {lists: {office: [192.0.2.0/25]}}" }, 'output: [{ips: ["@office"]}]')
    web:allows("web", "192.0.2.1", "tcp 80")
    web:refuses("web", "192.0.2.129", "tcp 80")
  end)

  it("are read from files beside the configuration", function()
    local web = site({ path = "policies.yaml" }, 'output: [{ips: ["@blocklist"]}]')
    web:allows("web", "198.51.100.200", "tcp 80")
    web:allows("web", "203.0.113.9", "tcp 80")
    web:refuses("web", "198.51.100.1", "tcp 80")
  end)

  it("are refused when a file is missing, or has something else in it", function()
    local ok, message = pcall(site, { text = "groups: {files: {x: nowhere.txt}}" })
    assert.is_false(ok)
    assert.matches("cannot read 'nowhere.txt': No such file", message)
    ok, message = pcall(site, { path = "faulty.yaml" })
    assert.is_false(ok)
    assert.matches("line 3 column 8: 'faulty.yaml' line 1: 'groups:' is not an IPv4", message)
  end)
end)
