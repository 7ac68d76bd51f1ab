"""The demonstration of `scripts/run --demo`: a small compose-like set of containers, and what whalewall lets through.

It checks what it shows: a connection that does not do what the table says makes it fail.
"""

import argparse
import json
import subprocess
import sys

from cleanup import exit_on_signals, sweep
from lab import HOST4, HOST6, Lab, wait_until

WEB = """
mapped_ports:
  external:
    allow: true
    ips: [192.0.2.100, "2001:db8:ffff::100"]
output:
  - network: default
    container: db
    proto: tcp
    dst_ports: [5432]
"""
DB = ""
TYPO = """mapped_ports:
  external:
    alow: true
"""
COMPOSE = """
  services:                       # project "shop", network "shop_default"
    web:                          ports 8080:80
      whalewall.enabled: "true"
      whalewall.rules: |
        mapped_ports:
          external:
            allow: true
            ips: [192.0.2.100, "2001:db8:ffff::100"]
        output:
          - network: default
            container: db
            proto: tcp
            dst_ports: [5432]
    db:
      whalewall.enabled: "true"   # no rules: closed, but for containers whose rules name it
    typo:                         ports 8081:80
      whalewall.enabled: "true"
      whalewall.rules: |
        mapped_ports:
          external:
            alow: true            # should be: allow
    other:                        # no labels: not managed
"""

# sender, packet, its name, passes, why
TABLE = [
    ("outside", f"tcp {HOST4} 8080", "192.0.2.100 -> host port 8080 (web)", True, "external allows this address"),
    ("outside", f"tcp {HOST6} 8080", "2001:db8:ffff::100 -> host port 8080 (web)", True, "… and this one"),
    ("outside", f"tcp {HOST4} 8080 bind=192.0.2.101", "192.0.2.101 -> host port 8080 (web)", False,
     "external does not list this address"),
    ("host", "tcp 127.0.0.1 8080", "host -> its own port 8080 (web)", False, "localhost is not allowed"),
    ("web", "tcp {db} 5432", "web -> db:5432", True, "web's output rule names db"),
    ("web", "tcp {db6} 5432", "web -> db:5432 over IPv6", True, "… in both families"),
    ("web", "tcp {db} 80", "web -> db:80", False, "no output rule of web matches"),
    ("web", "tcp 192.0.2.100 443", "web -> the world", False, "no output rule of web matches"),
    ("other", "tcp {db} 5432", "other -> db:5432", False, "no rule of db allows it"),
    ("db", "tcp {other} 80", "db -> other:80", False, "db has no output rules"),
    ("host", "tcp {db} 5432", "host -> db:5432", False, "db's port is not published"),
    ("outside", f"tcp {HOST4} 8081", "192.0.2.100 -> host port 8081 (typo)", False, "its label is faulty: closed"),
    ("other", "tcp 192.0.2.100 443", "other -> the world", True, "not managed: not touched"),
]


def start_containers(lab):
    lab.network("shop_default", labels={"com.docker.compose.project": "shop", "com.docker.compose.network": "default"})
    common = {"nets": ["shop_default"], "project": "shop"}
    lab.container("shop-web-1", rules=WEB, ports=["8080:80"], service="web", **common)
    lab.container("shop-db-1", rules=DB, service="db", **common)
    lab.container("shop-typo-1", rules=TYPO, ports=["8081:80"], service="typo", **common)
    lab.container("shop-other-1", service="other", **common)
    lab.start_all([f"shop-{name}-1" for name in ("web", "db", "typo", "other")])


def start_agent(lab, program):
    log = lab.dir / "whalewall.log"
    argv = ["env", f"DOCKER_HOST=unix://{lab.socket}", program, "-d", str(lab.dir), "-l", str(log)]
    agent = lab.popen("host", argv, stdout=subprocess.DEVNULL)
    wait_until("the agent is ready", lambda: log.exists() and '"msg":"ready"' in log.read_text(), seconds=20)
    return agent, log


def show_table(lab):
    names = {"web": "shop-web-1", "db": "shop-db-1", "other": "shop-other-1"}
    addrs = {name: lab.addr(full, "shop_default") for name, full in names.items()}
    addrs.update({f"{name}6": lab.addr(full, "shop_default", family=6) for name, full in names.items()})
    results = lab.probes([(names.get(row[0], row[0]), row[1].format(**addrs)) for row in TABLE])
    wrong = 0
    for (_, _, title, expected, why), result in zip(TABLE, results):
        right = result.outcome == ("pass" if expected else "timeout")
        verdict = {"pass": "passes ", "timeout": "dropped"}.get(result.outcome, "failed ")
        note = why if right else f"UNEXPECTED ({result.detail}): {why}"
        wrong += not right
        print(f"  {title:<46} {verdict}  {note}")
    return wrong


def show(program, probe):
    """Everything from the beginning to the end; the number of connections that did not do what they should."""
    print("whalewall: a demonstration, with a Docker engine of its own in network namespaces of its own")
    print(COMPOSE)
    with Lab(probe=probe) as lab:
        start_containers(lab)
        agent, log = start_agent(lab, program)
        wrong = show_table(lab)
        print("\n  what the log says of `typo`:")
        for line in map(json.loads, log.read_text().splitlines()):
            if line["msg"].startswith("container quarantined"):
                print(f"    {line['msg']}\n    {line['error']}")
        agent.terminate()
        agent.wait()
    print("\nEverything is removed again." if not wrong else f"\n{wrong} connections did not do what they should.")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    parser.add_argument("--probe", required=True)
    args = parser.parse_args()
    exit_on_signals()
    sweep()
    return 1 if show(args.agent, args.probe) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
