"""A few containers that suites about faults begin with: a closed database, a web server that may use it, and a free one."""

from cases import DROP, PASS, case, check

WEB = "mapped_ports: {external: {allow: true}}\noutput: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
STAYS = [
    case("the rule", "web -> db:5432/tcp", PASS),
    case("the rule", "web -> db:5432/tcp6", PASS),
    case("the published port", "outside -> pub:8400/tcp =web", PASS),
    case("… only", "web -> db:80/tcp", DROP),
    case("db is closed", "free -> db:5432/tcp", DROP),
    case("not managed", "free -> outside:80/tcp", PASS),
]
ENGINE_AWAY = ["engine", "docker", "answer", "event", "connect"]  # what the log may then speak of


def open_shop(lab):
    lab.network("front")
    lab.container("db", nets=["front"], enabled="true")
    lab.container("web", nets=["front"], rules=WEB, ports=["8400:80"])
    lab.container("free", nets=["front"])
    lab.start_all(["db", "web", "free"])


def judge(context, lab, when, cases=(), settling=False):
    """STAYS, and what more is asked for."""
    for c, fault in check(lab, [*STAYS, *cases], settling=settling):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def is_right(lab):
    return not any(fault for _, fault in check(lab, STAYS))
