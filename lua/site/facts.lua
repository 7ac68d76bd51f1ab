--- What a policy's handler may know of one container. The facts are copies, made anew for each policy.
--
-- `call` is {build, policy, where = function() -> "handler.lua:9"}.
local protocols = require "protocols"
local text = require "text"

local M = {}

M.NAMES = { "id", "name", "project", "service", "opted_in", "networks", "published", "labels", "image_labels", "image" }

local proto_names = {}
for name, protocol in pairs(protocols.by_name) do
  proto_names[protocol.number] = name
end

--- copy(value) -> the same, of which nothing is shared.
function M.copy(value)
  if type(value) ~= "table" then
    return value
  end
  local result = {}
  for key, inner in next, value do
    result[key] = M.copy(inner)
  end
  return result
end

--- fail(call, name, message): raises it, with the place in the policy.
function M.fail(call, name, message)
  error(("%s: %s: %s"):format(call.where(), name, message), 0)
end

-- What asks for a fact that there is not fails: a policy that found nil there would not do what it is for, and say
-- nothing. undeclared: which word of `reads` a fact is only there with.
local function refuse(call, what, key, known, undeclared)
  local name = what .. "." .. text.plain(tostring(key))
  if undeclared[key] then
    M.fail(call, name, ("is only there with reads = { %q }"):format(undeclared[key]))
  elseif type(key) == "string" and not text.among(key, known) then
    local meant = text.nearest(key, known)
    M.fail(call, name, ("there is no such fact or function%s (known: %s)"):format(
      meant and ("; did you mean '%s'?"):format(meant) or "", table.concat(known, ", ")))
  end
end

--- strict(fact, call, what, known, undeclared) -> the fact, in which other keys than the known ones are a mistake.
function M.strict(fact, call, what, known, undeclared)
  return setmetatable(fact, {
    __index = function(_, key) refuse(call, what, key, known, undeclared) end,
    __metatable = false,
  })
end

local function labels_of(facts, from_image)
  local found = {}
  for _, label in ipairs(facts.labels or {}) do
    if label.from_image == from_image then
      found[label.key] = label.value
    end
  end
  return found
end

local NETWORK_FACTS = { "name", "project", "compose_name", "default_bridge", "ipv4", "ipv6", "subnets", "labels" }

local function networks_of(facts, call)
  local networks, with_labels = {}, call.policy.reads.network_labels
  for i, endpoint in ipairs(facts.endpoints) do
    local network = endpoint.network
    networks[i] = M.strict({
      name = network.name,
      project = network.project,
      compose_name = network.compose_network,
      default_bridge = network.default_bridge,
      ipv4 = endpoint.ipv4,
      ipv6 = endpoint.ipv6,
      subnets = M.copy(network.subnets or {}),
      labels = with_labels and M.copy(network.labels or {}) or nil,
    }, call, "network", NETWORK_FACTS, not with_labels and { labels = "network_labels" } or {})
  end
  return networks
end

local PUBLISHED_FACTS = { "proto", "port", "host", "host_port" }

local function published_of(facts, call)
  local published = {}
  for i, publish in ipairs(facts.published) do
    published[i] = M.strict({
      proto = proto_names[publish.proto] or tostring(publish.proto),
      port = publish.cport,
      host = publish.host,
      host_port = publish.hport > 0 and publish.hport or nil,
    }, call, "published", PUBLISHED_FACTS, {})
  end
  return published
end

-- How each fact is made. Most policies ask for few of them, so each is made when it is asked for.
local MAKERS = {
  id = function(facts) return facts.id end,
  name = function(facts) return facts.name end,
  project = function(facts) return facts.project end,
  service = function(facts) return facts.service end,
  opted_in = function(facts) return facts.opted_in end,
  networks = networks_of,
  published = published_of,
  image = function(facts) return facts.image end,
  labels = function(facts) return labels_of(facts, false) end,
  image_labels = function(facts) return labels_of(facts, true) end,
}

-- What the policy does not declare in `reads` is not there.
local DECLARED = { image = "image", labels = "labels", image_labels = "labels" }

local function is_declared(call, key)
  return not DECLARED[key] or call.policy.reads[DECLARED[key]]
end

--- make(facts, call, key) -> the fact, nil: it is not known, the policy does not read it, or there is none such.
function M.make(facts, call, key)
  if MAKERS[key] and is_declared(call, key) then
    return MAKERS[key](facts, call)
  end
end

--- refuse_unknown(call, what, key, known): raises it where there is no such key, or not for this policy.
function M.refuse_unknown(call, what, key, known)
  refuse(call, what, key, known, is_declared(call, key) and {} or DECLARED)
end

return M
