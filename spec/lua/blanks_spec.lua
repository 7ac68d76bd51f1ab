--- A key without a value must not open in silence, nor must what a CIDR has beyond its prefix. Each key of a label with
-- each such value is refused, or said, or its rules are those of a value.
local F = require "spec.lua.support.facts"
local testing = require "whalewall.testing"
local whalewall = testing.native

local VALUES = { "", "~", "null", '""', "''", "[]", "[~]", '[""]', "['~']", "[[]]", "{}", "[{}]", "0", "-1", "[0]",
  "[-1]", "99999999999", "[99999999999]", "[99999999999-1]" }

-- By where a key stands: {key, a value, what stands beside it}.
local RULE = {
  { "log_prefix", "x", "ips: [192.0.2.1]" },
  { "network", "default", "proto: tcp, dst_ports: [80]" },
  { "ips", "[192.0.2.1]", "proto: tcp, dst_ports: [80]" },
  { "container", "db", "network: default, proto: tcp, dst_ports: [80]" },
  { "host", "true", "proto: tcp, dst_ports: [80]" },
  { "proto", "tcp", "ips: [192.0.2.1], dst_ports: [80]" },
  { "proto", "icmp", "ips: [192.0.2.1]" },
  { "src_ports", "[1024]", "proto: tcp, dst_ports: [80]" },
  { "dst_ports", "[80]", "ips: [192.0.2.1], proto: tcp" },
  { "dst_ports", "[80]", "ips: [192.0.2.1], proto: ''" },
  { "verdict", "{chain: x}", "ips: [192.0.2.1]" },
}
local LOCALHOST = { { "allow", "false", "" }, { "log_prefix", "x", "allow: true" },
  { "verdict", "{chain: x}", "allow: true" } }
local EXTERNAL = { { "ips", "[192.0.2.1]", "allow: true" }, table.unpack(LOCALHOST) }
local VERDICT = {
  { "chain", "x", "" },
  { "queue", "7", "" },
  { "input_est_queue", "8", "queue: 7, output_est_queue: 9" },
  { "output_est_queue", "9", "queue: 7, input_est_queue: 8" },
}
local PLACES = {
  { "output: [{%s}]", "output[0].", RULE },
  { "input: [{%s}]", "input[0].", RULE },
  { "mapped_ports: {localhost: {%s}}", "mapped_ports.localhost.", LOCALHOST },
  { "mapped_ports: {external: {%s}}", "mapped_ports.external.", EXTERNAL },
  { "output: [{ips: [192.0.2.1], verdict: {%s}}]", "output[0].verdict.", VERDICT },
  { "input: [{ips: [192.0.2.1], verdict: {%s}}]", "input[0].verdict.", VERDICT },
  { "mapped_ports: {localhost: {allow: true, verdict: {%s}}}", "mapped_ports.localhost.verdict.", VERDICT },
  { "mapped_ports: {external: {allow: true, verdict: {%s}}}", "mapped_ports.external.verdict.", VERDICT },
}

-- What is documented to mean nothing, and so is not said: {key, value}.
local TAKEN = { log_prefix = { "", "~", "null", '""', "''" }, queue = { "0" }, input_est_queue = { "0" },
  output_est_queue = { "0" } }

local function among(word, list)
  for _, item in ipairs(list or {}) do
    if item == word then
      return true
    end
  end
  return false
end

local function compile(label)
  local db = F.target("b1", "app-db-1", "app", "db", { F.on(F.default, "10.1.0.3") })
  local lines, message = whalewall.compile(F.facts({ label_rules = label, targets = { db },
    published = { F.publish(6, 80, "0.0.0.0", 8080) } }))
  local rules, notes = {}, {}
  for _, line in ipairs(lines or {}) do
    local list = line:find("^note") and notes or rules
    list[#list + 1] = line
  end
  return lines and table.concat(rules, "\n"), table.concat(notes, "\n"), message
end

local function entry(key, value, beside)
  return ("%s%s: %s"):format(beside ~= "" and beside .. ", " or "", key, value)
end

describe("a key of a label", function()
  it("is in this table, whatever the schema has", function()
    for _, place in ipairs(PLACES) do
      local _, message = whalewall.check(place[1]:format("zzz: 1"))
      for name in message:match("%(known: (.-)%)"):gmatch("[%l_]+") do
        local found = false
        for _, row in ipairs(place[3]) do
          found = found or row[1] == name
        end
        assert.is_true(found, place[2] .. name)
      end
    end
  end)

  for _, place in ipairs(PLACES) do
    for _, row in ipairs(place[3]) do
      local key, value, beside = table.unpack(row)
      it(("opens nothing in silence: %s%s beside {%s}"):format(place[2], key, beside), function()
        local meant, said, trouble = compile(place[1]:format(entry(key, value, beside)))
        assert.equal("", said or trouble)
        for _, blank in ipairs(VALUES) do
          local label = place[1]:format(entry(key, blank, beside))
          local rules, notes, message = compile(label)
          if not rules then
            assert.is_truthy(message:find((place[2] .. key):gsub("%.$", ""), 1, true)
              or message:find("'" .. key .. "'", 1, true), label .. "\n" .. message)
          elseif rules ~= meant and rules ~= "" and not among(blank, TAKEN[key]) then
            assert.is_truthy(notes:find(place[2] .. key, 1, true), label .. "\n" .. rules .. "\n" .. notes)
          end
        end
      end)
    end
  end

  it("is said where it stands, and what to do", function()
    local _, notes = compile("output:\n- network: default\n  proto: tcp\n  dst_ports: [80]\n  ips: []\n")
    assert.equal('note "output[0].ips line 5" "is empty, so the rule is about every peer; write addresses, or leave '
      .. 'the key out"', notes)
  end)

  it("is not said where another one says the same, or nothing is allowed", function()
    for _, label in ipairs({
      "output: [{ips: [192.0.2.1], container: '', host: false}]",
      "output: [{network: default, container: db, ips: [], proto: icmp, dst_ports: []}]",
      "mapped_ports: {external: {allow: false, ips: [], verdict: }}",
      "output: [{ips: [192.0.2.1], verdict: {chain: '', queue: 0, input_est_queue: 0, output_est_queue: 0}}]",
      "output: []", "input: ~", "mapped_ports: ", "mapped_ports: {external: ~}",
    }) do
      local _, notes = compile(label)
      assert.is_nil(notes:find("is empty, so", 1, true), label .. notes)
    end
  end)

  it("is said of so many only that the container is not closed for it", function()
    local _, notes, message = compile("output:\n" .. ("- {ips: [192.0.2.1], network: ''}\n"):rep(1000))
    assert.is_nil(message)
    assert.equal(16, select(2, notes:gsub("note ", "")))
    assert.is_truthy(notes:find("985 more places", 1, true), notes)
  end)
end)

describe("a CIDR", function()
  local ODD = { ["10.0.0.1/0"] = "all of 0.0.0.0/0", ["10.0.0.1/8"] = "all of 10.0.0.0/8",
    ["2001:db8::1/0"] = "all of ::/0", ["2001:db8::1/32"] = "all of 2001:db8::/32",
    ["::ffff:10.0.0.1/96"] = "all of 0.0.0.0/0" }

  for written, what in pairs(ODD) do
    it("is said to be more than one address: " .. written, function()
      local rules, notes = compile(("output: [{ips: [%q]}]"):format(written))
      assert.is_truthy(rules:find(what:match("%S+$"), 1, true), rules)
      assert.is_truthy(notes:find("output[0].ips[0] line 1", 1, true), notes)
      assert.is_truthy(notes:find(what, 1, true), notes)
    end)
  end

  it("is taken as it is where no bit is beyond its prefix", function()
    for _, written in ipairs({ "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.1/32", "2001:db8::1/128", "2001:DB8::/32",
      "0.0.0.0-255.255.255.255", "::ffff:10.0.0.0/104" }) do
      local rules, notes = compile(("output: [{ips: [%q]}]"):format(written))
      assert.is_truthy(rules, written)
      assert.equal("", notes, written)
    end
  end)
end)

-- Here nothing has to be taken as another program took it.
describe("a policy", function()
  local function site(body, options, schema)
    local text = "return { apiversion = 1, name = 'p', schema = { %s }, handler = function(c, options) %s end }"
    return testing.site { policies = { { path = "p.lua", text = text:format(schema or "", body) } }, options = options,
      containers = { web = { networks = { "front" }, managed = true } } }
  end

  it("is refused what it leaves empty, by any function", function()
    local ROWS = {
      ["c:allow { output = { { ips = {}, proto = 'tcp', dst_ports = { 80 } } } }"] = "allow: output[0].ips: is empty",
      ["c:allow { output = { { network = '', ips = { '192.0.2.1' } } } }"] = "allow: output[0].network: is empty",
      ["c:allow { mapped_ports = { external = { allow = true, ips = {} } } }"] = "mapped_ports.external.ips: is empty",
      ["c:allow { output = { { ips = { '192.0.2.1' }, proto = '' } } }"] = "output[0].proto: is empty",
      ["c:refuse({ output = { { ips = {}, proto = 'tcp', dst_ports = { 25 } } } }, 'r')"] = "output[0].ips: is empty",
      ["c:set { verdict = { chain = '' } }"] = "verdict.chain: is empty",
    }
    for body, why in pairs(ROWS) do
      site(body):closes("web", why)
    end
  end)

  it("may hand on what labels leave empty", function()
    local pass = "for _, r in ipairs(c:rules()) do c:allow { output = { { network = r.network, ips = r.ips, "
      .. "container = r.container, proto = r.proto, dst_ports = r.dst_ports, verdict = r.verdict } } } end"
    local text = ("return { apiversion = 1, name = 'p', handler = function(c) %s end }"):format(pass)
    local rules = "output: [{network: '', container: '', ips: [192.0.2.1], verdict: {chain: ''}}]"
    local made = testing.site { policies = { { path = "p.lua", text = text } },
      containers = { web = { networks = { "front" }, rules = rules } } }
    assert.is_nil(made:fault("web"))
    made:warns("web", "output[0].network line 1")
  end)

  it("is warned of a CIDR that is more than it looks", function()
    site("c:allow { output = { { ips = { '192.0.2.1/24' } } } }"):warns("web",
      "allow: output[0].ips[0]: '192.0.2.1/24' is all of 192.0.2.0/24")
  end)

  it("is told of as many as fit, and how many more there are", function()
    local made = site("for _ = 1, 6 do "
      .. "c:allow { output = { { ips = { '192.0.2.1/24', '192.0.2.33/27', '192.0.2.65/27' } } } } end")
    made:warns("web", "allow: output[0].ips[2]: '192.0.2.65/27' is all of 192.0.2.64/27")
    made:warns("web", "3 more places of policies' rules open more than a value there would")
  end)

  it("is not configured with what is empty, nor with such a CIDR", function()
    local ROWS = {
      { "p: {list: }", "{ 'list', 'addresses' }", "line 1 column 5: p.list: is empty" },
      { "p: {name: ~}", "{ 'name', 'text', default = 'x' }", "p.name: is empty" },
      { "p: {lists: {a: }}", "{ 'lists', { map = 'addresses' } }", "p.lists.a: is empty" },
      { "p: {list: []}", "{ 'list', 'addresses', filled = true }", "p.list: is empty" },
      { "p: {list: [192.0.2.1/0]}", "{ 'list', 'addresses' }", "p.list[0]: '192.0.2.1/0' is all of 0.0.0.0/0" },
      { "p: {rules: {output: [{container: '', proto: icmp}]}}", "{ 'rules', 'rules' }",
        "p.rules.output[0].container: is empty" },
    }
    for _, row in ipairs(ROWS) do
      local ok, message = pcall(site, "", row[1], row[2])
      assert.is_false(ok, row[1])
      assert.is_truthy(tostring(message):find(row[3], 1, true), tostring(message))
    end
    assert.is_nil(site("", "p:"):fault("web"))
    assert.is_nil(site("", "p: {list: []}", "{ 'list', 'addresses' }"):fault("web"))
  end)

  it("has no group of everything by mistake", function()
    local text = "return { apiversion = 1, name = 'p', groups = function() return { office = { '%s' } } end }"
    local function made(address)
      return pcall(testing.site, { policies = { { path = "p.lua", text = text:format(address) } } })
    end
    local ok, message = made("192.0.2.1/0")
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("'192.0.2.1/0' is all of 0.0.0.0/0", 1, true), tostring(message))
    assert.is_true(made("192.0.2.1/24"))
    assert.is_true(made("0.0.0.0/0"))
  end)
end)
