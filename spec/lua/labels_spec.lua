--- Labels that must be taken, and labels that must be refused with exactly this message.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native

local GOOD, BAD = "spec/labels/good", "spec/labels/bad"

describe("a good label", function()
  for _, name in ipairs(files.list(GOOD, ".yaml")) do
    it("is taken: " .. name, function()
      local ok, message = whalewall.check(files.read(GOOD .. "/" .. name .. ".yaml"))
      assert.is_nil(message)
      assert.is_true(ok)
    end)
  end
end)

describe("a bad label", function()
  local names = files.list(BAD, ".yaml")

  it("is there for everything that is checked", function()
    assert.is_true(#names >= 200)
    assert.same(names, files.list(BAD, ".error"))
  end)

  for _, name in ipairs(names) do
    it("is refused: " .. name, function()
      local ok, message = whalewall.check(files.read(BAD .. "/" .. name .. ".yaml"))
      assert.is_nil(ok)
      assert.equal(files.golden(BAD .. "/" .. name .. ".error", message .. "\n"), message .. "\n")
    end)
  end
end)

local function refusal(label)
  local ok, message = whalewall.check(label)
  assert.is_nil(ok)
  return (message:gsub("^label 'whalewall.rules' ", ""))
end

describe("a label that is too large", function()
  it("in bytes is refused", function()
    local label = "#" .. ("x"):rep(whalewall.limits.label_bytes)
    assert.equal("line 1 column 1: 65537 bytes long; at most 65536 are allowed", refusal(label))
    assert.is_true(whalewall.check(label:sub(2)) == nil) -- a text, but not too long
    assert.is_true(whalewall.check("#" .. ("x"):rep(whalewall.limits.label_bytes - 1)))
  end)

  it("in nesting is refused, at the limit it is not", function()
    assert.matches("nested deeper than 16 levels$", refusal(("["):rep(17) .. ("]"):rep(17)))
    assert.matches("must be a mapping, found a list", refusal(("["):rep(16) .. ("]"):rep(16)))
  end)

  it("in nodes is refused", function()
    assert.matches("more than 20000 values$", refusal("[" .. ("1,"):rep(20001) .. "]"))
  end)

  it("in rules is refused, at the limit it is not", function()
    local rule = "- ips: [192.0.2.1]\n"
    assert.equal("line 2 column 1: output: has 1001 entries; at most 1000 are allowed",
      refusal("output:\n" .. rule:rep(1001)))
    assert.is_true(whalewall.check("output:\n" .. rule:rep(1000)))
  end)

  it("in entries of a list is refused, at the limit it is not", function()
    local function ports(n)
      return "output: [{proto: tcp, dst_ports: [" .. ("9,"):rep(n) .. "]}]"
    end
    assert.equal("line 1 column 34: output[0].dst_ports: has 4097 entries; at most 4096 are allowed",
      refusal(ports(4097)))
    assert.is_true(whalewall.check(ports(4096)))
  end)
end)

-- Patterns backtrack: what is meant for short texts must not meet long ones.
describe("a very long value", function()
  local KEYS = { "network", "container", "host", "proto", "log_prefix", "verdict" }
  local TEXTS = { "1", "a", "1.", "-", "1-", " a", "0", ":", "1:", "ä", ".", "/", "_", "e" }

  for _, filling in ipairs(TEXTS) do
    it(("of %q is taken or refused as a label"):format(filling), function()
      local value = filling:rep(60000 // #filling)
      local labels = {
        ("output: [{ips: [%q]}]"):format(value),
        ("output: [{proto: tcp, dst_ports: [%q]}]"):format(value),
        ("output: [{ips: [192.0.2.1], verdict: {chain: %q}}]"):format(value),
        ("output: [{ips: [192.0.2.1], verdict: {queue: x%s}}]"):format(value),
        ("output:\n- ips:\n  - x%s"):format(value),
        ("mapped_ports: {external: {allow: %q}}"):format(value),
        value,
        ("%q: 1"):format(value),
      }
      for _, key in ipairs(KEYS) do
        labels[#labels + 1] = ("output: [{%s: %q}]"):format(key, value)
        labels[#labels + 1] = ("output:\n- %s: x%s"):format(key, value)
        labels[#labels + 1] = ("output:\n- %s: %s"):format(key, value)
      end
      for _, label in ipairs(labels) do
        local ok, message = whalewall.check(label)
        assert.is_true(ok or message:find("^label 'whalewall.rules' line %d+ column %d+: ") ~= nil, message)
      end
    end)
  end
end)

describe("a label of bytes that are not text", function()
  it("is refused where they are", function()
    assert.equal("line 2 column 3: not valid YAML: the text is not UTF-8", refusal("output:\n- \xff\n"))
    assert.equal("line 1 column 4: not valid YAML: control characters are not allowed", refusal("äöü\1"))
  end)

  it("never puts control characters or long texts into the message", function()
    local message = refusal(("%q: 1"):format(("\\e[31m\\n"):rep(100)):gsub("\\\\", "\\"))
    assert.is_nil(message:find("%c"))
    assert.is_true(#message < 300)
  end)

  it("cuts long texts between characters", function()
    assert.is_truthy(utf8.len(refusal(("ä"):rep(1000) .. ": 1")))
    assert.is_truthy(utf8.len(refusal("x" .. ("ä"):rep(1000) .. ": 1")))
  end)
end)

describe("the first mistake", function()
  it("is the one that is reported", function()
    assert.matches("^line 2 column 9: output%[0%]%.ips%[0%]", refusal("output:\n- ips: [x]\n  proto: y\ninput: z"))
    assert.matches("^line 3 column 3: mapped_ports.localhost.alow", refusal(
      "mapped_ports:\n localhost:\n  alow: true\n external:\n  alow: true"))
  end)
end)

describe("mentions", function()
  it("are the names of networks, containers and services, sorted, once", function()
    assert.same({ "cache", "db", "default", "other" }, whalewall.mentions([[
output:
- {network: default, container: /db}
- {network: default, container: db}
- {network: other, ips: [192.0.2.1]}
- {host: true, network: ""}
input:
- {network: default, container: cache}
]]))
  end)

  it("are none for labels without names", function()
    assert.same({}, whalewall.mentions(""))
    assert.same({}, whalewall.mentions("mapped_ports: {external: {allow: true}}"))
  end)

  it("fail as check does", function()
    local names, message = whalewall.mentions("a: 1")
    assert.is_nil(names)
    assert.matches("a: unknown key", message)
  end)

  it("stay right when many labels pass through the memory of parsed ones", function()
    for round = 1, 3 do
      for i = 1, 700 do
        local name = "n" .. i
        assert.same({ name }, whalewall.mentions(("output: [{network: %s, host: true}]"):format(name)), round)
      end
      local large = "output: [{network: large, host: true}]" .. ("#"):rep(40000)
      assert.same({ "large" }, whalewall.mentions(large))
    end
  end)
end)
