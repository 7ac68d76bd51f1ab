--- Site policies: what a handler can say, what it means, and what it cannot reach.
local testing = require "whalewall.testing"

-- A site with one policy, whose handler has this body.
local function with(body, given)
  local site = { containers = { web = { networks = { "front" } } } }
  for key, value in pairs(given or {}) do
    site[key] = value
  end
  local head = site.head or ""
  site.head = nil
  local text = [[return { apiversion = 1, name = "p", %s handler = function(c, options)
%s
end }]]
  site.policies = { { path = "here/p.lua", text = text:format(head, body) } }
  return testing.site(site)
end

local function policy(text, name)
  return { path = name or "p.lua", text = text }
end

local LABELLED = { web = { networks = { "front" }, ports = { "8080:80" },
  rules = "mapped_ports: {external: {allow: true}}\noutput: [{proto: tcp, dst_ports: [80, 443]}]" },
  db = { networks = { "front" } } }

describe("a handler", function()
  it("manages a container whatever its label says", function()
    with("c:manage(true)"):manages("web")
    with("c:manage(true)", { containers = { web = { managed = false } } }):manages("web")
    with("c:manage(false)", { containers = { web = { managed = true } } }):leaves("web")
    with("c:manage(false) c:manage(true) c:manage(false)"):manages("web")
    with(""):leaves("web")
  end)

  it("adds rules, which names are looked up for as those of labels are", function()
    local site = with([[
if c.name == "web" then
  c:manage(true)
  c:allow { output = { { network = "front", container = "db", proto = "tcp", dst_ports = { 5432, "6000-6001" } } } }
end]], { containers = LABELLED })
    site:allows("web", "db", "tcp 5432", "p (p.lua:4) output[0]")
    site:allows("web", "db", "tcp 6001")
    site:refuses("web", "db", "tcp 5433")
  end)

  it("adds rules that wait for what they name", function()
    local site = with("c:manage(true) c:allow { output = { { network = 'front', container = 'later' } } }")
    site:warns("web", "there is no container or service 'later'")
  end)

  it("refuses what labels allow", function()
    local site = with("c:refuse({ output = { { proto = 'tcp', dst_ports = { 80 } } } }, 'no plain text')",
      { containers = LABELLED })
    site:allows("web", "192.0.2.1", "tcp 443")
    site:refuses("web", "192.0.2.1", "tcp 80", "refused by p (p.lua:2): no plain text")
    site:warns("web", "narrowed by p (p.lua:2): no plain text; it was: output to any tcp dport 80,443")
  end)

  it("refuses all but what it says", function()
    local containers = { web = { networks = { "front" }, rules = "output: [{proto: tcp, dst_ports: [80]}]" } }
    local site = with([[c:refuse({ output = { { but = { "192.0.2.0/24", "2001:db8::5" } },
  { ips = { "192.0.2.0/28" }, but = { "192.0.2.7" } } } }, "no")]], { containers = containers,
      networks = { front = { ipv6 = true } } })
    for _, address in ipairs { "192.0.2.7", "192.0.2.16", "192.0.2.255", "2001:db8::5" } do
      site:allows("web", address, "tcp 80")
    end
    for _, address in ipairs { "192.0.2.6", "192.0.2.8", "192.0.1.255", "192.0.3.0", "2001:db8::4", "2001:db8::6" } do
      site:refuses("web", address, "tcp 80", "refused by p (p.lua:2): no")
    end
  end)

  it("refuses what is in no group", function()
    local site = testing.site { policies = { policy([[return { apiversion = 1, name = "g",
  groups = function() return { office = { "192.0.2.0/24" } } end,
  handler = function(c) c:refuse({ output = { { but = { "@office" } } } }, "no") end }]]) },
      containers = { web = { networks = { "front" }, rules = "output: [{proto: tcp, dst_ports: [80]}]" } } }
    site:allows("web", "192.0.2.1", "tcp 80")
    site:refuses("web", "192.0.3.1", "tcp 80", "no")
  end)

  it("refuses what comes to published ports", function()
    local site = with("c:refuse({ input = { { ips = { '198.51.100.0/24' } } } }, 'that net is hostile')",
      { containers = LABELLED })
    site:refuses("world", "host", "tcp 8080", "that net is hostile")
    site:allows("192.0.2.1", "host", "tcp 8080")
  end)

  it("refuses what another container's rule opens", function()
    local site = with([[
if c.name == "db" then
  c:manage(true)
  c:refuse({ input = { { ips = { "0.0.0.0/0", "::/0" } } } }, "db is alone")
end]], { containers = {
      db = { networks = { "front" } },
      web = { networks = { "front" }, rules = "output: [{network: front, container: db, proto: tcp, dst_ports: [1]}]" },
    } })
    site:refuses("web", "db", "tcp 1", "db is alone")
  end)

  it("closes a container, whether it is managed or not", function()
    with("c:deny 'not here'"):closes("web", "policy 'p' (p.lua:2): not here")
    with("c:deny 'not here' c:manage(false)"):closes("web", "not here")
  end)

  it("says something", function()
    with("c:warn 'look at this'", { containers = LABELLED }):warns("web", 'note "p (p.lua:2)" "look at this"')
  end)

  it("sets log prefixes and verdicts of one side or of all", function()
    local site = with("c:set { log_prefix = 'all' } c:set { side = 'output', verdict = { queue = 7 } }",
      { containers = LABELLED })
    assert.matches('external from any log "all" origin', site:rules("web"))
    assert.matches('output to any tcp dport 80,443 log "all" queue 7 origin', site:rules("web"))
  end)

  it("sees the rules so far as they were written", function()
    local site = with([[
for _, rule in ipairs(c:rules()) do
  c:warn(("%s %s %s %s"):format(rule.side, rule.origin, rule.proto or "-", table.concat(rule.dst_ports or {}, "+")))
end]], { containers = LABELLED })
    site:warns("web", "external mapped_ports.external line 1 - ")
    site:warns("web", "output output[0] line 2 tcp 80+443")
  end)

  it("sees the facts that it declares", function()
    local site = with([[
local n = c.networks[1]
c:warn(table.concat({ c.name, c.image, c.project, c.service, tostring(c.opted_in), c.labels.tier, c.image_labels.made,
  tostring(c.labels.made), n.name, n.ipv4, n.labels.zone, c.published[1].proto, c.published[1].port,
  c.published[1].host_port }, " "))]], {
      head = 'reads = { "labels", "image", "network_labels" },',
      networks = { front = { labels = { zone = "z" } } },
      containers = { web = { networks = { "front" }, project = "shop", service = "w", image = "nginx:1", managed = true,
        labels = { tier = "t" }, image_labels = { made = "by" }, ports = { "8080:80" } } },
    })
    site:warns("web", "web nginx:1 shop w true t by nil front 10.1.0.3 z tcp 80 8080")
  end)

  it("does not see what it does not declare", function()
    with("return c.labels"):closes("web", 'p.lua:2: container.labels: is only there with reads = { "labels" }')
    with("return c.image"):closes("web", 'reads = { "image" }')
    with("assert(c.networks[1].labels == nil) c:manage(true)"):manages("web")
  end)
end)

describe("a refusal", function()
  local REFUSES = [[return { apiversion = 1, name = "refuses", handler = function(c)
  c:refuse({ output = { { ips = { "192.0.2.1" } } } }, "never") end }]]
  local ALLOWS = [[return { apiversion = 1, name = "allows", handler = function(c)
  c:manage(true) c:allow { output = { { ips = { "192.0.2.0/24" } } } } end }]]

  it("wins over a permission in either order", function()
    for _, order in ipairs({ { REFUSES, ALLOWS }, { ALLOWS, REFUSES } }) do
      local site = testing.site { policies = { policy(order[1], "a.lua"), policy(order[2], "b.lua") },
        containers = { web = { networks = { "front" } } } }
      site:refuses("web", "192.0.2.1", "tcp 80", "never")
      site:allows("web", "192.0.2.2", "tcp 80")
    end
  end)

  it("of one that shares a namespace holds for all that live there", function()
    local site = with("if c.name == 'side' then c:refuse({ output = { { ips = { '192.0.2.1' } } } }, 'no') end", {
      containers = {
        main = { networks = { "front" }, rules = "output: [{ips: [192.0.2.0/24]}]" },
        side = { shares = "main", managed = true },
      } })
    site:refuses("main", "192.0.2.1", "tcp 80", "no")
    site:allows("main", "192.0.2.2", "tcp 80")
  end)
end)

describe("a label", function()
  local OFFICE = policy [[return { apiversion = 1, name = "p", schema = { { "office", "addresses" } },
    groups = function(options) return { office = options.office or {}, none = {} } end }]]
  local function labelled(rules)
    return testing.site { policies = { OFFICE }, options = "p: {office: [192.0.2.0/25, 2001:db8::/64]}",
      containers = { web = { networks = { "front" }, ports = { "80:80" }, rules = rules } } }
  end

  it("names groups of addresses", function()
    local site = labelled('output: [{ips: ["@office", 198.51.100.1]}]\n'
      .. 'mapped_ports: {external: {allow: true, ips: ["@office"]}}')
    site:allows("web", "192.0.2.1", "tcp 80")
    site:allows("web", "198.51.100.1", "tcp 80")
    site:refuses("web", "192.0.2.200", "tcp 80")
    site:allows("192.0.2.1", "host", "tcp 80")
    site:refuses("192.0.2.200", "host", "tcp 80")
  end)

  it("that names an empty group opens nothing", function()
    local site = labelled('output: [{ips: ["@none"]}]\nmapped_ports: {external: {allow: true, ips: ["@none"]}}')
    assert.equal("", site:rules("web"))
    site:warns("web", "the group '@none' has no addresses")
  end)

  it("that misspells a group is refused with what is near", function()
    labelled('output: [{ips: ["@ofice"]}]'):closes("web",
      "label 'whalewall.rules' line 1 column 17: output[0].ips[0]: there is no group '@ofice'; did you mean '@office'?")
  end)

  it("that is faulty does not close a container that is not managed", function()
    with("", { containers = { web = { networks = { "front" }, rules = "a: 1", managed = false } } }):leaves("web")
    with("c:manage(true)", { containers = { web = { networks = { "front" }, rules = "a: 1", managed = false } } })
      :closes("web", "a: unknown key")
  end)
end)

describe("a chain", function()
  local CHAINS = [[return { apiversion = 1, name = "p", schema = { { "bad", "addresses" } }, chains = function(options)
    return { clean = { output = { { ips = options.bad }, { proto = "tcp", dst_ports = { 25 } } },
      input = { { ips = options.bad } } } }
  end }]]
  local function site(rules)
    return testing.site { policies = { policy(CHAINS) }, options = "p: {bad: [192.0.2.66]}",
      containers = { web = { networks = { "front" }, rules = rules } } }
  end

  it("lets through what it does not refuse, in the rules that name it", function()
    local web = site("output: [{proto: tcp, dst_ports: [25, 80], verdict: {chain: clean}}, {ips: [198.51.100.66]}]")
    web:allows("web", "192.0.2.1", "tcp 80", "output[0] line 1, narrowed by chain clean of p")
    web:refuses("web", "192.0.2.66", "tcp 80")
    web:refuses("web", "192.0.2.1", "tcp 25")
    web:allows("web", "198.51.100.66", "tcp 25", "output[1]")
    assert.is_nil(web:rules("web"):find(" chain \"", 1, true))
  end)

  it("is about input, too", function()
    local web = site("input: [{proto: tcp, dst_ports: [80], verdict: {chain: clean}}]")
    web:allows("192.0.2.1", "web", "tcp 80")
    web:refuses("192.0.2.66", "web", "tcp 80")
  end)

  it("of the administrator's stays one", function()
    assert.matches('chain "inspect"', site("output: [{ips: [192.0.2.1], verdict: {chain: inspect}}]"):rules("web"))
  end)
end)

-- Mistakes in a call: what the message says.
describe("the world of a policy's file", function()
  local function warning(body, head)
    local site = testing.site { policies = { policy((head or "") .. [[
return { apiversion = 1, name = "p", handler = function(c) c:manage(true) ]] .. body .. " end }") },
      containers = { web = { networks = { "front" } } } }
    assert.is_nil(site:fault("web"))
    return table.concat(site:notes("web"), " ")
  end

  it("has all that policies have, by whichever name it is reached", function()
    local whole = "_G _VERSION assert error getmetatable ipairs math pairs pcall rawequal rawget rawlen rawset select "
      .. "setmetatable string table tonumber tostring type utf8"
    local list = "local l = {} for k in pairs(%s) do l[#l + 1] = k end c:warn(table.concat(l, ' '))"
    assert.is_truthy(warning(list:format("_G")):find(whole, 1, true))
    assert.is_truthy(warning(list:format("_ENV")):find(whole, 1, true))
    assert.is_truthy(warning(list:format("t"), "local t <const> = _ENV\n"):find(whole, 1, true))
    assert.is_truthy(warning("c:warn(_ENV['str' .. 'ing'].rep('x', 3) .. _G['ut' .. 'f8'].char(97))")
      :find("xxxa", 1, true))
    assert.is_truthy(warning("c:warn(('x'):rep(3) .. string.char(97))"):find("xxxa", 1, true))
  end)

  it("is one for each run, libraries included", function()
    local kept = "if string.kept or table.kept or kept then error 'kept' end "
      .. "string.kept, table.kept, kept = true, true, true "
    local text = [[return { apiversion = 1, name = "%s", handler = function(c) %s c:manage(true) end }]]
    local site = testing.site { policies = { policy(text:format("a", kept), "a.lua"),
      policy(text:format("b", kept), "b.lua") }, containers = LABELLED }
    site:manages("web")
    site:manages("db")
  end)
end)

describe("a list that stands in two places", function()
  it("means the same in both, also where these take different values", function()
    local site = with([[
local ips, both = { "192.0.2.1" }, { { proto = "tcp", dst_ports = { "80" } } }
c:manage(true)
c:allow { output = { { ips = ips, proto = "udp", dst_ports = { 53 } },
  { ips = ips, proto = "tcp", dst_ports = { 53 } } } }
c:allow { output = both, input = both }
c:set { side = "output", log_prefix = "out" }
for _, rule in ipairs(c:rules()) do assert((rule.log_prefix == "out") == (rule.side == "output")) end]],
      { containers = LABELLED })
    site:allows("web", "192.0.2.1", "udp 53")
    site:allows("web", "192.0.2.1", "tcp 53")
    site:refuses("web", "192.0.2.2", "tcp 53")
    site:allows("web", "192.0.2.2", "tcp 80")
    site:allows("db", "web", "tcp 80")
    local words = with("local w = { '80' } c:allow { output = { { ips = w, proto = 'tcp', dst_ports = w } } }")
    words:closes("web", "output[0].ips[0]: '80' is not an IPv4")
  end)
end)

local MISTAKES = {
  { "c:allow { outptu = {} }", "p.lua:2: allow: outptu: unknown key; did you mean 'output'?" },
  { "c:allow { output = { { ips = { 'x' } } } }", "p.lua:2: allow: output[0].ips[0]: 'x' is not an IPv4" },
  { "c:allow { output = { { ips = '192.0.2.1' } } }", "allow: output[0].ips: must be a list" },
  { "c:allow { output = { { proto = 'tcp' } } }", "needs 'dst_ports'" },
  { "c:allow()", "allow: " },
  { "c:allow {}", "allow: must be a table with output, input or mapped_ports" },
  { "c:allow { output = { { ips = { print } } } }", "allow: " },
  { "c:allow { output = { { ips = { function() end } } } }", "a function is no value of a rule" },
  { "local t = {} t.output = t c:allow(t)", "nested deeper than 16 levels" },
  { "c:allow { output = { nil, { proto = 'icmp' }, ips = {} } }", "a table has names or a list of values, not both" },
  { "c:refuse({ output = { { ips = { '192.0.2.1' } } } })", "refuse: needs a reason" },
  { "c:refuse({ output = { { host = true } } }, 'r')", "refuse: output[0].host: cannot be refused" },
  { "c:refuse({ mapped_ports = { external = { allow = true } } }, 'r')", "is refused as input" },
  { "c:refuse({ output = { { ips = { '192.0.2.1' }, log_prefix = 'l' } } }, 'r')", "log_prefix: cannot be refused" },
  { "c:refuse({ output = { { ips = { '192.0.2.1' }, but = { '192.0.2.0/24' } } } }, 'r')",
    "refuse: output[0]: but: is all that it refuses" },
  { "c:refuse({ output = { { except = { '192.0.2.0/24' } } } }, 'r')", "did you mean 'but'?" },
  { "c:refuse({ output = { { network = 'front', container = 'db', but = { '192.0.2.1' } } } }, 'r')",
    "cannot be combined with" },
  { "c:allow({ output = { { proto = 'icmp', but = { '192.0.2.1' } } } })", "unknown key" },
  { "c:deny()", "deny: needs a reason" },
  { "c:warn(1)", "warn: needs a reason" },
  { "c:manage('yes')", "manage: must be true or false" },
  { "c:set { side = 'up' }", "set: side: must be localhost" },
  { "c:set { log_prefix = 1 }", "set: mapped_ports.external.log_prefix: must be a text" },
  { "c:set()", "set: must be a table" },
  { "c.allow { output = {} }", "write container:allow(…), with a colon" },
  { "c.name = 'x'", "container.name: cannot be set" },
  { "c:refuze({}, 'r')", "p.lua:2: container.refuze: there is no such fact or function; did you mean "
    .. "'refuse'? (known: id," },
  { "if c.projekt == 'shop' then c:manage(true) end", "p.lua:2: container.projekt: there is no such fact or function; "
    .. "did you mean 'project'?" },
  { "if c.networks[1].projekt then return end", "p.lua:2: network.projekt: there is no such fact or function; did you "
    .. "mean 'project'? (known: name," },
  { "if c.networks[1].labels.x then return end", "p.lua:2: network.labels: is only there with reads = "
    .. '{ "network_labels" }' },
  { "nothing.at.all = 1", "p.lua:2: attempt to index a nil value (global 'nothing'); 'nothing' is no local name here, "
    .. "and none that policies have (known: assert, " },
  { "os.getenv('X')", "p.lua:2: attempt to index a nil value (global 'os'); 'os' is no local name here" },
  { "iparis({})", "and none that policies have; did you mean 'ipairs'?" },
  { "c:allow { output = { ips = { '192.0.2.1' } } }", "allow: output: must be a list, found a table with names; put "
    .. "braces around it: { { … } }" },
  { "c:allow { output = { { { ips = { '192.0.2.1' } } } } }", "allow: output[0]: must be a table with names, found a "
    .. "list; take away one pair of braces" },
  { "c:allow { output = { 'icmp' } }", "allow: output[0]: must be a table with names, found the quoted text 'icmp'; "
    .. "write { key = value }" },
  { "c:allow { output = 'icmp' }", "allow: output: must be a list, found the quoted text 'icmp'; write "
    .. "{ { key = value } }" },
  { "c:allow { output = { { proto = 'tcp', dst_ports = 443 } } }", "found the number 443; write { 443 }" },
  { "c:allow { output = { { ips = '192.0.2.1' } } }", "found the quoted text '192.0.2.1'; write { \"192.0.2.1\" }" },
  { "c:allow { output = { { proto = { 'icmp' } } } }", "found a list; write the one value without braces" },
  { "error { }", "policy 'p' failed: an error that is a table" },
  { "error(setmetatable({}, { __tostring = function() error 'again' end }))", "an error that is a table" },
  { "error(('x'):rep(1 << 17))", "policy 'p' failed: here/p.lua:2: xxx" },
}

describe("a mistake", function()
  for _, row in ipairs(MISTAKES) do
    it("closes the container and is explained: " .. row[1], function()
      local site = with(row[1])
      site:closes("web", row[2])
      assert.is_true(#site:fault("web") < 1000)
    end)
  end

  it("in the name of an option, or of a key of a rule, is one, too", function()
    local head = 'schema = { { "networks", "addresses" }, '
      .. '{ "tiers", { map = { keys = { { "closed", "boolean" } } } } } },'
    for _, row in ipairs {
      { "c:warn(tostring(options.netwroks))",
        "p.lua:2: options.netwroks: there is no such option; did you mean 'networks'?" },
      { "return options.tiers.a.close",
        "p.lua:2: options.tiers.a.close: there is no such option; did you mean 'closed'?" },
      { "return c:rules()[1].prots", "p.lua:2: rule.prots: there is no such fact or function; did you mean 'proto'?" },
    } do
      local site = with(row[1], { head = head, options = "p: {tiers: {a: {closed: true}}}", containers = LABELLED })
      site:closes("web", row[2])
    end
    local fine = with("if options.networks == nil and options.tiers.b == nil and options.tiers.a.closed then "
      .. "c:warn(tostring(c:rules()[1].ips)) end",
      { head = head, options = "p: {tiers: {a: {closed: true}}}", containers = LABELLED })
    assert.is_nil(fine:fault("web"))
  end)

  it("in the name of what is published is one, too", function()
    local site = with("for _, p in ipairs(c.published) do c:warn(p.ports) end", { containers = LABELLED })
    site:closes("web", "p.lua:2: published.ports: there is no such fact or function; did you mean 'port'?")
    assert.is_nil(site:fault("db"))
  end)

  it("in one container closes only that one", function()
    local site = with("if c.name == 'web' then error('x') end c:manage(true)", { containers = LABELLED })
    site:closes("web", "p.lua:2: x")
    assert.is_nil(site:fault("db"))
    site:manages("db")
  end)
end)

-- Files that are no policies: what the message says.
local FILES = {
  { "return 1", "policy file 'p.lua': the file must return a table" },
  { "x =", "policy file 'p.lua': p.lua:1: unexpected symbol near <eof>" },
  { "error('here')", "policy file 'p.lua': p.lua:1: here" },
  { "\27Lua", "attempt to load a binary chunk" },
  { "return { apiversion = 2, name = 'p', handler = function() end }", "apiversion: must be 1, found 2" },
  { "return { name = 'p' }", "apiversion: must be 1, found nil" },
  { "return { apiversion = 1, name = 'P q', handler = function() end }", "name: must be a word" },
  { "return { apiversion = 1, name = 'p' }", "a policy has a handler, groups, or chains" },
  { "return { apiversion = 1, name = 'p', handler = 1 }", "handler: must be a function" },
  { "return { apiversion = 1, name = 'p', handlre = 1, handler = function() end }",
    "unknown key 'handlre'; did you mean 'handler'?" },
  { "return { apiversion = 1, name = 'p', handler = function() end, reads = { 'label' } }",
    "unknown fact 'label'; did you mean 'labels'?" },
  { "return { apiversion = 1, name = 'p', handler = function() end, schema = { { 'x', 'ipz' } } }",
    "schema.x: unknown type 'ipz' (known: addresses," },
  { "return { apiversion = 1, name = 'p', handler = function() end, schema = { { 'x', 'adresses' } } }",
    "schema.x: unknown type 'adresses'; did you mean 'addresses'? (known: " },
  { "return { apiversion = 1, name = 'p', groups = function() return { a = { 'x' } } end }",
    "policy 'p': group 'a': 'x' is not an IPv4" },
}

describe("a refusal", function()
  local ROWS = {
    { "output = { { network = 'fornt', container = 'web', proto = 'tcp', dst_ports = { 80 } } }",
      "nothing is refused: there is no network 'fornt'" },
    { "output = { { network = 'front', container = 'wep', proto = 'tcp', dst_ports = { 80 } } }",
      "nothing is refused: there is no container or service 'wep'" },
    { "output = { { ips = { '@none' } } }", "nothing is refused: the group '@none' has no addresses" },
    { "output = {}", "refuse: nothing is refused, for the lists are empty" },
  }
  for _, row in ipairs(ROWS) do
    it("of nothing is told: " .. row[1], function()
      local text = ("return { apiversion = 1, name = 'p', groups = function() return { none = {} } end, "
        .. "handler = function(c) c:refuse({ %s }, 'no') end }"):format(row[1])
      testing.site { policies = { policy(text) }, containers = { web = { networks = { "front" }, rules = "{}" } } }
        :warns("web", row[2])
    end)
  end
end)

-- Schemas that do not mean what they look like.
for schema, message in pairs {
  ["{ { 'x', 'text', requird = true } }"] = "schema.x: unknown attribute 'requird'; did you mean 'required'? (known: ",
  ["{ { 'x', 'addresses', filed = true } }"] = "schema.x: unknown attribute 'filed'; did you mean 'filled'?",
  ["{ { 'x', 'text', 'y' } }"] = "schema.x: unknown attribute '3'",
  ["{ { 'x', 'text', required = 'no' } }"] = "schema.x: 'required' must be true or false, found 'no'",
  ["{ { 'x', 'text' }, { 'x', 'boolean' } }"] = "schema[2]: there are two options 'x'",
  ["{ { 'x', 'text' }, y = 'text' }"] = "schema: must be a list of options",
  ["{ { 'x', { lst = 'text' } } }"] = "schema.x: a type is a word, {list = type},",
  ["{ { 'x', { list = 'text', map = 'text' } } }"] = "schema.x: a type is a word, {list = type},",
  ["{ { 'x', { list = 'text', filled = true } } }"] = "schema.x: a type is a word, {list = type},",
  ["{ { 'x', {} } }"] = "schema.x: a type is a word, {list = type},",
  ["{ { 'x', { map = { keys = { { 'y', 'text', deflt = 1 } } } } } }"] = "schema.x.*.y: unknown attribute 'deflt'",
  ["{ { 'x', 'boolean', default = 'false' } }"] = "schema.x: default: must be true or false, found",
  ["{ { 'x', 'boolean', default = {} } }"] = "schema.x: default: must be true or false, found",
  ["{ { 'x', 'addresses', default = '192.0.2.1' } }"] = "schema.x: default: must be a list, found",
  ["{ { 'x', 'addresses', default = { '192.0.2.1/0' } } }"] = "schema.x[0]: default: '192.0.2.1/0' is all of",
  ["{ { 'x', 'addresses', default = { '@nowhere' } } }"] = "schema.x[0]: default: there is no group '@nowhere'",
  ["{ { 'x', 'ports', default = function() end } }"] = "schema.x: default: a function is no value",
  ["{ { 'x', { list = { keys = { { 'y', 'integer', default = 'z' } } } } } }"] = "schema.x[].y: default: must be a",
} do
  FILES[#FILES + 1] = { ("return { apiversion = 1, name = 'p', handler = function() end, schema = %s }"):format(schema),
    "policy file 'p.lua': " .. message }
end

FILES[#FILES + 1] = { "return { apiversion = 1, name = 'p', chains = function() return { c = { output = {} } } end }",
  "policy 'p': chain 'c': must be a table with what it refuses" }
FILES[#FILES + 1] = { "return { apiversion = 1, name = 'p', chains = function() "
  .. "return { c = { output = { { host = true } } } } end }",
  "policy 'p': chain 'c': output[0].host: cannot be refused" }

describe("a file", function()
  for _, row in ipairs(FILES) do
    it("that is no policy is refused: " .. row[1], function()
      local ok, message = pcall(testing.site, { policies = { policy(row[1]) } })
      assert.is_false(ok)
      assert.is_truthy(tostring(message):find(row[2], 1, true), message)
    end)
  end

  it("of a name that is taken is refused", function()
    local one = policy("return { apiversion = 1, name = 'p', handler = function() end }", "a.lua")
    assert.has_error(function() testing.site { policies = { one, { path = "b.lua", text = one.text } } } end,
      "policy file 'b.lua': there is a policy 'p' already, in 'a.lua'")
  end)
end)

local SCHEMA = [[return { apiversion = 1, name = "p", schema = {
  { "strict", "boolean", default = true }, { "count", "integer" }, { "who", "text", required = true },
  { "nets", "addresses" }, { "ports", "ports" }, { "by", { map = { keys = { { "rules", "rules" } } } } },
  { "all", { list = "text" } },
}, handler = function(c, o)
  c:warn(("%s %s %s %s %s %s"):format(tostring(o.strict), o.count or "-", o.who, table.concat(o.nets or {}, "+"),
    table.concat(o.ports or {}, "+"), table.concat(o.all or {}, "+")))
  if o.by then c:allow(o.by.web.rules) end
end }]]

-- Configuration files: what is refused, with its place.
local CONFIGS = {
  { "q: {}", "line 1 column 1: q: unknown key; did you mean 'p'? (known: p); each key is the name of a "
      .. "policy that is in force (-policy; policies of a spec's site)" },
  { "p: {}", "policy configuration 'config.yaml' line 1 column 1: p: 'who' is missing" },
  { "", "policy configuration 'config.yaml' line 1 column 1: p: 'who' is missing; there is no key 'p' in it" },
  { "p: {who: x, strikt: true}", "line 1 column 13: p.strikt: unknown key; did you mean 'strict'?" },
  { "p:\n  who: x\n  strict: 1", "line 3 column 11: p.strict: must be true or false, found the number 1" },
  { "p: {who: x, nets: [192.0.2.0/33]}", "p.nets[0]: '192.0.2.0/33'" },
  { "p: {who: x, ports: [99999]}", "p.ports[0]: a port must be 1 to 65535" },
  { "p: {who: x, by: {web: {rules: {output: [{proto: tcp}]}}}}", "p.by.web.rules.output[0].proto: needs 'dst_ports'" },
  { "p: [", "not valid YAML" },
}

describe("a configuration", function()
  for _, row in ipairs(CONFIGS) do
    it("that is faulty is refused: " .. row[1], function()
      local ok, message = pcall(testing.site, { policies = { policy(SCHEMA) }, options = row[1] })
      assert.is_false(ok)
      assert.is_truthy(tostring(message):find(row[2], 1, true), message)
    end)
  end

  it("reaches the handler in the form that rules have", function()
    local site = testing.site { policies = { policy(SCHEMA) }, options = [[
p:
  who: me
  count: 7
  nets: [192.0.2.0/24]
  ports: [80, 8000-8001]
  all: [a, "1"]
  by: {web: {rules: {output: [{proto: tcp, dst_ports: [443]}], mapped_ports: {localhost: {allow: true}}}}}
]], containers = { web = { networks = { "front" }, managed = true } } }
    site:warns("web", "true 7 me 192.0.2.0/24 80+8000-8001 a+1")
    site:allows("web", "192.0.2.9", "tcp 443")
  end)
end)

-- Mistakes in a spec: what is raised.
local SPEC_MISTAKES = {
  { function(site) site:allows("web", "wrld", "tcp 80") end,
    "there is no container 'wrld' on this site (did you mean 'world'?); an end is a container" },
  { function(site) site:refuses("wep@front", "host", "tcp 80") end, "'wep' on this site (did you mean 'web'?)" },
  { function(site) site:why("192.0.2.0/24", "web", "tcp 80") end, "there is no container '192.0.2.0/24' on this" },
  { function(site) site:allow("web", "world", "tcp 80") end, "a site has no 'allow'; did you mean 'allows'? (known: " },
}

describe("a spec's mistake", function()
  for _, row in ipairs(SPEC_MISTAKES) do
    it("is told with what was meant: " .. row[2], function()
      local ok, message = pcall(row[1], with(""))
      assert.is_false(ok)
      assert.is_truthy(message:find(row[2], 1, true), message)
    end)
  end
end)
