"""Targets by name: containers, services and their replicas, other projects, swarm; targets that come, move and go."""

from cases import DROP, PASS, case, container, step
from table import run_table

NETWORKS = {"front": {}, "back": {"ipv6": False}, "shop_default": {}}

WEB = """
output:
  - {network: front, container: db, proto: tcp, dst_ports: [5432]}
  - {network: front, container: /admin, proto: udp, dst_ports: [53]}
  - {network: front, container: cache, proto: tcp, dst_ports: [9000-9001]}
  - {network: front, container: mail, proto: tcp, dst_ports: [443]}
  - {network: front, container: stack_queue, proto: tcp, dst_ports: [80]}
  - {network: front, container: free, proto: tcp, dst_ports: [81]}
  - {network: front, container: whole}
  - {network: front, container: late, proto: tcp, dst_ports: [80]}
  - {network: front, container: nobody, proto: tcp, dst_ports: [80]}
  - {network: default, container: inner, proto: tcp, dst_ports: [80]}
  - {network: back, container: behind, proto: tcp, dst_ports: [80]}
  - {network: front, container: logging, log_prefix: web, proto: tcp, dst_ports: [80]}
"""


def shop(service, number=1, **more):
    return container(f"shop-{service}-{number}", project="shop", service=service, **more)


CONTAINERS = [
    shop("web", nets=["front", "back", "shop_default"], rules=WEB),
    shop("db", nets=["front", "back"], enabled="true"),
    container("blog-db-1", nets=["front"], project="blog", service="db", enabled="true"),
    container("admin", nets=["front"], enabled="true"),
    shop("cache", 1, nets=["front"], enabled="true"),
    shop("cache", 2, nets=["front"]),
    shop("cache", 3, nets=["front"], enabled="true"),
    container("shop-cache-run-1a2b3c", nets=["front"], project="shop", service="cache", enabled="true",
              labels={"com.docker.compose.oneoff": "True"}),
    container("blog-mail-1", nets=["front"], project="blog", service="mail", enabled="true"),
    container("blog-mail-2", nets=["back"], project="blog", service="mail", enabled="true"),
    container("stack_queue.1.abc", nets=["front"], enabled="true",
              labels={"com.docker.swarm.service.name": "stack_queue"}),
    container("free", nets=["front"]),
    container("whole", nets=["front"], enabled="true"),
    container("logging", nets=["front"], enabled="true"),
    shop("inner", nets=["shop_default"], enabled="true"),
    container("behind", nets=["front", "back"], enabled="true"),
    container("late", nets=["front"], enabled="true", start=False),
    container("squatter", nets=["front"], start=False),
    container("by_addr", nets=["front"], rules="output: [{ips: [203.0.113.0/27, '2001:db8:0:11::/64']}]"),
    container("other", nets=["front"], rules="output: [{network: front, container: free, proto: tcp, dst_ports: [80]}]"),
    # shares a network namespace: its rules join those of the other
    container("base", nets=["front"]),
    container("sidecar", mode="container:base",
              rules="output: [{network: front, container: free, proto: tcp, dst_ports: [5432]}]"),
]

W = "shop-web-1"

CASES = [
    case("db by service name", f"{W} -> shop-db-1:5432/tcp", PASS),
    case("db by service name", f"{W} -> shop-db-1:5432/tcp6", PASS),
    case("db, other port", f"{W} -> shop-db-1:80/tcp", DROP),
    case("db, other port", f"{W} -> shop-db-1:80/tcp6", DROP),
    case("db, other protocol", f"{W} -> shop-db-1:5432/udp", DROP),
    case("db, no ping", f"{W} -> shop-db-1/icmp", DROP),
    case("db on another network", f"{W} -> shop-db-1@back:5432/tcp", DROP),
    case("db does not answer on its own", f"shop-db-1 -> {W}:80/tcp", DROP),
    case("db does not answer on its own", f"shop-db-1 -> {W}:5432/tcp6", DROP),
    case("db is opened for the one only", "free -> shop-db-1:5432/tcp", DROP),
    case("db is opened for the one only", "free -> shop-db-1:5432/tcp6", DROP),
    case("db is opened for the one only", "by_addr -> shop-db-1:5432/tcp", DROP),
    case("db is opened for the one only", "host -> shop-db-1:5432/tcp", DROP),
    case("db is opened for the one only", "outside -> shop-db-1:5432/tcp", DROP),
    case("another project's db", f"{W} -> blog-db-1:5432/tcp", DROP),
    case("another project's db", f"{W} -> blog-db-1:5432/tcp6", DROP),
    case("/name", f"{W} -> admin:53/udp", PASS),
    case("/name", f"{W} -> admin:53/udp6", PASS),
    case("/name, other port", f"{W} -> admin:80/udp", DROP),
    case("/name, other protocol", f"{W} -> admin:53/tcp", DROP),
    case("first replica", f"{W} -> shop-cache-1:9000/tcp", PASS),
    case("second replica, not managed", f"{W} -> shop-cache-2:9001/tcp", PASS),
    case("third replica", f"{W} -> shop-cache-3:9001/tcp6", PASS),
    case("of compose run, a replica, too", f"{W} -> shop-cache-run-1a2b3c:9000/tcp", PASS),
    case("of compose run, other port", f"{W} -> shop-cache-run-1a2b3c:443/tcp", DROP),
    case("replica, other port", f"{W} -> shop-cache-1:443/tcp", DROP),
    case("replica, other port", f"{W} -> shop-cache-3:443/tcp6", DROP),
    case("unmanaged replica, other port", f"{W} -> shop-cache-2:443/tcp", DROP),
    case("service of another project", f"{W} -> blog-mail-1:443/tcp", PASS),
    case("service of another project", f"{W} -> blog-mail-1:443/tcp6", PASS),
    case("service of another project, other port", f"{W} -> blog-mail-1:80/tcp", DROP),
    case("service of another project, other network", f"{W} -> blog-mail-2:443/tcp", DROP),
    case("swarm service", f"{W} -> stack_queue.1.abc:80/tcp", PASS),
    case("swarm service", f"{W} -> stack_queue.1.abc:80/tcp6", PASS),
    case("swarm service, other port", f"{W} -> stack_queue.1.abc:81/tcp", DROP),
    case("target that is not managed", f"{W} -> free:81/tcp", PASS),
    case("target that is not managed", f"{W} -> free:81/tcp6", PASS),
    case("target that is not managed, other port", f"{W} -> free:80/tcp", DROP),
    case("target that is not managed, not back", f"free -> {W}:81/tcp", DROP),
    case("container without ports", f"{W} -> whole:443/tcp", PASS),
    case("container without ports", f"{W} -> whole:53/udp6", PASS),
    case("container without ports, ping", f"{W} -> whole/icmp", PASS),
    case("container without ports, ping", f"{W} -> whole/icmp6", PASS),
    case("container without ports, not back", f"whole -> {W}:443/tcp", DROP),
    case("container without ports, ping back", f"whole -> {W}/icmp", DROP),
    case("container without ports, not for other senders", "free -> whole:443/tcp", DROP),
    case("logged target", f"{W} -> logging:80/tcp", PASS),
    case("logged target", f"{W} -> logging:80/tcp6", PASS),
    case("logged target, other port", f"{W} -> logging:81/tcp", DROP),
    case("logged target, not for other senders", "other -> logging:80/tcp", DROP),
    case("compose's default network", f"{W} -> shop-inner-1:80/tcp", PASS),
    case("compose's default network", f"{W} -> shop-inner-1:80/tcp6", PASS),
    case("compose's default network, other port", f"{W} -> shop-inner-1:81/tcp", DROP),
    case("the network that the rule names", f"{W} -> behind@back:80/tcp", PASS),
    case("not another network of the target", f"{W} -> behind@front:80/tcp", DROP),
    case("not another network of the target", f"{W} -> behind@front:80/tcp6", DROP),
    case("named targets are not the world", f"{W} -> outside:80/tcp", DROP),
    case("named targets are not the host", f"{W} -> host:80/tcp", DROP),
    case("addresses reach an unmanaged container", "by_addr -> free:80/tcp", PASS),
    case("addresses reach an unmanaged container", "by_addr -> free/icmp6", PASS),
    case("addresses do not open a managed container", "by_addr -> admin:53/udp", DROP),
    case("addresses do not open a managed container", "by_addr -> whole:80/tcp", DROP),
    case("addresses do not open a managed container", "by_addr -> whole/icmp6", DROP),
    case("another one's rule", "other -> free:80/tcp", PASS),
    case("another one's rule, other port", "other -> free:81/tcp", DROP),
    case("another one's rule, other target", "other -> shop-db-1:5432/tcp", DROP),
    case("the sharer's rules", "base -> free:5432/tcp", PASS),
    case("the sharer's rules", "base -> free:5432/tcp6", PASS),
    case("the sharer's rules, other port", "base -> free:80/tcp", DROP),
    case("the shared addresses are managed", "free -> base:80/tcp", DROP),
    case("the shared addresses are managed", "base -> outside:80/tcp", DROP),
    case("not managed", "free -> shop-cache-2:80/tcp", PASS),
    case("not managed", "free -> outside:80/tcp6", PASS),

    step("a target starts", lambda lab: lab.start("late")),
    case("the rule is completed", f"{W} -> late:80/tcp", PASS),
    case("the rule is completed", f"{W} -> late:80/tcp6", PASS),
    case("… for this port only", f"{W} -> late:81/tcp", DROP),
    case("… for this sender only", "free -> late:80/tcp", DROP),
    case("… and it may not answer on its own", f"late -> {W}:80/tcp", DROP),
    case("the rest stay", f"{W} -> shop-db-1:5432/tcp", PASS),

    step("it stops, another takes its address, it starts again", lambda lab: _move(lab, "late", "squatter")),
    case("the rule follows", f"{W} -> late:80/tcp", PASS),
    case("the rule follows", f"{W} -> late:80/tcp6", PASS),
    case("… for this port only", f"{W} -> late:81/tcp", DROP),
    case("… and the old address is closed", f"{W} -> squatter:80/tcp", DROP),
    case("… and the old address is closed", f"{W} -> squatter:80/tcp6", DROP),
    case("the address's new holder is not managed", "free -> squatter:80/tcp", PASS),
    case("the address's new holder is not managed", "squatter -> outside:80/tcp", PASS),

    step("it is renamed", lambda lab: lab.rename("late", "later")),
    case("the rule is withdrawn", f"{W} -> later:80/tcp", DROP),
    case("the rule is withdrawn", f"{W} -> later:80/tcp6", DROP),
    case("the rest stay", f"{W} -> shop-cache-1:9000/tcp", PASS),

    step("it is renamed back", lambda lab: lab.rename("later", "late")),
    case("the rule is there again", f"{W} -> late:80/tcp", PASS),

    step("the sender restarts", lambda lab: lab.restart(W)),
    case("its rules are there again", f"{W} -> late:80/tcp", PASS),
    case("its rules are there again", f"{W} -> shop-db-1:5432/tcp6", PASS),
    case("its rules are there again", f"{W} -> shop-inner-1:80/tcp", PASS),
    case("… and nothing else", f"{W} -> shop-db-1:80/tcp6", DROP),
    case("… and nothing else", f"{W} -> outside:80/tcp", DROP),

    step("a replica goes", lambda lab: lab.remove("shop-cache-1")),
    case("the other replicas stay", f"{W} -> shop-cache-3:9000/tcp", PASS),
    case("the other replicas stay", f"{W} -> shop-cache-2:9000/tcp6", PASS),
    case("… for these ports", f"{W} -> shop-cache-3:80/tcp", DROP),
]


def _move(lab, name, successor):
    before = lab.addr(name, "front")
    lab.stop(name)
    lab.remove(successor)
    lab.container(successor, nets=["front"], ips={"front": (before, None)})
    lab.start(successor)
    lab.start(name)
    if lab.addr(name, "front") == before:
        raise AssertionError(f"{name} has its old address {before}")


def run(context):
    run_table(context, NETWORKS, CONTAINERS, CASES)
