--- The labels of a service or network as such: whether they are obeyed, and what their values are.
local labels = require "labels"
local text = require "text"

local M = {}

-- label: one whose value is to be a boolean, and is none.
local function bad_switch(subject, label)
  local value = label.text
  local bare = value:match('^"(.*)"$') or value:match("^'(.*)'$")
  local hint = "write true or false"
  if bare and label.listed then
    hint = ("in a list quotes are a part of the value; write '- %s=%s'"):format(label.key.value, bare)
  elseif text.nearest(value, { "true", "false" }) then
    hint = ("did you mean '%s'?"):format(text.nearest(value, { "true", "false" }))
  end
  subject:at("error", "enabled", label.value,
    ("label '%s': %s is no boolean, so the container is closed; %s"):format(label.key.value, text.quote(value), hint))
end

local AUDITED = "nothing of this container is dropped: what its rules do not allow is only reported"
local IGNORED = "not obeyed where the site has policies, so the container is not audited; take the label away, or "
  .. "start the program with -audit-labels on"

local function check_switches(subject, policies)
  if subject.switch == "bad" then
    bad_switch(subject, subject.enabled)
  end
  if subject.audited == "bad" then
    bad_switch(subject, subject.audit)
  elseif subject.audited == "on" then
    subject:at("warning", "audited", subject.audit.key, policies and IGNORED or AUDITED)
  end
end

-- Variables without a value: Compose puts nothing in their place, and what comes of that is not known here.
local function check_unset(subject)
  for _, label in ipairs({ subject.enabled or false, subject.label or false }) do
    for _, variable in ipairs(label and label.value.unset or {}) do
      subject.findings:add { severity = "warning", code = "not-checkable", service = subject.service.name,
        node = label.value, read = variable.read,
        text = ("label '%s' cannot be checked: the variable '%s' has no value here; set it in the environment or in "
          .. ".env, or write ${%s:-VALUE}"):format(label.key.value, variable.name, variable.name) }
    end
  end
end

local function check_rules(subject)
  if not subject.label then
    return
  elseif subject.rules and next(subject.rules) == nil and subject.switch == "on" then
    subject:at("warning", "empty", subject.label.key, labels.EMPTY)
  end
  if not subject.unset then
    for _, err in ipairs(subject.read.faults) do
      subject:fault(err)
    end
    for _, doubt in ipairs(subject.rules and labels.doubts(subject.rules) or {}) do
      subject:doubt(doubt)
    end
  end
end

-- Keys that look like ours, and rules of a service that is not managed.
local function check_keys(subject, native)
  local meant = false
  for _, label in ipairs(subject.service.labels) do
    local said, enabled = native.stray("container", label.key.value)
    if said then
      subject:at("warning", "unknown-label", label.key, said)
    end
    meant = meant or enabled
  end
  local asks = subject.enabled and subject.enabled.text ~= ""
  asks = asks or subject.audited == "on"
  if subject.label and not asks and not meant and not (subject.enabled and subject.enabled.value.unset) then
    subject:at("warning", "not-enabled", subject.label.key, (native.idle_rules()))
  end
end

local function check_deploy(subject, native)
  for _, label in ipairs(subject.service.deploy_labels) do
    local said = native.stray("service", label.key.value)
    if said then
      subject:at("warning", "deploy-label", label.key, said)
    end
  end
end

--- check(subject, native, policies): are there policies of the site?
function M.check(subject, native, policies)
  check_switches(subject, policies)
  check_unset(subject)
  check_rules(subject)
  check_keys(subject, native)
  check_deploy(subject, native)
end

--- check_networks(project, findings, native)
function M.check_networks(project, findings, native)
  for _, key in ipairs(project.network_names) do
    for _, label in ipairs(project.networks[key].labels) do
      local said = native.stray("network", label.key.value)
      if said then
        findings:add { severity = "warning", code = "unknown-label", node = label.key, text = said }
      end
    end
  end
end

return M
