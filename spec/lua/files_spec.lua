--- Where policies are read from: names, files, directories; and what is said of what cannot be read.
local testing = require "whalewall.testing"

local POLICY = "return { apiversion = 1, name = %q, handler = function(c) c:manage(true) c:warn(%q) end }"
local CONTAINERS = { web = { networks = { "front" } } }

-- A folder with these files ({path = text}), while fn(folder) runs.
local function with_files(list, fn)
  local pipe = assert(io.popen("mktemp -d"))
  local folder = pipe:read("l")
  pipe:close()
  for path, text in pairs(list) do
    os.execute(("mkdir -p '%s/%s'"):format(folder, path:match("^(.*)/") or ""))
    local file = assert(io.open(folder .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end
  local ok, message = pcall(fn, folder)
  os.execute(("rm -r '%s'"):format(folder))
  assert(ok, message)
end

-- What the policies warn of, in order.
local function warnings(...)
  local site = testing.site { policies = { ... }, containers = CONTAINERS }
  local said = {}
  for i, note in ipairs(site:notes("web")) do
    said[i] = note:match('"([^"]*)"$')
  end
  return table.concat(said, " ")
end

describe("a directory", function()
  local FILES = {
    ["20-b.lua"] = POLICY:format("b", "b"),
    ["10-c.lua"] = POLICY:format("c", "c"),
    ["15-a/handler.lua"] = POLICY:format("a", "a"),
    ["15-a/schema.lua"] = "return {}",
    ["15-a/a_spec.lua"] = "not a policy",
    ["README.md"] = "no policy",
    [".hidden.lua"] = "not a policy",
    ["10-c_spec.lua"] = "not a policy",
    ["lists/addresses.txt"] = "192.0.2.1",
  }

  it("has policies in the order of their names", function()
    with_files(FILES, function(folder)
      assert.equal("c a b", warnings(folder))
      assert.equal("b a", warnings(folder .. "/20-b.lua", folder .. "/15-a"))
    end)
  end)

  it("with a handler is one policy, with the options of its schema", function()
    with_files({
      ["p/handler.lua"] = [[
return { apiversion = 1, name = "p", handler = function(c, o) c:manage(true) c:warn(o.x) end }]],
      ["p/schema.lua"] = "return { { 'x', 'text', default = 'by default' } }",
    }, function(folder)
      assert.equal("by default", warnings(folder .. "/p"))
    end)
  end)
end)

-- What cannot be read: the message.
local TROUBLE = {
  { "no-such", "there is no ready-made policy 'no-such' (known: allow-dns, deny-metadata, groups, isolate-projects, "
    .. "overrides, public-ports, require-optin)" },
  { "default", "policy 'default': what labels mean is always in force" },
  { "%s/none.lua", "none.lua': No such file or directory" },
  { "%s/empty", "there is no policy in '" },
  { "%s/nul.lua", "is not a text: it has a NUL in it" },
  { "%s/large.lua", "is longer than 262144 bytes" },
  { "%s/bad/", "schema.lua:1: " },
}

describe("a policy that cannot be read", function()
  for _, row in ipairs(TROUBLE) do
    it("is refused: " .. row[1], function()
      with_files({ ["empty/x.txt"] = "", ["nul.lua"] = "return 1\0", ["large.lua"] = ("-"):rep(262145),
        ["bad/handler.lua"] = POLICY:format("p", "p"), ["bad/schema.lua"] = "x =" }, function(folder)
        local ok, message = pcall(testing.site, { policies = { (row[1]:gsub("%%s", folder)) } })
        assert.is_false(ok)
        assert.is_truthy(tostring(message):find(row[2], 1, true), message)
      end)
    end)
  end
end)
