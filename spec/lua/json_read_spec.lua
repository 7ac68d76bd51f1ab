--- JSON that is read: what was written comes back, and what is none is an error.
local whalewall = require "whalewall.testing".native
local json = whalewall.require "json"
local json_read = whalewall.require "json_read"

describe("JSON", function()
  it("is read as it was written", function()
    local value = { text = 'a "quote" \\ / \n\t\u{e9}\u{1F433} \1', list = { 1, -2.5, true, false }, empty = {},
      deep = { { a = { b = "c" } } } }
    value.list = json.list(value.list)
    assert.same(value, json_read.decode(json.encode(value)))
  end)

  for given, wanted in pairs {
    ['{"a": null, "b": [null, 1]}'] = { b = { 1 } },
    ['"\\ud83d\\udc33 \\u00e9 \\/ \\ud83d"'] = "\u{1F433} \u{e9} / \u{FFFD}",
    [" [ ] "] = {},
    ["{}"] = {},
    ["1e3"] = 1000.0,
    ["false"] = false,
  } do
    it("is read: " .. given, function() assert.same(wanted, json_read.decode(given)) end)
  end

  for _, given in ipairs { "", "{", "[1,]", '{"a" 1}', "{a: 1}", '"open', "nul", "truefalse", "1 2", '"\\x"', '"\\u12"',
    "[1 2]", ("["):rep(100) } do
    it("is refused: " .. given:sub(1, 20), function()
      assert.has_error(function() json_read.decode(given) end)
    end)
  end
end)
