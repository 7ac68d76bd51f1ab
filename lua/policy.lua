--- What C calls: the policy step. Results are values; a faulty label gives nil and the message for the operator.
local handler = require "policies.default.handler"
local labels = require "labels"
local limits = require "native.limits"
local site = require "site"

local M = {}

--- check(label) -> true | nil, message
function M.check(label)
  local rules, message = labels.read(label)
  if not rules then
    return nil, message
  end
  return true
end

--- mentions(label) -> sorted list of names | nil, message
function M.mentions(label)
  local rules, message = labels.read(label)
  if not rules then
    return nil, message
  end
  local list = {}
  for name in pairs(handler.mentions(rules)) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local function note(text)
  return { rules = {}, consents = {}, notes = { { waiting = false, origin = "", text = text } } }
end

--- compile(facts) -> {rules, consents, notes} | nil, message.
-- facts as in core/model/facts.h: id, name, project, service, label_rules, rules_from_image, endpoints ({network, ipv4,
-- ipv6}), broadcasts (addresses), published ({proto, cport, host, hport}), networks, targets. rules as in
-- policies/default/handler.lua; a consent is a rule with `target`; a note is {waiting, origin, text}.
function M.compile(facts)
  if site.is_open() then
    return site.compile(facts)
  end
  if facts.rules_from_image then
    return note(labels.FROM_IMAGE)
  elseif not facts.label_rules then
    return { rules = {}, consents = {}, notes = {} }
  end
  local label, message = labels.read(facts.label_rules)
  if not label then
    return nil, message
  elseif next(label) == nil then
    return note(labels.EMPTY)
  end
  local out = { rules = {}, consents = {}, notes = labels.notes(label) }
  labels.each(label, function(side, entry, origin)
    handler.add(out, facts, side, entry, origin)
  end)
  if #out.rules > limits.rules then
    return nil, ("label '%s': makes %d rules; at most %d are allowed"):format(labels.NAME, #out.rules, limits.rules)
  end
  return out
end

--- open(sources, config, files): put the site's policies in force; see lua/site.lua.
M.open = site.open

--- names(facts) -> sorted list of names | nil, message: what the label and the site's policies mention.
M.names = site.names

return M
