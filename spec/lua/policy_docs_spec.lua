--- The documents about policies: every file that they show is made and run, as they say.
local files = require "spec.lua.support.files"
local testing = require "whalewall.testing"

-- Calls fn(body, line, kind) for each block of the documents' code.
local function each_block(source, fn)
  local from = 1
  while true do
    local first, last, kind, body = source:find("\n```([%l-]+)\n(.-\n)```\n", from)
    if not first then
      return
    end
    local _, line = source:sub(1, first):gsub("\n", "")
    fn(body, line + 1, kind)
    from = last
  end
end

local function blocks_of(path, wanted)
  local blocks = {}
  each_block(files.read(path), function(body, line, kind)
    if kind == wanted then
      blocks[#blocks + 1] = { body = body, line = line, name = body:match("^%-%- (%S+)\n") or body:match("^# (%S+)\n") }
    end
  end)
  return blocks
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

-- Everything of one document in a folder of its own. The caller removes it.
local function unpack_files(path)
  local pipe = assert(io.popen("mktemp -d"))
  local folder = pipe:read("l")
  pipe:close()
  for _, kind in ipairs({ "lua", "yaml-file" }) do
    for _, block in ipairs(blocks_of(path, kind)) do
      assert(block.name, ("%s line %d: a file without its name"):format(path, block.line))
      write(folder .. "/" .. block.name, block.body)
    end
  end
  return folder
end

local function absolute_cpath()
  local pipe = assert(io.popen("pwd"))
  local here = pipe:read("l")
  pipe:close()
  return (package.cpath:gsub("[^;]+", function(entry)
    return entry:sub(1, 1) == "/" and entry or here .. "/" .. entry
  end))
end

-- What `whalewall test` says in that folder.
local function run_program(folder)
  local script = ("package.cpath = %q; local run = require 'whalewall.testing'.native.require 'testing.runner'; "
    .. "package.loaded['whalewall.runner'] = run; run.run { './payment_spec.lua' }"):format(absolute_cpath())
  local pipe = assert(io.popen(([[cd '%s' && lua5.4 -e "%s" 2>&1]]):format(folder, (script:gsub('"', "'")))))
  local output = pipe:read("a")
  pipe:close()
  return output
end

-- busted in that folder: its output.
local function run_specs(folder)
  local command = "cd '%s' && lua5.4 /usr/bin/busted --output=plainTerminal --cpath='%s' --pattern=_spec . 2>&1"
  local pipe = assert(io.popen(command:format(folder, absolute_cpath())))
  local output = pipe:read("a")
  pipe:close()
  return output
end

-- Does the folder's content hold, changed by fn?
local function with_folder(path, fn)
  local folder = unpack_files(path)
  local ok, message = pcall(fn, folder)
  os.execute(("rm -r '%s'"):format(folder))
  assert(ok, message)
end

local DOCUMENTS = { ["docs/policies.md"] = 5, ["docs/tutorial-policy.md"] = 3 }

for path, specs in pairs(DOCUMENTS) do
  describe(path, function()
    it("has specs that pass with its own policies", function()
      with_folder(path, function(folder)
        local output = run_specs(folder)
        assert.is_truthy(output:find(("%d successes / 0 failures / 0 errors"):format(specs), 1, true), output)
      end)
    end)
  end)
end

describe("docs/migration.md", function()
  it("has policies that hold", function()
    for _, block in ipairs(blocks_of("docs/migration.md", "lua")) do
      local site = testing.site { policies = { { path = block.name, text = block.body } },
        containers = { web = { networks = { "lab" }, labels = { ["whalewall.enabled"] = "true" } } } }
      assert.is_nil(site:fault("web"))
    end
  end)
end)

describe("docs/policies.md", function()
  local OPTIONS = {
    ["office.lua"] = "office: {networks: [192.0.2.0/24]}",
    ["inside.lua"] = "inside: {project: shop, partners: [203.0.113.0/28]}",
    ["by-tier.lua"] = "by-tier: {tiers: {a: {allow: {output: [{ips: [192.0.2.1]}]}}, b: {closed: true}}}",
  }
  local CONTAINERS = { web = { project = "shop", networks = { "lab", "quiet" }, image = "registry.example/web:1",
    rules = "output: [{ips: [192.0.2.0/24]}]\nmapped_ports: {external: {allow: true}}", labels = { tier = "a" } } }
  local NETWORKS = { quiet = { labels = { quiet = "true" } } }

  for _, block in ipairs(blocks_of("docs/policies.md", "lua")) do
    if not block.name:find("_spec.lua$") then
      it(("has a policy in line %d that holds: %s"):format(block.line, block.name), function()
        local site = testing.site { policies = { { path = block.name, text = block.body } },
          options = OPTIONS[block.name], containers = CONTAINERS, networks = NETWORKS }
        assert.is_nil(site:fault("web"))
      end)
    end
  end

  it("names every function and every ready-made policy", function()
    local source = files.read("docs/policies.md")
    for name in files.read("lua/site/container.lua"):gmatch("\nfunction API%.(%l+)%(") do
      assert.is_truthy(source:find("`container:" .. name .. "(", 1, true), name)
    end
    for _, name in ipairs(files.list("policies", "")) do
      assert.is_truthy(name == "default" or source:find("../policies/" .. name .. "/README.md", 1, true), name)
    end
  end)
end)

describe("docs/tutorial-policy.md", function()
  local PATH = "docs/tutorial-policy.md"
  local said = blocks_of(PATH, "text")

  -- What the document says happens when the policy is changed so.
  local CHANGES = {
    { said = 2, from = "    container:refuse[^\n]*\n", to = "" },
    { said = 3, from = "{ output =", to = "{ outptu =" },
  }
  for _, change in ipairs(CHANGES) do
    it(("tells what is said in line %d"):format(said[change.said].line), function()
      with_folder(PATH, function(folder)
        local text, count = files.read(folder .. "/payment.lua"):gsub(change.from, change.to)
        assert.equal(1, count)
        write(folder .. "/payment.lua", text)
        local output = run_specs(folder)
        assert.is_truthy(output:find((said[change.said].body:gsub("\n$", "")), 1, true), output)
      end)
    end)
  end

  it("tells what the program says when all holds", function()
    with_folder(PATH, function(folder)
      local output = run_program(folder)
      assert.is_truthy(output:find(said[1].body, 1, true), output)
    end)
  end)

  it("tells what the log says", function()
    local policy
    for _, block in ipairs(blocks_of(PATH, "lua")) do
      policy = block.name == "payment.lua" and block.body or policy
    end
    local site = testing.site { policies = { { path = "payment.lua", text = policy } },
      options = blocks_of(PATH, "yaml-file")[1].body,
      containers = { bench = { project = "lab", networks = { "n" }, rules = "output: [{ips: [192.0.2.0/24]}]" } } }
    site:warns("bench", (said[4].body:gsub("\n$", "")))
  end)
end)

describe("the API's own comments", function()
  local source = files.read("lua/site/container.lua")

  it("have an example for each function, which runs", function()
    local functions = 0
    for comment, name in source:gmatch("(%-%-%- container:[^\n]*\n[%-%s][^\n]*.-)\nfunction API%.(%l+)%(") do
      local usage = comment:match("@usage ([^\n]+)")
      assert.is_truthy(usage, name)
      local text = [[return { apiversion = 1, name = "p", reads = { "image" }, handler = function(container)
]] .. usage .. "\nend }"
      local site = testing.site { policies = { { path = "p.lua", text = text } },
        containers = { web = { networks = { "front" }, rules = "output: [{host: true}]" } } }
      assert.is_nil(site:fault("web"))
      functions = functions + 1
    end
    local _, defined = source:gsub("\nfunction API%.", "")
    assert.equal(defined, functions)
    assert.is_true(defined <= 10)
  end)
end)

-- A ready-made policy's README, and the reference: every configuration is one that the policies take.
describe("a configuration in the documents", function()
  local READMES = { "docs/policies.md" }
  for _, name in ipairs(files.list("policies", "")) do
    if name ~= "default" then
      READMES[#READMES + 1] = ("policies/%s/README.md"):format(name)
    end
  end

  for _, path in ipairs(READMES) do
    local blocks = blocks_of(path, "policies")

    it("is there: " .. path, function()
      assert.is_true(#blocks > 0)
    end)

    for _, block in ipairs(blocks) do
      it(("is taken: %s line %d"):format(path, block.line), function()
        local wanted = {}
        for name in ("\n" .. block.body):gmatch("\n([%l-]+):") do
          wanted[#wanted + 1] = name
        end
        local text = block.body:gsub("example/", "policies/groups/example/")
        testing.site { policies = wanted, options = text }
      end)
    end
  end
end)
