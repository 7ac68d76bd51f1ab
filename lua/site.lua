--- The site's policies: which are in force, and what they make of one container, after its label.
--
-- Entries (rules as they are written) are gathered from the label and from all policies first; only then are names
-- looked up and rules made. So a handler sees and says the same whether or not what it names is there.
local chains = require "chains"
local cidrs = require "cidrs"
local config_file = require "site.config"
local container = require "site.container"
local groups = require "groups"
local handler = require "policies.default.handler"
local labels = require "labels"
local limits = require "native.limits"
local load = require "site.load"
local same = require "same"
local text = require "text"

local M = {}

local BITS = { labels = 2, image = 4, network_labels = 8 }

local set -- the policies in force, in order; nil: there are none

local function load_all(sources)
  local policies, by_name = {}, {}
  for i, source in ipairs(sources) do
    local policy, message = load.load(source)
    if not policy then
      return nil, message
    elseif by_name[policy.name] then
      return nil, ("policy file '%s': there is a policy '%s' already, in '%s'"):format(source.path, policy.name,
        by_name[policy.name].source.path)
    end
    policies[i], by_name[policy.name] = policy, policy
  end
  return policies
end

-- A group's list, canonical. nil and the reason.
local function canonical(list)
  if type(list) ~= "table" then
    return nil, "must be a list of addresses"
  end
  local ranges = {}
  for i = 1, rawlen(list) do
    local range, reason = cidrs.read(tostring(list[i]):sub(1, 100))
    if not range then
      return nil, text.plain(reason, 200)
    end
    ranges[i] = range
  end
  return ranges
end

-- What this function of the policy returns, a table by names, and its names in their order. nil and the message.
local function call_named(policy, what)
  local made, message = load.call(policy, what)
  if not made or type(made) ~= "table" then
    return nil, message or ("policy '%s': %s: must return a table"):format(policy.name, what)
  end
  local names = {}
  for name in next, made do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return made, names
end

local function define_groups(policy)
  local made, names = call_named(policy, "groups")
  if not made then
    return nil, names
  end
  for _, name in ipairs(names) do
    local ranges, reason = canonical(made[name])
    if not name:find("^[%w_.-]+$") then
      reason = "a name of letters, digits and _ . - is needed"
    elseif groups.get(name) then
      reason = "there is a group of that name already"
    end
    if reason then
      return nil, ("policy '%s': group '%s': %s"):format(policy.name, text.plain(name), reason)
    end
    groups.define(name, ranges)
  end
  return true
end

local function define_chains(policy)
  local made, names = call_named(policy, "chains")
  if not made then
    return nil, names
  end
  for _, name in ipairs(names) do
    local refusals, reason = container.refusals_of_chain(made[name], name, policy.name)
    if not refusals or chains.get(name) then
      return nil, ("policy '%s': chain '%s': %s"):format(policy.name, text.plain(name),
        reason or "there is a chain of that name already")
    end
    chains.define(name, refusals)
  end
  return true
end

-- Those with groups first: the options of other policies may name them.
local function take_options(policies, config)
  for _, first in ipairs({ true, false }) do
    for _, policy in ipairs(policies) do
      if policy.groups == first then
        local message, ok
        policy.options, message = config_file.options(config, policy)
        ok = policy.options ~= nil
        if ok and first then
          ok, message = define_groups(policy)
        end
        if ok and policy.chains then
          ok, message = define_chains(policy)
        end
        if not ok then
          return nil, message
        end
      end
    end
  end
  return true
end

local function bits_of(policies)
  local bits = 1
  for _, policy in ipairs(policies) do
    for what, bit in pairs(BITS) do
      bits = bits | (policy.reads[what] and bit or 0)
    end
  end
  return bits
end

--- open(sources, config, files) -> {reads, groups, wanted} | nil, message. Put policies in force, once, in a fresh
-- state.
-- sources: list of {path, text, schema_path, schema}; config: {path, text} or nil; files: content by name. Where
-- `wanted` (a list of names) is there, nothing is in force yet: call again with those files.
function M.open(sources, config, files)
  local policies, message = load_all(sources)
  if not policies then
    return nil, message
  end
  local read, ok
  read, message = config_file.read(config, policies, files)
  if not read then
    return nil, message
  elseif #read.wanted > 0 then
    return { wanted = read.wanted }
  end
  ok, message = config_file.check_names(read)
  if ok then
    ok, message = take_options(policies, read)
  end
  if not ok then
    return nil, message
  end
  set = policies
  return { reads = bits_of(policies), groups = groups.told() }
end

function M.is_open()
  return set ~= nil
end

-- What the label says, as entries.
local function begin(facts)
  local build = { entries = {}, bans = {}, notes = {} }
  local function note(what)
    build.notes[#build.notes + 1] = { waiting = false, origin = "", text = what }
  end
  if facts.rules_from_image then
    note(labels.FROM_IMAGE)
  elseif facts.label_rules then
    local rules, message = labels.read(facts.label_rules)
    build.fault = message
    if rules and next(rules) == nil then
      note(labels.EMPTY)
    end
    build.notes = rules and #build.notes == 0 and labels.notes(rules) or build.notes
    labels.each(rules or {}, function(side, entry, origin)
      build.entries[#build.entries + 1] = { side = side, entry = entry, origin = origin }
    end)
  end
  return build
end

-- nil and the message where a handler failed.
local function ask_all(facts)
  local build = begin(facts)
  for _, policy in ipairs(set) do
    if policy.handles then
      local call = { build = build, policy = policy, where = function() return load.where(policy) end }
      local ok, message = load.call(policy, "handler", container.new(facts, call))
      if not ok then
        return nil, message
      end
    end
  end
  build.managed = build.wanted or (facts.opted_in and not build.unwanted) or false
  return build
end

-- What policies are not shown: what the names that they said mean.
local MEANT = { networks = true, targets = true }

local asked -- {facts, build}: of the last call of names, for compile, which mostly comes next

-- The policies say of the same facts what they said. A build is used once: rules are made of its own tables.
local function ask_once(facts)
  local before = asked
  asked = nil
  if before and same(before.facts, facts, MEANT) then
    return before.build
  end
  return ask_all(facts)
end

--- names(facts) -> sorted list of the names that rules mention | nil, message. facts without networks and targets.
function M.names(facts)
  local build, message = ask_all(facts)
  if not build then
    return nil, message
  end
  asked = { facts = facts, build = build }
  local mentioned, list = {}, {}
  for _, items in ipairs({ build.entries, build.bans }) do
    for _, item in ipairs(items) do
      handler.mention(item.entry, mentioned)
    end
  end
  for name in pairs(mentioned) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

-- The refusals of the policies' chains that rules name.
local function chain_bans(rules)
  local bans, seen = {}, {}
  for _, rule in ipairs(rules) do
    local name = rule.verdict and rule.verdict.chain
    for _, ban in ipairs(name and not seen[name] and chains.get(name) or {}) do
      bans[#bans + 1] = ban
    end
    seen[name or false] = true
  end
  return bans
end

local function add_bans(out, facts, bans)
  for _, ban in ipairs(bans) do
    local made = { rules = {}, consents = {}, notes = {} }
    handler.add(made, facts, ban.side, ban.entry, ban.origin)
    for _, rule in ipairs(made.rules) do
      if rule.peer ~= "host" then
        rule.reason, rule.chain = ban.reason, ban.chain
        out.bans[#out.bans + 1] = rule
      end
    end
    for _, note in ipairs(made.notes) do
      note.text = "nothing is refused: " .. note.text
      out.notes[#out.notes + 1] = note
    end
  end
end

local function nothing(manage)
  return { rules = {}, consents = {}, notes = {}, bans = {}, manage = manage }
end

--- compile(facts) -> {rules, consents, notes, bans, manage} | nil, message. The same as lua/policy.lua without site
-- policies; bans are rules with `reason`, manage is "yes" or "no" where it is not as the label says.
function M.compile(facts)
  local build, message = ask_once(facts)
  if not build then
    return nil, message
  elseif build.denied then
    return nil, build.denied
  end
  local manage = build.managed ~= facts.opted_in and (build.managed and "yes" or "no") or nil
  if not build.managed then
    return nothing(manage)
  elseif build.fault then
    return nil, build.fault
  end
  local out = nothing(manage)
  out.notes = build.notes
  for _, item in ipairs(build.entries) do
    handler.add(out, facts, item.side, item.entry, item.origin)
  end
  add_bans(out, facts, build.bans)
  add_bans(out, facts, chain_bans(out.rules))
  for _, made in ipairs({ { "rules", out.rules }, { "refusals", out.bans }, { "notes", out.notes } }) do
    if #made[2] > limits.rules then
      return nil, ("label '%s' and policies: make %d %s; at most %d are allowed"):format(labels.NAME, #made[2], made[1],
        limits.rules)
    end
  end
  return out
end

return M
