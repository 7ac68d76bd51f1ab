--- Compose files to one project: read, merged in their order, with what they include and extend.
--
-- A project is {name, services (list of lua/compose/service.lua), by_name, networks (by name), network_names, faults}.
-- A fault is {node, offset or nil, text, service or nil, unreadable}; a project with faults has what could be read.
local files = require "compose.files"
local merge = require "compose.merge"
local network = require "compose.network"
local node = require "compose.node"
local service = require "compose.service"
local text = require "text"

local M = {}

local child = node.child

-- --- Services that extend others

local extended -- forward: extended(reader, tree, own, chain) -> the service's tree

-- The file and the service that `extends` names: a text, or {service, file}.
local function base_of(reader, tree, extends)
  local named = extends.kind == "map" and child(extends, "service") or extends
  local file = child(extends, "file")
  local path = node.text(file)
  local from = path and reader:read(files.near(file, path), file) or not path and tree or nil
  return from, named
end

local function names_of(map)
  local names = {}
  for i, entry in ipairs(map and map.entries or {}) do
    names[i] = entry.key.value
  end
  return names
end

function extended(reader, tree, own, chain)
  local extends = child(own, "extends")
  if not extends or reader.whole[own] then
    return reader.whole[own] or own
  end
  local from, named = base_of(reader, tree, extends)
  local name = node.text(named)
  if not from or not name then
    return own -- that the file cannot be read was said
  end
  local services = child(from, "services")
  local base = child(services, name)
  if not base then
    local meant = text.nearest(name, names_of(services))
    reader:fault(named, ("extends: there is no service %s%s"):format(text.quote(name),
      meant and ("; did you mean '%s'?"):format(meant) or ""))
    return own
  elseif chain[base] then
    reader:fault(named, ("extends: %s extends itself"):format(text.quote(name)))
    return own
  end
  chain[base] = true
  reader.whole[own] = merge.services(extended(reader, from, base, chain), own)
  return reader.whole[own]
end

-- --- Files into one tree

local whole -- forward: whole(reader, name, at, chain) -> tree | nil

local function merged(base, over)
  return base and over and merge.files(base, over) or over or base
end

-- What a file's `include` brings in comes first: the file's own wins.
local function with_included(reader, tree, chain)
  local base
  for _, item in ipairs((child(tree, "include") or {}).items or {}) do
    for _, path in ipairs(files.named(item.kind == "map" and child(item, "path") or item)) do
      base = merged(base, whole(reader, files.near(path, path.value), path, chain))
    end
  end
  return merged(base, tree)
end

-- Services extend those of their own file, or of one that they name, before any other file is merged.
local function with_extended(reader, tree)
  local services = child(tree, "services")
  if not services or services.kind ~= "map" then
    return tree
  end
  local entries = {}
  for i, entry in ipairs(services.entries) do
    local service_tree = entry.value.kind == "map"
      and extended(reader, tree, entry.value, { [entry.value] = true }) or entry.value
    entries[i] = { key = entry.key, value = service_tree }
  end
  return node.with(tree, "services", node.map(entries, services))
end

function whole(reader, name, at, chain)
  if chain[name] then
    reader:fault(at, ("'%s' includes itself"):format(name))
    return nil
  end
  local tree = reader:read(name, at)
  if not tree then
    return nil
  end
  chain[name] = true
  tree = with_included(reader, with_extended(reader, tree), chain)
  chain[name] = nil
  return tree
end

-- --- The project

-- As Compose makes it of a folder's name: small letters, digits, and - _ behind the first.
local function plain_name(name)
  name = name:lower():gsub("[^%w_-]", ""):gsub("^[_-]+", "")
  return name ~= "" and name or "project"
end

local function name_of(given, reader, tree)
  local folder = files.folder(given.files[1] or ""):match("([^/]+)/$") or (given.folder or ""):match("([^/]+)/?$")
  if folder == "." or folder == ".." then
    folder = nil
  end
  return plain_name(reader.lookup("COMPOSE_PROJECT_NAME") or node.text(child(tree, "name")) or given.name
    or folder or "")
end

local function read_services(project, reader, tree)
  local services = child(tree, "services")
  if services and services.kind ~= "map" then
    reader:fault(services, "'services' must be a mapping: each service by its name")
    return
  end
  for _, entry in ipairs(services and services.entries or {}) do
    local own = entry.value
    if own.kind == "map" then
      local read = service.read(project, entry.key, own)
      project.services[#project.services + 1], project.by_name[read.name] = read, read
    else
      reader:fault(entry.key, ("service %s: must be a mapping, with 'image:' or 'build:' in it")
        :format(text.quote(entry.key.value)))
    end
  end
end

local function fault(project, at, item, message)
  project.faults[#project.faults + 1] = { node = at, text = message, service = item.name }
end

-- Whose namespaces services share, and what their containers are called.
local function check_together(project)
  local by_name = {}
  for _, item in ipairs(project.services) do
    local host, seen = item, {}
    while host and host.shares and not seen[host] do
      seen[host] = true
      host = project.by_name[host.shares]
    end
    if not host or seen[host] then
      fault(project, item.mode_key, item, host and "network_mode: the services share their networks in a circle"
        or ("network_mode: there is no service %s"):format(text.quote(item.shares)))
      item.shares = nil
    end
    local name = item.container_name
    if name and by_name[name] then
      fault(project, item.container_name_node, item, ("container_name: %s is that of the service %s, too")
        :format(text.quote(name), text.quote(by_name[name].name)))
    end
    by_name[name or false] = item
  end
end

--- read(given) -> project. given: {files = {path, …}, read = function(path) -> text | nil, why, environment =
-- function(variable) -> value | nil, folder = the working directory or nil, name = of the project, where nothing says}.
function M.read(given)
  local project = { services = {}, by_name = {}, faults = {} }
  local reader = files.new(given.read, given.environment, project.faults)
  reader:take_variables(files.folder(given.files[1] or ""))
  local tree
  for _, name in ipairs(given.files) do
    tree = merged(tree, whole(reader, name, nil, {}))
  end
  project.name = name_of(given, reader, tree)
  network.read(project, tree)
  if tree then
    read_services(project, reader, tree)
    check_together(project)
  end
  return project
end

-- Which files Compose takes where none are named, and those that go over them.
local USUAL = { "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml" }
local OVER = { "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml",
  "docker-compose.override.yaml" }

local function first_of(names, read)
  for _, name in ipairs(names) do
    if read(name) then
      return name
    end
  end
end

local function usual_files(read, environment)
  local reader = files.new(read, environment, {})
  reader:take_variables("")
  local list = {}
  local separator = (reader.lookup("COMPOSE_PATH_SEPARATOR") or ":"):sub(1, 1)
  for name in (reader.lookup("COMPOSE_FILE") or ""):gmatch("[^%" .. separator .. "]+") do
    list[#list + 1] = name
  end
  if #list == 0 then
    list[1] = first_of(USUAL, read)
    list[2] = list[1] and first_of(OVER, read)
  end
  return list
end

--- open(names, read, environment) -> project | nil, why: of these files, or, where none are named, of those that
-- Compose takes in the working directory.
function M.open(names, read, environment)
  local list = #names > 0 and names or usual_files(read, environment)
  if #list == 0 then
    return nil, "there is no compose file here; name one, or - for the standard input"
  end
  return M.read { files = list, read = read, environment = environment, folder = environment("PWD") }
end

return M
