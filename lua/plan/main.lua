--- `whalewall plan`: which sender may reach which receiver on which ports, once the services of compose files run.
local change = require "plan.change"
local check = require "check.main"
local compose_files = require "compose.files"
local compose_project = require "compose.project"
local enforced = require "plan.enforced"
local graph = require "plan.graph"
local matrix = require "plan.matrix"
local page = require "plan.page"
local report = require "check.report"
local show = require "plan.show"
local site_step = require "check.site"

local M = {}

local PRINTED, WRONG, UNREADABLE = 0, 1, 2 -- exit statuses

--- plan(given, native, project) -> matrix; given.enforced, answers of the running program: with its `changes` against
-- what is in force.
function M.plan(given, native, project)
  local state = given.enforced and enforced.read(given.enforced, native)
  local matrix_of = matrix.of(project, site_step.open(project, given, native))
  if state then
    matrix_of.changes = change.of(project, site_step.open(project, given, native, function(networks, containers)
      enforced.add_to(state, project, networks, containers)
    end), state)
    matrix_of.was_audited = enforced.has_audited(state)
  end
  return matrix_of
end

local function write_page(path, text)
  local file, why = _G.io.open(path, "wb")
  local done = file and file:write(text)
  done = file and file:close() and done
  if not done then
    _G.io.stderr:write("whalewall: cannot write '", path, "': ", tostring(why or "not all of it"), "\n")
  end
  return done and true or false
end

-- False: it could not be written.
local function print_plan(given, plan, name)
  if given.html then
    return write_page(given.html, page.page(plan, name or "what is in force"))
  end
  _G.io.stdout:write(given.json and graph.json(plan, name) or given.dot and graph.dot(plan, name or "in force")
    or show.text(plan, given.colours))
  return true
end

--- enforced_plan(given, native) -> matrix of what is in force, without files.
function M.enforced_plan(given, native)
  return matrix.of_enforced(enforced.read(given.enforced, native))
end

--- run(given, native) -> the exit status. given: {files, policies, config, enforced, json, dot, html, colours}.
function M.run(given, native)
  if given.enforced and #given.files == 0 then
    return print_plan(given, M.enforced_plan(given, native)) and PRINTED or UNREADABLE
  end
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
  if not print_plan(given, M.plan(given, native, project), project.name) then
    return UNREADABLE
  end
  return found.errors > 0 and WRONG or PRINTED
end

return M
