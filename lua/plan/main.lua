--- `whalewall plan`: who may talk to whom on which ports, once the services of compose files run.
local check = require "check.main"
local compose_files = require "compose.files"
local compose_project = require "compose.project"
local graph = require "plan.graph"
local matrix = require "plan.matrix"
local report = require "check.report"
local show = require "plan.show"
local site_step = require "check.site"

local M = {}

local PRINTED, WRONG, UNREADABLE = 0, 1, 2 -- exit statuses

--- plan(given, native, project) -> matrix
function M.plan(given, native, project)
  return matrix.of(project, site_step.open(project, given, native))
end

--- run(given, native) -> the exit status. given: {files, policies, config, json, dot, colours}.
function M.run(given, native)
  local project, why = compose_project.open(given.files, compose_files.read_file, _G.os.getenv)
  if not project then
    _G.io.stderr:write("whalewall: ", why, "\n")
    return UNREADABLE
  end
  local found = check.check(given, native, project)
  if found.errors > 0 then
    _G.io.stderr:write(report.errors(found))
  end
  if found.unreadable then
    return UNREADABLE
  elseif found.errors > 0 and #project.services == 0 then
    return WRONG
  end
  local plan = M.plan(given, native, project)
  _G.io.stdout:write(given.json and graph.json(plan, project) or given.dot and graph.dot(plan, project.name)
    or show.text(plan, given.colours))
  return found.errors > 0 and WRONG or PRINTED
end

return M
