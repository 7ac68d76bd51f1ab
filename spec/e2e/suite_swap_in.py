"""A stack whose labels were written for the Go program of the same name, with every key that they may have, runs unchanged."""

import tempfile
from pathlib import Path

from cases import DROP, PASS, case, container
from table import run_table

NOTHING = "verdict: {chain: \"\", queue: 0, input_est_queue: 0, output_est_queue: 0}"
# All keys, those that may be left out with what they are then, as its reference lists them.
READER = f"""
mapped_ports:
  # from this host
  localhost:
    allow: true
    log_prefix: ""
    {NOTHING}
  # from the office
  external:
    allow: true
    log_prefix: "office"
    ips:
      - "192.0.2.100"
      - "192.0.2.102/31"
      - 192.0.2.104-192.0.2.105
    {NOTHING}
output:
  - network: default
    container: reader_db
    proto: tcp
    dst_ports:
      - 5432
  - log_prefix: "dns"
    network: ""
    ips: []
    container: ""
    proto: udp
    src_ports: []
    dst_ports:
      - 53
    {NOTHING}
  - log_prefix: "https"
    proto: tcp
    src_ports:
      - 30000-39999
      - 45000
    dst_ports:
      - 443
      - 9000-9001
"""
CLOSED = "mapped_ports: {localhost: {allow: false}, external: {allow: false}}"
CHAINED = "mapped_ports: {external: {allow: true, verdict: {chain: no-crawlers}}}"

# A chain that the Go program's users had in table `filter`: here a policy of the site has it.
POLICY = """
return {
  apiversion = 1,
  name = "chains",
  chains = function()
    return { ["no-crawlers"] = { input = { { ips = { "192.0.2.104/30", "2001:db8:ffff::104" } } } } }
  end,
}
"""


def _compose(service):
    return {"com.docker.compose.project": "stack", "com.docker.compose.service": service}


def _enabled(service, text):
    """The switch as `whalewall.enabled: true`, which compose hands over as that word."""
    return {"whalewall.enabled": text, **_compose(service)}


NETWORKS = {"stack_default": {"labels": {"com.docker.compose.project": "stack", "com.docker.compose.network": "default"}}}
CONTAINERS = [
    container("stack-reader-1", nets=["stack_default"], ports=["8080:80"], labels={**_enabled("reader", "true"), "whalewall.rules": READER}),
    container("stack-reader_db-1", nets=["stack_default"], labels=_enabled("reader_db", "true")),
    container("stack-closed-1", nets=["stack_default"], ports=["8081:80"],
              labels={**_enabled("closed", "true"), "whalewall.rules": CLOSED}),
    container("stack-chained-1", nets=["stack_default"], ports=["8082:80"],
              labels={**_enabled("chained", "true"), "whalewall.rules": CHAINED}),
    container("stack-off-1", nets=["stack_default"], labels={**_enabled("off", "false"), "whalewall.rules": READER}),
    container("plain", nets=["stack_default"]),
]
READ = "=stack-reader-1"
ITEMS = [
    case("from this host", f"host -> lo:8080/tcp {READ}", PASS),
    case("an address of the list", f"outside@100 -> pub:8080/tcp {READ}", PASS),
    case("within the list's CIDR", f"outside@103 -> pub:8080/tcp {READ}", PASS),
    case("within the list's range", f"outside@105 -> pub:8080/tcp {READ}", PASS),
    case("beside the list", f"outside@101 -> pub:8080/tcp {READ}", DROP),
    case("a neighbour", "plain -> stack-reader-1:80/tcp", DROP),
    case("the container that a rule names", "stack-reader-1 -> stack-reader_db-1:5432/tcp", PASS),
    case("the container that a rule names", "stack-reader-1 -> stack-reader_db-1:5432/tcp6", PASS),
    case("… only that port", "stack-reader-1 -> stack-reader_db-1:80/tcp", DROP),
    case("… only that container", "plain -> stack-reader_db-1:5432/tcp", DROP),
    case("… which may begin nothing", "stack-reader_db-1 -> plain:80/tcp", DROP),
    case("to all peers on one port", "stack-reader-1 -> outside:53/udp", PASS),
    case("… only by that protocol", "stack-reader-1 -> outside:53/tcp", DROP),
    case("by its source port", "stack-reader-1#30001 -> outside:443/tcp", PASS),
    case("by its source port, to a range", "stack-reader-1#45000 -> outside:9001/tcp", PASS),
    case("from another source port", "stack-reader-1#41000 -> outside:443/tcp", DROP),
    case("published, and closed", "host -> lo:8081/tcp =stack-closed-1", DROP),
    case("published, and closed", "outside -> pub:8081/tcp =stack-closed-1", DROP),
    case("by a chain", "outside@100 -> pub:8082/tcp =stack-chained-1", PASS),
    case("what the chain does not let through", "outside@105 -> pub:8082/tcp =stack-chained-1", DROP),
    case("switched off", "stack-off-1 -> outside:80/tcp", PASS),
    case("without a label", "plain -> stack-off-1:80/tcp", PASS),
]


def run(context):
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "chains.lua"
        policy.write_text(POLICY)
        run_table(context, NETWORKS, CONTAINERS, ITEMS, args=["-policy", str(policy)])
