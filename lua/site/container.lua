--- What a policy's handler gets: one container, as facts to read and functions to call.
--
-- What a handler says is only noted here (in a `build`, lua/site.lua); rules are made of it when all policies have
-- spoken. `call` is {build, policy, where = function() -> "handler.lua:9"}.
local fact = require "site.facts"
local labels = require "labels"
local label_schema = require "policies.default.schema"
local refusal = require "site.refusal"
local schema = require "schema"
local text = require "text"
local tree = require "site.tree"

local M = {}

local fail = fact.fail

local SIDES = { "localhost", "external", "input", "output" }
local REASON_MAX = 300
local DOUBTS = 16 -- that are told of what policies say of one container

local function said(err)
  return (err.path ~= "" and text.plain(err.path, 160) .. ": " or "") .. err.text
end

-- What there is no room for is counted, in the last note.
local function note_doubts(call, name, doubts)
  local build = call.build
  for _, doubt in ipairs(doubts) do
    build.doubted = (build.doubted or 0) + 1
    if build.doubted <= DOUBTS then
      build.last_doubt = { waiting = false, origin = ("%s (%s)"):format(call.policy.name, call.where()),
        text = ("%s: %s"):format(name, said(doubt)) }
      build.notes[#build.notes + 1] = build.last_doubt
    else
      build.last_doubt.origin = ""
      build.last_doubt.text = ("%d more places of policies' rules open more than a value there would")
        :format(build.doubted - DOUBTS + 1)
    end
  end
end

-- The rules that a policy handed over, checked as a label is, or as a refusal.
local function checked(call, name, value, as)
  local node, reason = tree.of(value)
  if type(value) ~= "table" or node and node.kind == "list" and #node.items == 0 then
    reason = "must be a table with output, input or mapped_ports"
    node = nil
  end
  if not node then
    fail(call, name, reason)
  end
  local rules, err = schema.check(as or label_schema, node)
  if not rules then
    fail(call, name, said(err))
  end
  note_doubts(call, name, err)
  return rules
end

local function origin_of(call)
  return call.policy.name .. " (" .. call.where() .. ")"
end

local function reason_of(call, name, reason)
  if type(reason) ~= "string" or reason == "" then
    fail(call, name, "needs a reason, as a text for people")
  end
  return text.plain(reason, REASON_MAX)
end

-- Why traffic cannot be refused so; nil: it can.
local function unrefusable(rules, barred)
  local why
  labels.each(rules, function(_, entry, path)
    for _, key in ipairs(barred) do
      if entry[key] and not why then
        why = ("%s.%s: cannot be refused; refuse addresses, containers, protocols and ports"):format(path, key)
      end
    end
  end)
  return why
end

local BARRED = { "host", "src_ports", "log_prefix", "verdict" }
local BARRED_IN_CHAINS = { "host", "src_ports", "log_prefix", "verdict", "container", "network" }

--- refusals_of_chain(value, name, policy) -> list of refusals | nil, reason: what a chain of a policy's says.
function M.refusals_of_chain(value, name, policy)
  local node, reason = tree.of(value)
  local rules, err
  if node and type(value) == "table" then
    rules, err = schema.check(refusal.SCHEMA, node)
    reason = not rules and said(err) or nil
  end
  reason = rules and unrefusable(rules, BARRED_IN_CHAINS) or reason
  local refusals = {}
  labels.each(not reason and rules or {}, function(side, entry, path)
    local resolved, why = refusal.resolve(entry)
    reason = reason or why and path .. ": " .. why
    refusals[#refusals + 1] = { side = side, entry = resolved, chain = name, reason = "the chain refuses it",
      origin = ("chain %s of %s"):format(name, policy) }
  end)
  if reason or #refusals == 0 then
    return nil, reason or "must be a table with what it refuses: output or input"
  end
  return refusals
end

local API = {}

--- container:manage(on): manage the container whatever its label says; with false: do not. Where policies differ, it
-- is managed.
-- @usage container:manage(true)
function API.manage(call, on)
  if type(on) ~= "boolean" then
    fail(call, "manage", "must be true or false")
  end
  call.build[on and "wanted" or "unwanted"] = true
end

--- container:allow(rules): add rules, written as in a label.
-- @usage container:allow { output = { { proto = "udp", dst_ports = { 53 } } } }
function API.allow(call, rules)
  local where = origin_of(call) .. " "
  labels.each(checked(call, "allow", rules), function(side, entry, path)
    local entries = call.build.entries
    entries[#entries + 1] = { side = side, entry = entry, origin = where .. path }
  end)
end

-- A refusal is about traffic, so what only a rule can have is a mistake there.
local function check_refused(call, rules)
  if rules.mapped_ports then
    fail(call, "refuse", "mapped_ports: what comes to published ports is refused as input, by the container's ports")
  end
  local why = unrefusable(rules, BARRED)
  if why then
    fail(call, "refuse", why)
  end
end

--- container:refuse(rules, reason): no rule allows this, wherever it is written, whichever came first.
-- Only `input` (also for published ports) and `output`. `but`: addresses that the refusal is not about.
-- @usage container:refuse({ output = { { ips = { "192.0.2.0/24" } } } }, "that network is being moved")
function API.refuse(call, rules, reason)
  local why, where = reason_of(call, "refuse", reason), origin_of(call)
  local refused = checked(call, "refuse", rules, refusal.SCHEMA)
  check_refused(call, refused)
  if not (refused.output and refused.output[1] or refused.input and refused.input[1]) then
    call.build.notes[#call.build.notes + 1] = { waiting = false, origin = where,
      text = "refuse: nothing is refused, for the lists are empty" }
  end
  labels.each(refused, function(side, entry, path)
    local bans = call.build.bans
    local resolved, problem = refusal.resolve(entry)
    if not resolved then
      fail(call, "refuse", path .. ": " .. problem)
    end
    bans[#bans + 1] = { side = side, entry = resolved, origin = where, reason = why }
  end)
end

--- container:deny(reason): close the container: everything is dropped until the reason is gone.
-- @usage if container.image == "legacy" then container:deny "legacy may not run here" end
function API.deny(call, reason)
  local why = reason_of(call, "deny", reason)
  call.build.denied = call.build.denied or ("policy '%s' (%s): %s"):format(call.policy.name, call.where(), why)
end

--- container:warn(text): say something in the log.
-- @usage container:warn "port 22 is published"
function API.warn(call, message)
  local notes = call.build.notes
  notes[#notes + 1] = {
    waiting = false,
    origin = origin_of(call),
    text = reason_of(call, "warn", message),
  }
end

-- The changes of `set`, checked as those of a label are.
local function changes_of(call, changes)
  if type(changes) ~= "table" then
    fail(call, "set", "must be a table with log_prefix or verdict")
  end
  local section = { allow = true }
  for key, value in next, changes do
    if key ~= "side" then
      section[key] = value
    end
  end
  if section.ips then
    fail(call, "set", "ips: cannot be set; known: side, log_prefix, verdict")
  end
  local rules = checked(call, "set", { mapped_ports = { external = section } })
  return rules.mapped_ports.external
end

--- container:set{side, log_prefix, verdict}: give all rules so far (of one side: localhost, external, input or output)
-- this log prefix, this verdict.
-- @usage container:set { side = "output", log_prefix = "out" }
function API.set(call, changes)
  local set = changes_of(call, changes)
  local side = changes.side
  if side ~= nil and not text.among(side, SIDES) then
    fail(call, "set", "side: must be localhost, external, input or output")
  end
  for _, item in ipairs(call.build.entries) do
    if side == nil or item.side == side then
      local entry = {}
      for key, value in pairs(item.entry) do
        entry[key] = value
      end
      entry.log_prefix = set.log_prefix or entry.log_prefix
      entry.verdict = set.verdict or entry.verdict
      item.entry = entry
    end
  end
end

local function ports_text(ranges)
  local list = {}
  for i, range in ipairs(ranges or {}) do
    list[i] = range[1] == range[2] and tostring(range[1]) or ("%d-%d"):format(range[1], range[2])
  end
  return #list > 0 and list or nil
end

-- What says nothing in a rule is not there, so that it can be handed on to `allow`.
local function without_blanks(entry)
  local rule = {}
  for key, value in next, entry do
    local kept = key == "verdict" and without_blanks(value) or fact.copy(value)
    if kept ~= "" and (type(kept) ~= "table" or next(kept) ~= nil) then
      rule[key] = kept
    end
  end
  return rule
end

local RULE_FACTS = { "side", "origin", "log_prefix", "network", "ips", "container", "host", "proto", "src_ports",
  "dst_ports", "verdict" }

--- container:rules() -> list: the rules so far, from the label and from policies before. Each has side and origin, and
-- the keys that it was written with.
-- @usage for _, rule in ipairs(container:rules()) do if rule.host then container:warn(rule.origin) end end
function API.rules(call)
  local list = {}
  for i, item in ipairs(call.build.entries) do
    local rule = without_blanks(item.entry)
    rule.allow = nil
    rule.src_ports, rule.dst_ports = ports_text(rule.src_ports), ports_text(rule.dst_ports)
    rule.side, rule.origin = item.side, item.origin
    list[i] = fact.strict(rule, call, "rule", RULE_FACTS, {})
  end
  return list
end

M.FUNCTIONS = {}
for name in pairs(API) do
  M.FUNCTIONS[#M.FUNCTIONS + 1] = name
end
table.sort(M.FUNCTIONS)

local KNOWN = table.move(fact.NAMES, 1, #fact.NAMES, 1, {})
table.move(M.FUNCTIONS, 1, #M.FUNCTIONS, #KNOWN + 1, KNOWN)

-- A function for a policy: `container:name(…)`. Whose container it is was decided when it was made.
local function method(call, self, name)
  return function(given, ...)
    if given ~= self then
      fail(call, name, ("write container:%s(…), with a colon"):format(name))
    end
    return API[name](call, ...)
  end
end

--- new(facts, call) -> the container for one policy's handler.
function M.new(facts, call)
  local fields, self = {}, {}
  local function get(_, key)
    if fields[key] ~= nil then
      return fields[key]
    end
    local value = API[key] and method(call, self, key) or fact.make(facts, call, key)
    if value == nil then
      fact.refuse_unknown(call, "container", key, KNOWN)
    else
      fields[key] = value
    end
    return value
  end
  local function set(_, key)
    fail(call, "container." .. tostring(key), "cannot be set")
  end
  return setmetatable(self, { __index = get, __newindex = set, __metatable = false })
end

return M
