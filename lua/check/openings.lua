--- What is open that should not be, or not open that was meant to be.
local protocols = require "protocols"

local M = {}

-- Ports that only their own clients should reach.
local DATABASES = {
  [1433] = "SQL Server", [1521] = "Oracle", [2375] = "Docker", [2379] = "etcd", [3306] = "MySQL or MariaDB",
  [5432] = "PostgreSQL", [5984] = "CouchDB", [6379] = "Redis or Valkey", [7687] = "Neo4j", [8086] = "InfluxDB",
  [9042] = "Cassandra", [9200] = "Elasticsearch or OpenSearch", [11211] = "memcached", [26257] = "CockroachDB",
  [27017] = "MongoDB",
}

local function is_loopback(port)
  return port.host:find("^127%.") ~= nil or port.host == "::1"
end

-- No list of addresses, or one that has them all.
local function is_anybody(ips)
  if not ips or #ips == 0 then
    return true
  end
  for _, range in ipairs(ips) do
    if range == "0.0.0.0/0" or range == "::/0" then
      return true
    end
  end
  return false
end

local function check_external(subject, section)
  for _, port in ipairs(subject.service.ports) do
    if DATABASES[port.cport] and not is_loopback(port) and is_anybody(section.ips) then
      subject:rule("warning", "database-open", "mapped_ports.external.allow",
        ("port %d (%s) is open to the whole world; name those that may come with 'ips', or publish it on 127.0.0.1")
        :format(port.cport, DATABASES[port.cport]))
    end
  end
end

-- The first port of a database that the rule is about, and that the service publishes to the world.
local function open_database(subject, entry)
  local protocol = protocols.by_name[entry.proto or ""]
  for _, port in ipairs(subject.service.ports) do
    local covered = not protocol
    for _, range in ipairs(entry.dst_ports or {}) do
      covered = covered or protocol.number == port.proto and range[1] <= port.cport and port.cport <= range[2]
    end
    if covered and DATABASES[port.cport] and not is_loopback(port) then
      return port.cport
    end
  end
end

local function check_input(subject, side, entry, path)
  if side ~= "input" or entry.container or entry.host or entry.network or not is_anybody(entry.ips) then
    return
  end
  local port = open_database(subject, entry)
  if port then
    subject:rule("warning", "database-open", path,
      ("port %d (%s) is published, and open to the whole world; name those that may come with 'ips' or 'container'")
      :format(port, DATABASES[port]))
  end
end

local function all_on_loopback(service)
  for _, port in ipairs(service.ports) do
    if not is_loopback(port) then
      return false
    end
  end
  return #service.ports > 0
end

-- Sections about published ports of a service that publishes none.
local function check_unpublished(subject, name)
  local service = subject.service
  if service.shares then
    return
  elseif #service.ports == 0 then
    local exposed = #service.exposed > 0 and (" ('expose: %s' publishes nothing)"):format(service.exposed[1]) or ""
    subject:rule("warning", "not-published", "mapped_ports." .. name,
      ("the service publishes no port%s, so this allows nothing; publish it under 'ports:', or let other containers in "
      .. "with 'input'"):format(exposed))
  elseif all_on_loopback(service) and name == "external" then
    subject:rule("warning", "only-loopback", "mapped_ports.external",
      "all ports are published on a loopback address, where only the host can come, so this allows nothing; "
      .. "'localhost' is for the host")
  end
end

-- A service that publishes ports which no client may use.
local function check_closed(subject)
  local service, rules = subject.service, subject.rules or {}
  if #service.ports == 0 or subject.label and not subject.rules or subject:section("localhost")
    or subject:section("external") or #(rules.input or {}) > 0 then
    return
  end
  local section = all_on_loopback(service) and "localhost: {allow: true}"
    or "external: {allow: true, ips: [192.0.2.0/24]}"
  subject:at("warning", "published-closed", subject.label and subject.label.key or subject.enabled.key,
    ("the service publishes port %d, and its own rules let no client in by it; allow it, as "
      .. "'mapped_ports: {%s}' does, or publish nothing")
    :format(service.ports[1].cport, section))
end

--- check(subject, site): site: are there policies of the site, which may open or close more?
function M.check(subject, site)
  local external = subject:section("external")
  if external then
    check_external(subject, external)
  end
  for _, name in ipairs({ "localhost", "external" }) do
    if subject:section(name) then
      check_unpublished(subject, name)
    end
  end
  subject:each(function(side, entry, path) check_input(subject, side, entry, path) end)
  if not site then
    check_closed(subject)
  end
end

return M
