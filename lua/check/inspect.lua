--- The whole check of one project: each part of it in turn.
local dns = require "check.dns"
local labels = require "check.labels"
local names = require "check.names"
local openings = require "check.openings"
local reach = require "check.reach"
local site_step = require "check.site"
local subjects = require "check.subject"

local M = {}

local function check_files(project, findings)
  for _, fault in ipairs(project.faults) do
    findings:add { severity = "error", code = fault.unreadable and "file" or "compose", node = fault.node,
      offset = fault.offset, text = fault.text, service = fault.service }
    findings.unreadable = findings.unreadable or fault.unreadable
  end
end

-- A note is about a rule of the label, by its path and line, or about what a policy said.
local function tell_note(subject, note)
  local path = note.origin:match("^(%l[%w_.%[%]]*) line %d+$")
  local is_ours = path and subject.rules
  if is_ours and subject.doubted[note.origin] then
    return
  elseif is_ours and not subject.told[path] then
    subject:rule("warning", "note", path, note.text)
  elseif not is_ours and note.origin ~= "" then
    subject:at("warning", "policy", subject.service.key, note.origin .. ": " .. note.text)
  end
end

-- Was nothing wrong with the labels themselves, of which more was said?
local function is_read(subject)
  return subject.switch ~= "bad" and subject.audited ~= "bad" and not (subject.label and #subject.read.faults > 0)
end

-- What the policy step says that was not said of the label as such.
local function check_state(subject, state)
  if state.fault and is_read(subject) then
    subject.findings:add { severity = "error", code = "closed", node = subject.service.key, anywhere = true,
      service = subject.service.name, text = "the container is closed: " .. state.fault }
  end
  for _, note in ipairs(state.notes) do
    tell_note(subject, note)
  end
end

local function check_managed(subject, site, given)
  local state = site:state(subject.service)
  local managed = state and state.managed or not state and subject.switch == "on"
  local audited = subject.audited == "on" and not subject.enabled and #given.policies == 0
  if not managed and not audited then
    return false
  end
  names.check(subject)
  reach.check(subject)
  if not (state and state.fault) then
    openings.check(subject, #given.policies > 0)
    dns.check(subject, function() return #given.policies > 0 and site:may_ask(subject.service) end)
  end
  if state and not subject.unset then
    check_state(subject, state)
  end
  return true
end

--- project(project, findings, given, native) -> summary {services, unmanaged}. Raises what is wrong with a policy.
function M.project(project, findings, given, native)
  check_files(project, findings)
  labels.check_networks(project, findings, native)
  local site = site_step.open(project, given, native)
  local summary = { services = #project.services, unmanaged = {} }
  for _, service in ipairs(project.services) do
    local subject = subjects.new(project, service, findings)
    labels.check(subject, native, #given.policies > 0)
    if not check_managed(subject, site, given) then
      summary.unmanaged[#summary.unmanaged + 1] = service.name
    end
  end
  return summary
end

return M
