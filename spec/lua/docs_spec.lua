--- Every YAML block in the documents is a label (or a compose file with labels) that is taken; or, when a text block
-- with an error follows at once, refused with exactly that error.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native

local ENABLED, RULES = "whalewall.enabled", "whalewall.rules"

local function documents()
  local paths = {}
  for _, name in ipairs(files.list("docs", ".md")) do
    paths[#paths + 1] = "docs/" .. name .. ".md"
  end
  for _, name in ipairs(files.list(".", ".md")) do
    paths[#paths + 1] = name .. ".md"
  end
  return paths
end

-- Calls fn(yaml, message or nil, line) for each YAML block.
local function each_block(source, fn)
  local from = 1
  while true do
    local first, last, body = source:find("\n```yaml\n(.-\n)```\n", from)
    if not first then
      return
    end
    local _, line = source:sub(1, first):gsub("\n", "")
    fn(body, source:match("^```text\n(label [^\n]*)\n```\n", last + 1), line + 1)
    from = last
  end
end

local function value_of(node, key)
  for _, entry in ipairs(node.entries or {}) do
    if entry.key.value == key then
      return entry.value
    end
  end
end

-- A service's label, from a mapping or a list of key=value.
local function label_of(labels, key)
  local value = value_of(labels, key)
  if value then
    return value.value
  end
  for _, item in ipairs(labels.items or {}) do
    local name, text = item.value:match("^([^=]+)=(.*)$")
    if name == key then
      return text
    end
  end
end

local function check_compose(services)
  local found = 0
  for _, service in ipairs(services.entries) do
    local labels = value_of(service.value, "labels") or {}
    local rules, enabled = label_of(labels, RULES), label_of(labels, ENABLED)
    found = found + (enabled and 1 or 0)
    assert.is_true(enabled == nil or enabled == "true", enabled)
    if rules then
      assert.is_truthy(enabled, "rules without " .. ENABLED)
      assert(whalewall.check(rules))
    end
  end
  assert.is_true(found > 0)
end

local function check_block(body, message)
  local tree = whalewall.yaml.parse(body)
  local services = tree and value_of(tree, "services")
  if services then
    check_compose(services)
  elseif message then
    local ok, said = whalewall.check(body)
    assert.is_nil(ok)
    assert.equal(message, said)
  else
    assert(whalewall.check(body))
  end
end

for _, path in ipairs(documents()) do
  local source = files.read(path)
  if source:find("\n```yaml\n", 1, true) then
    describe(path, function()
      each_block(source, function(body, message, line)
        it(("holds in line %d"):format(line), function()
          check_block(body, message)
        end)
      end)
    end)
  end
end

describe("docs/labels.md", function()
  local source = files.read("docs/labels.md")

  it("has an example of every key", function()
    local seen = {}
    each_block(source, function(body, message)
      if not message then
        for key in body:gmatch("([%a_]+):") do
          seen[key] = true
        end
      end
    end)
    for key in ("mapped_ports localhost external allow log_prefix ips verdict chain queue input_est_queue "
      .. "output_est_queue output input network container host proto src_ports dst_ports"):gmatch("%g+") do
      assert.is_true(seen[key], key)
    end
  end)

  it("shows errors", function()
    local errors = 0
    each_block(source, function(_, message)
      errors = errors + (message and 1 or 0)
    end)
    assert.is_true(errors >= 10)
  end)
end)
