--- The tree with places.
local whalewall = require "whalewall.testing".native

local function shape(node)
  if node.kind == "scalar" then
    return (node.plain and "%s@%d:%d" or "'%s'@%d:%d"):format(node.value, node.line, node.column)
  end
  local parts = {}
  for _, item in ipairs(node.items or {}) do
    parts[#parts + 1] = shape(item)
  end
  for _, entry in ipairs(node.entries or {}) do
    parts[#parts + 1] = shape(entry.key) .. "=" .. shape(entry.value)
  end
  return (node.kind == "list" and "[%s]@%d:%d" or "{%s}@%d:%d"):format(table.concat(parts, " "), node.line, node.column)
end

local CASES = {
  { "", "@1:1" },
  { "# only a comment", "@1:1" },
  { "a: 1", "{a@1:1=1@1:4}@1:1" },
  { "a:\n  - 'x'\n  - \"y\"", "{a@1:1=['x'@2:5 'y'@3:5]@2:3}@1:1" },
  { "a:\n- b: 1\n  c: 2", "{a@1:1=[{b@2:3=1@2:6 c@3:3=2@3:6}@2:3]@2:1}@1:1" },
  { "ä: {ö: ü}", "{ä@1:1={ö@1:5=ü@1:8}@1:4}@1:1" },
  { "a:\nb:", "{a@1:1=@1:3 b@2:1=@2:3}@1:1" },
  { "\xEF\xBB\xBFa: 1", "{a@1:1=1@1:4}@1:1" },
}

describe("yaml.parse", function()
  for _, case in ipairs(CASES) do
    it(("keeps the places of %q"):format(case[1]), function()
      local tree, err = whalewall.yaml.parse(case[1])
      assert.is_nil(err)
      assert.equal(case[2], shape(tree))
    end)
  end

  it("says where a fault is", function()
    local tree, err = whalewall.yaml.parse("a:\n  b: *c")
    assert.is_nil(tree)
    assert.same({ line = 2, column = 6, path = "a.b", text = "aliases (*name) are not allowed; "
      .. "write the value out, or put quotes around it" }, err)
  end)

  it("takes no line end that nobody sees", function()
    for _, ending in ipairs { "\r", "\u{85}", "\u{2028}", "\u{2029}" } do
      local tree, err = whalewall.yaml.parse(("a: 1\n# hidden%sb: 2\nc: 3"):format(ending))
      assert.is_nil(tree)
      assert.equal(2, err.line)
      assert.is_truthy(err.text:find("a line ends here by a character that is not seen", 1, true), err.text)
    end
    assert.is_nil(whalewall.yaml.parse("a: 1\r"))
    assert.is_truthy(whalewall.yaml.parse("a: 1\r\n# seen\r\nb: '\u{2027}'\r\n"))
  end)

  it("declares no more handles than a document has use for", function()
    local function declaring(n)
      local lines = {}
      for i = 1, n do
        lines[i] = ("%%TAG !a%d! tag:example.com,2000:\n"):format(i)
      end
      return table.concat(lines) .. "---\na: 1\n"
    end
    assert.is_truthy(whalewall.yaml.parse(declaring(64)))
    local tree, err = whalewall.yaml.parse(declaring(65))
    assert.is_nil(tree)
    assert.is_truthy(err.text:find("%TAG", 1, true), err.text)
  end)
end)

describe("addr", function()
  it("makes addresses and ranges canonical", function()
    assert.same({ "192.0.2.0/24", 4 }, { whalewall.addr.range("192.0.2.77/24") })
    assert.same({ "2001:db8::/32", 6 }, { whalewall.addr.range("2001:DB8:0::1/32") })
    assert.same({ "192.0.2.1-192.0.2.2", 4 }, { whalewall.addr.range("192.0.2.1-192.0.2.2") })
    assert.same({ "192.0.2.1", 4 }, { whalewall.addr.parse("::ffff:192.0.2.1") })
    assert.is_nil(whalewall.addr.parse("192.0.2"))
    assert.is_nil(whalewall.addr.range("192.0.2.9-192.0.2.1"))
  end)

  it("compares and classifies", function()
    assert.equal(-1, whalewall.addr.compare("192.0.2.1", "192.0.2.2"))
    assert.equal(1, whalewall.addr.compare("2001:db8::1", "192.0.2.2"))
    assert.equal(0, whalewall.addr.compare("::1", "0:0::1"))
    assert.is_true(whalewall.addr.is_any("0.0.0.0"))
    assert.is_true(whalewall.addr.is_any("::"))
    assert.is_false(whalewall.addr.is_any("192.0.2.1"))
    assert.is_true(whalewall.addr.is_loopback("127.0.0.53"))
    assert.is_false(whalewall.addr.is_loopback("192.0.2.1"))
    assert.has_error(function() whalewall.addr.compare("x", "::") end)
  end)
end)

describe("the module", function()
  it("has a version that is a hash", function()
    assert.matches("^%x+$", whalewall.version())
    assert.equal(64, #whalewall.version())
  end)

  it("refuses facts of the wrong shape without harm", function()
    for _, facts in ipairs({
      {}, { endpoints = 1 }, { endpoints = { 1 } }, { endpoints = { { network = 1 } } }, { targets = { {}, 1 } },
      { name = {} }, { endpoints = { { network = {}, ipv4 = "x" } } }, { published = { 1 } },
    }) do
      facts.label_rules = "output: [{ips: [192.0.2.1]}]"
      pcall(whalewall.compile, facts)
    end
    assert.has_error(function() whalewall.compile(1) end)
    assert.has_error(function() whalewall.compile({ endpoints = { { network = {}, ipv4 = "x" } } }) end)
    assert.is_true(whalewall.check(""))
  end)
end)
