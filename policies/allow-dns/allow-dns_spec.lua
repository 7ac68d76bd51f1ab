local testing = require "whalewall.testing"

local function site(options)
  return testing.site { policies = { "allow-dns" }, options = options,
    containers = { web = { networks = { "front" }, managed = true }, free = { networks = { "front" } } } }
end

describe("allow-dns", function()
  it("opens port 53 and nothing else", function()
    local any = site(nil)
    any:allows("web", "192.0.2.53", "udp 53", "allow-dns (handler.lua:6)")
    any:allows("web", "192.0.2.53", "tcp 53")
    any:refuses("web", "192.0.2.53", "udp 5353")
    any:leaves("free")
  end)

  it("opens it at some servers only", function()
    local one = site "allow-dns: {servers: [192.0.2.53]}"
    one:allows("web", "192.0.2.53", "udp 53")
    one:refuses("web", "192.0.2.54", "udp 53")
  end)

  it("is not taken with a list that is empty, which would be any server", function()
    for _, options in ipairs({ "allow-dns: {servers: []}", "allow-dns: {servers: }" }) do
      local ok, message = pcall(site, options)
      assert.is_false(ok)
      assert.matches("allow%-dns.servers: is empty", tostring(message))
    end
  end)
end)
