--- Compose files to projects: what comes of them, and where in the files it is.
local whalewall = require "whalewall.testing".native
local place = whalewall.require "compose.place"
local project = whalewall.require "compose.project"

-- files: content by name; those with a number in front are named on the command line, in that order.
local function read(files, environment)
  local named = {}
  for name in pairs(files) do
    named[#named + 1] = name:find("%.yml$") and not name:find("/") and name or nil
  end
  table.sort(named)
  return project.read { files = named, name = "shop", environment = function(name) return (environment or {})[name] end,
    read = function(path) return files[path], "No such file or directory" end }
end

local function fault_text(fault)
  local source, line, column = place.of(fault.node or {}, fault.offset)
  return (source and ("%s:%d:%d: "):format(source.name, line, column) or "") .. fault.text
end

-- One line for each service, and for each fault.
local function summary(found)
  local lines = {}
  for _, service in ipairs(found.services) do
    local parts = { service.name, service.image or "-" }
    for _, network in ipairs(service.networks) do
      parts[#parts + 1] = "@" .. network.name
    end
    for _, port in ipairs(service.ports) do
      local host = port.host == "0.0.0.0" and "" or port.host
      parts[#parts + 1] = ("%s:%s>%d/%d"):format(host, port.hport or "", port.cport, port.proto)
    end
    for _, label in ipairs(service.labels) do
      parts[#parts + 1] = label.key.value .. "=" .. label.text:gsub("\n", "|")
    end
    lines[#lines + 1] = table.concat(parts, " ")
  end
  for _, fault in ipairs(found.faults) do
    lines[#lines + 1] = fault_text(fault)
  end
  return table.concat(lines, "\n")
end

local CASES = {
  { "labels as a map and as a list", { ["a.yml"] = [[
services:
  web: {image: w, labels: {a: "x y", b: true, c: 1, d: }}
  db: {image: d, labels: ["a=x=y", 'b="q"', c]}
]] }, "web w @shop_default a=x y b=true c=1 d=\ndb d @shop_default a=x=y b=\"q\" c=" },
  { "networks as a map and as a list, external and named ones", { ["a.yml"] = [[
name: Lab 1
services:
  web: {networks: [front, outer, old]}
  db: {networks: {front: {aliases: [x]}, named: }}
  alone: {network_mode: none}
networks: {front: , outer: {external: true}, old: {external: {name: older}}, named: {name: n}}
]] }, "web - @lab1_front @outer @older\ndb - @lab1_front @n\nalone -" },
  { "ports in every form", { ["a.yml"] = [[
services:
  web:
    ports: [80, "8080:80", "127.0.0.1:81:80/udp", "[::1]:82:80", "127.0.0.1::80", "90-91:80-81", "90-95:80/sctp",
      {target: 80, published: "83", host_ip: 192.0.2.1, protocol: udp}, {target: 84}]
]] }, "web - @shop_default :>80/6 :8080>80/6 127.0.0.1:81>80/17 ::1:82>80/6 127.0.0.1:>80/6 :90>80/6 :91>81/6 "
    .. ":>80/132 192.0.2.1:83>80/17 :>84/6" },
  { "ports that are none", { ["a.yml"] =
    "services: {web: {ports: [x, \"1:2:3:4\", {published: 1}, \"80/icmp\", []]}}\n" },
    "web - @shop_default\n"
    .. "a.yml:1:26: ports: 'x' is no port; write it like \"8080:80\", \"127.0.0.1:8080:80/udp\" or 80\n"
    .. "a.yml:1:29: ports: '1:2:3:4' is no port; write it like \"8080:80\", \"127.0.0.1:8080:80/udp\" or 80\n"
    .. "a.yml:1:40: ports: a port that is a mapping needs 'target', a port; it may have 'published', 'host_ip', "
    .. "'protocol'\n"
    .. "a.yml:1:56: ports: '80/icmp' is no port; write it like \"8080:80\", \"127.0.0.1:8080:80/udp\" or 80\n"
    .. "a.yml:1:67: ports: a list is no port; write it like \"8080:80\", \"127.0.0.1:8080:80/udp\" or 80" },
  { "anchors, aliases and merge keys", { ["a.yml"] = [[
x-one: &one {image: i, labels: &l {a: 1}}
x-two: &two {image: j, ports: [80]}
services:
  web: {<<: *one}
  db: {<<: [*one, *two], image: k, labels: {<<: *l, a: 2}}
  *one : {}
]] }, "a.yml:6:3: services: aliases (*name) are not allowed; write the value out, or put quotes around it" },
  { "a merge of several maps", { ["a.yml"] = [[
x-one: &one {image: i, labels: &l {a: 1}}
x-two: &two {image: j, ports: [80]}
services:
  web: {<<: *one}
  db: {<<: [*one, *two], image: k, labels: {<<: *l, b: 2}}
]] }, "web i @shop_default a=1\ndb k @shop_default :>80/6 b=2 a=1" },
  { "a merge of what is no map", { ["a.yml"] = "services:\n  web: {<<: 1}\n" },
    "a.yml:2:9: services.web.<<: a merge key takes a mapping, or a list of mappings" },
  { "an alias of itself, and of nothing", { ["a.yml"] = "services: &a {web: *a}\n", ["b.yml"] = "services: *b\n" },
    "a.yml:1:20: services.web: the alias '*a' is inside of the value that it stands for\n"
    .. "b.yml:1:11: services: there is no anchor '&b' before this alias" },
  { "later files over earlier ones", { ["a.yml"] = [[
services:
  web: {image: w, labels: {a: 1, b: 1}, ports: [80], networks: [front]}
  db: {image: d, labels: {a: 1, b: 1}, ports: [80], networks: [front]}
networks: {front: }
]], ["b.yml"] = [[
services:
  web: {labels: [b=2, c=3], ports: [81], networks: {back: }}
  db: {image: e, labels: !override {c: 3}, ports: !reset []}
networks: {back: }
]] }, "web w @shop_front @shop_back :>80/6 :>81/6 a=1 b=2 c=3\ndb e @shop_front c=3" },
  { "a service that extends another", { ["a.yml"] = [[
services:
  web: {extends: {service: base, file: sub/base.yaml}, labels: {b: 2}}
  db: {extends: web, image: d}
]], ["sub/base.yaml"] = [[
services:
  base: {extends: {service: root, file: root.yaml}, labels: {b: 1}, depends_on: [x]}
]], ["sub/root.yaml"] = "services: {root: {image: r, labels: [a=1]}}\n" },
    "web r @shop_default a=1 b=2\ndb d @shop_default a=1 b=2" },
  { "a service that extends itself, or none", { ["a.yml"] = [[
services:
  web: {extends: api}
  api: {extends: web}
  db: {extends: {service: aip}}
  x: {extends: {service: y, file: none.yaml}}
]] }, "web - @shop_default\napi - @shop_default\ndb - @shop_default\nx - @shop_default\n"
    .. "a.yml:3:18: extends: 'web' extends itself\n"
    .. "a.yml:4:27: extends: there is no service 'aip'; did you mean 'api'?\n"
    .. "a.yml:5:35: cannot read 'none.yaml': No such file or directory" },
  { "included files", { ["a.yml"] = "include: [sub/i.yaml, {path: [sub/j.yaml]}]\nservices: {web: {image: w}}\n",
    ["sub/i.yaml"] = "services: {db: {image: d}, web: {labels: [a=1]}}\n", ["sub/j.yaml"] = "include: [../a.yml]\n" },
    "db d @shop_default\nweb w @shop_default a=1\nsub/j.yaml:1:11: 'a.yml' includes itself" },
  { "a service that is no mapping", { ["a.yml"] = "services: {web: x}\n", ["b.yml"] = "services: []\n", ["c.yml"] = "",
    ["d.yml"] = "x\n" },
    "c.yml:1:1: the file is empty\nd.yml:1:1: a compose file is a mapping, with 'services:' in it\n"
    .. "b.yml:1:11: 'services' must be a mapping: each service by its name" },
  { "labels that are no texts", { ["a.yml"] = "services:\n  web:\n    labels:\n      whalewall.rules:\n"
    .. "        output: []\n      b: []\n" },
    "web - @shop_default\n"
    .. "a.yml:4:7: label 'whalewall.rules': must be a text, found a mapping; put '|' behind the colon, "
    .. "and what is below becomes a text\na.yml:6:7: label 'b': must be a text, found a list" },
  { "networks that are not there", { ["a.yml"] = "services: {web: {networks: [frnt, x]}}\nnetworks: {front: }\n" },
    "web -\na.yml:1:29: there is no network 'frnt' in these files; did you mean 'front'?\n"
    .. "a.yml:1:35: there is no network 'x' in these files; declare it under 'networks:' at the top level" },
  { "what is no YAML", { ["a.yml"] = "services: [\n" },
    "a.yml:2:1: not valid YAML: did not find expected node content" },
}

describe("a project", function()
  for _, case in ipairs(CASES) do
    it("has " .. case[1], function()
      assert.equal(case[3], summary(read(case[2])))
    end)
  end

  it("takes services that extend each other in a long row, and a file that is no name", function()
    local lines = { "services:", "  s0: {extends: {service: s1, file: [x]}, labels: [a=0]}" }
    for i = 1, 2000 do
      lines[#lines + 1] = ("  s%d: {%s}"):format(i, i < 2000 and ("extends: s%d"):format(i + 1) or "image: last")
    end
    local found = read { ["a.yml"] = table.concat(lines, "\n") }
    assert.same({}, found.faults)
    assert.equal("last", found.by_name.s0.image)
    assert.equal("last", found.by_name.s1999.image)
  end)

  it("is named, and has its files, by the file `.env` too", function()
    local contents = { [".env"] = "COMPOSE_FILE=x.yml;y.yml\nCOMPOSE_PATH_SEPARATOR=;\nCOMPOSE_PROJECT_NAME=From Env\n",
      ["x.yml"] = "services: {web: {image: x}}\n", ["y.yml"] = "services: {web: {image: y}}\n" }
    local read_text = function(path) return contents[path], "No such file or directory" end
    local found = project.open({}, read_text, function() end)
    assert.equal("web y @fromenv_default", summary(found))
    assert.is_nil(project.open({}, function() end, function() end))
  end)

  it("is what Compose takes where nothing is named", function()
    local contents = { ["compose.yml"] = "services: {web: {image: x}}\n",
      ["docker-compose.yml"] = "services: {web: {image: old}}\n",
      ["compose.override.yml"] = "services: {web: {labels: [a=1]}}\n" }
    local found = project.open({}, function(path) return contents[path], "No such file or directory" end,
      function(name) return name == "PWD" and "/srv/My.Shop" or nil end)
    assert.equal("web x @myshop_default a=1", summary(found))
  end)

  it("is refused where aliases stand for too much", function()
    local lines = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
    for i = 1, 8 do
      lines[i + 1] = ("a%d: &a%d [%s]"):format(i, i, ("*a%d, "):format(i - 1):rep(10))
    end
    assert.equal("a.yml:6:25: a5[3]: with what its aliases stand for the file has more than 500000 values",
      summary(read { ["a.yml"] = table.concat(lines, "\n") }))
  end)

  it("is refused where it is nested too deep", function()
    assert.equal(("a.yml:1:33: %s: nested deeper than 32 levels"):format("[0]" .. ("[0]"):rep(31)),
      summary(read { ["a.yml"] = ("["):rep(40) }))
  end)
end)

local VARIABLES = {
  { "$A ${A} ${A:-d} ${A-d} ${A:+r} ${A+r}", "a a a a r r" },
  { "${E:-d}|${E-d}|${E:+r}|${E+r}|", "d|||r|" },
  { "${U:-d} ${U-d} ${U:+r}${U+r}.", "d d ." },
  { "${U:-${A}b} ${U:-${U:-}c} $$A $${A}", "ab c $A ${A}" },
  { "${F} ${Q} ${S} ${R}", "file x\ty $A a-b" },
  { "$U.${U}.", "..", { "U", "U" } },
  { "${U:?set it}", 1, "the variable 'U' is required and has no value: set it" },
  { "x ${U?}", 3, "the variable 'U' is required and has no value" },
  { "x $ y", 3, "a '$' begins a variable; write '$$' for a dollar" },
  { "${A", 1, "the '}' of a variable is missing; write '$$' for a dollar" },
  { "${1}", 1, "'${1}' is no variable that Compose reads; write '$$' for a dollar" },
  { "${A=b}", 1, "'${A=b}' is no variable that Compose reads; write '$$' for a dollar" },
}

describe("a variable", function()
  local ENV = "# none\nexport F=file # not\nQ=\"x\\ty\"\nS='$A'\nA=not-this\nR=${A}-b\n"
  for _, case in ipairs(VARIABLES) do
    it("is put in: " .. case[1], function()
      local found = read({ ["a.yml"] = ("services: {web: {\"image\": '%s'}}\n"):format(case[1]), [".env"] = ENV },
        { A = "a", E = "" })
      local image = found.services[1].node.entries[1].value
      local unset = {}
      for i, variable in ipairs(image.unset or {}) do
        unset[i] = variable.name
      end
      assert.same(case[3] or {}, type(case[2]) == "number" and found.faults[1].text or unset)
      assert.equal(case[2], type(case[2]) == "number" and found.faults[1].offset + 1 or image.value)
    end)
  end
end)

local HEAD = "services:\n  web:\n    labels:\n"
-- The places of the words of a label's value, one after the other.
local PLACES = {
  { "a literal block", HEAD .. "      r: |\n        one\n\n          two ä three\n        four\n",
    { "5:9", "7:11", "7:15", "7:17", "8:9" } },
  { "one with an indentation of its own", HEAD .. "      r: |2\n           one\n         two\n",
    { "5:12", "6:10" } },
  { "one that keeps its end", HEAD .. "      r: |+ # so\n        one\n\n        two\n\n",
    { "5:9", "7:9" } },
  { "a folded block", HEAD .. "      r: >-\n        one two\n        three\n\n        four\n          five\n",
    { "5:9", "5:13", "6:9", "8:9", "9:11" } },
  { "a plain text", HEAD .. "      r: one two\n        three\n\n        four\n",
    { "4:10", "4:14", "5:9", "7:9" } },
  { "single quotes", HEAD .. "      r: 'it''s one\n        two'\n", { "4:11", "4:17", "5:9" } },
  { "double quotes", HEAD .. "      r: \"a\\nb \\xe4 \\\" \\\n        x\\_ y\"\n",
    { "4:11", "4:14", "4:16", "4:21", "5:9", "5:13" } },
  { "a list", HEAD .. "      - r=one two\n      - \"r=one \\\n         two\"\n", { "5:12", "6:10" } },
  { "variables", HEAD .. "      r: |\n        a ${X:-bb} c $$ ${Y} d\n",
    { "5:9", "5:11", "5:20", "5:22", "5:25", "5:30" } },
  { "an anchor", HEAD .. "      r: &a !!str \"one two\"\n", { "4:20", "4:24" } },
  { "lines that end as on Windows", HEAD:gsub("\n", "\r\n") .. "      r: |\r\n        one\r\n          two\r\n",
    { "5:9", "6:11" } },
  { "a file with a byte order mark", "\xEF\xBB\xBFservices: {web: {labels: {r: one}}}\n", { "1:30" } },
}

describe("the place of a label's word", function()
  for _, case in ipairs(PLACES) do
    it("is found in " .. case[1], function()
      local found = read({ ["a.yml"] = case[2] }, { Y = "yy" })
      assert.same({}, found.faults)
      local label, places = found.services[1].labels[1], {}
      for at in label.text:gmatch("()[^%s]+") do
        local _, line, column = place.of(label.value, at - 1)
        places[#places + 1] = ("%d:%d"):format(line, column)
      end
      assert.same(case[3], places)
    end)
  end
end)
