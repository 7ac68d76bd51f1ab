--- `whalewall check`: what is wrong with compose files, before anything is started.
local compose_files = require "compose.files"
local compose_project = require "compose.project"
local findings = require "check.findings"
local inspect = require "check.inspect"
local report = require "check.report"

local M = {}

local SOUND, WRONG, UNREADABLE = 0, 1, 2 -- exit statuses

local function status_of(found, strict)
  if found.unreadable then
    return UNREADABLE
  elseif found.errors > 0 or strict and found.warnings > 0 then
    return WRONG
  end
  return SOUND
end

--- check(given, native, project) -> findings, summary. Raises what is wrong with a policy.
function M.check(given, native, project)
  local found = findings.new()
  if #given.policies > 0 then
    -- In the state of policies first, where they have limits: then here, for the names of their groups.
    native.simulate { policies = given.policies, config = given.config }
    native.open_policies()
  end
  return found, inspect.project(project, found, given, native)
end

--- run(given, native) -> the exit status. given: {files, policies, config, json, strict, colours}.
function M.run(given, native)
  local project, why = compose_project.open(given.files, compose_files.read_file, _G.os.getenv)
  if not project then
    _G.io.stderr:write("whalewall: ", why, "\n")
    return UNREADABLE
  end
  local found, summary = M.check(given, native, project)
  _G.io.stdout:write(given.json and report.json(found, summary) or report.text(found, summary, given.colours))
  return status_of(found, given.strict)
end

return M
