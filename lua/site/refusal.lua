--- What a policy refuses: rules as labels have them, and `but`, the addresses that a refusal is not about.
local groups = require "groups"
local inner_of = require "schema".inner_of
local label_schema = require "policies.default.schema"
local native = require "native.addr"

local M = {}

local EVERY = { "0.0.0.0/0", "::/0" }

local function shallow(map, changes)
  local result = {}
  for key, value in pairs(map) do
    result[key] = value
  end
  for key, value in pairs(changes) do
    result[key] = value
  end
  return result
end

local function with(list, item)
  local result = table.move(list, 1, #list, 1, {})
  result[#result + 1] = item
  return result
end

local RULES = inner_of(label_schema, "output")
local RULE = shallow(RULES.of, {
  keys = with(RULES.of.keys, { "but", inner_of(RULES.of, "ips") }),
  at_most_one = with(RULES.of.at_most_one, { "but", "container", "host" }),
  at_least_one = { names = with(RULES.of.at_least_one.names, "but"),
    text = "the refusal does not say what it refuses; give at least one of ips, but, container, or proto "
      .. "(with dst_ports, but for icmp)" },
  synonyms = shallow(RULES.of.synonyms, { except = "but", ["not"] = "but", unless = "but" }),
})

local function keys_of()
  local keys = {}
  for i, entry in ipairs(label_schema.keys) do
    keys[i] = entry[2] == RULES and { entry[1], shallow(RULES, { of = RULE }) } or entry
  end
  return keys
end

--- The schema of what `refuse` and a policy's chains take.
M.SCHEMA = shallow(label_schema, { keys = keys_of() })

--- resolve(entry) -> the entry with `ips` in place of `but` | nil, reason.
function M.resolve(entry)
  if not entry.but then
    return entry
  end
  local of, empty = groups.expand(entry.ips or EVERY)
  local but = groups.expand(entry.but) or {}
  local left, reason = native.without(of or {}, but)
  if empty then
    reason = ("the group '%s' has no addresses"):format(empty)
  elseif left and #left == 0 then
    reason = "but: is all that it refuses, so nothing is left of it"
  end
  if reason then
    return nil, reason
  end
  local resolved = shallow(entry, { ips = left })
  resolved.but = nil
  return resolved
end

return M
