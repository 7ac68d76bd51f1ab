"""Changes on the running engine: networks come and go, containers are born, restart, pause; fifty at once."""

from cases import DROP, PASS, case, container, step
from table import run_table

MANY = 50
TO_SRV = "output: [{network: front, container: srv, proto: tcp, dst_ports: [80]}]"
BACK = "output: [{network: back, container: db, proto: tcp, dst_ports: [5432]}]"

NETWORKS = {"front": {}, "back": {}, "wide": {"wide": True}}
CONTAINERS = [
    container("srv", nets=["front"]),
    container("srv_wide", nets=["wide"]),
    container("free", nets=["front", "back"]),
    container("db", nets=["back"], enabled="true"),
    container("web", nets=["front"], rules=BACK, ports=["8400:80"]),
    container("old", nets=["front"], rules=TO_SRV, start=False),
    container("planned", nets=["front"], rules=BACK, start=False),
    container("shop", nets=["front"], rules=TO_SRV, ports=["8401:80"]),
    container("sleeper", nets=["front"], rules="mapped_ports: {external: {allow: true}}", ports=["8402:80"]),
]


def _born(lab):
    lab.network("new")
    lab.container("born_srv", nets=["new"])
    lab.container("born", nets=["new"], rules=TO_SRV.replace("front", "new").replace("srv", "born_srv"), ports=["8403:80"])
    lab.start_all(["born_srv", "born"])


def _reborn(lab):
    lab.remove("shop")
    lab.container("shop", nets=["front"], ports=["8401:80"],
                  rules="mapped_ports: {external: {allow: true}}\n" + TO_SRV.replace("80", "81"))
    lab.start("shop")


def _planned(lab):
    """Older engines announce no such connection before the start."""
    lab.connect("planned", "back")
    lab.start("planned")


def _pause(lab):
    lab.pause("sleeper")
    lab.unpause("sleeper")


def _fifty(lab):
    rules = "output: [{network: wide, container: srv_wide, proto: tcp, dst_ports: [80]}]"
    names = [lab.container(f"many-{n}", nets=["wide"], rules=rules) for n in range(MANY)]
    lab.start_all(names, workers=MANY)


CASES = [
    case("not on the network yet", "web -> free@front:5432/tcp", DROP),
    case("not managed", "free -> db:5432/tcp", DROP),

    step("network connect", lambda lab: lab.connect("web", "back")),
    case("the rule of the new network", "web -> db:5432/tcp", PASS),
    case("the rule of the new network", "web -> db:5432/tcp6", PASS),
    case("… only", "web -> db:80/tcp", DROP),
    case("the new address is managed", "free@back -> web@back:80/tcp", DROP),
    case("the new address is managed", "free@back -> web@back:80/tcp6", DROP),
    case("the old address still is", "free -> web@front:80/tcp", DROP),

    step("network disconnect, and another container takes the address", lambda lab: _successor(lab)),
    case("the address is not managed any more", "free -> heir@back:80/tcp", PASS),
    case("… nor is what it sends", "heir -> outside:80/tcp", PASS),
    case("… and db is not open to it", "heir -> db:5432/tcp", DROP),
    case("the other address still is", "free -> web@front:80/tcp", DROP),
    case("the other address still is", "web -> outside:80/tcp", DROP),

    step("network connect once more", lambda lab: lab.connect("web", "back")),
    case("with another address", "web -> db:5432/tcp", PASS),
    case("… and the heir's stays closed", "heir -> db:5432/tcp", DROP),

    step("an old container starts", lambda lab: lab.start("old")),
    case("its rule", "old -> srv:80/tcp", PASS),
    case("its rule", "old -> srv:80/tcp6", PASS),
    case("… only", "old -> srv:81/tcp", DROP),
    case("… and nothing inbound", "free -> old:80/tcp", DROP),

    step("connected to a network before it starts", _planned),
    case("the rule of that network", "planned -> db:5432/tcp", PASS),
    case("the rule of that network", "planned -> db:5432/tcp6", PASS),
    case("… only", "planned -> db:80/tcp", DROP),
    case("… and nothing inbound", "free@back -> planned@back:80/tcp", DROP),
    case("… and nothing inbound", "free@back -> planned@back:80/tcp6", DROP),
    case("the network it was made for", "free@front -> planned@front:80/tcp", DROP),

    step("restart", lambda lab: lab.restart("shop")),
    case("its rule", "shop -> srv:80/tcp", PASS),
    case("… only", "shop -> srv:81/tcp6", DROP),
    case("… and its published port is closed", "outside -> pub:8401/tcp =shop", DROP),

    step("removed, and created with other labels", _reborn),
    case("the new rule", "shop -> srv:81/tcp", PASS),
    case("not the old one", "shop -> srv:80/tcp", DROP),
    case("the new published port", "outside -> pub:8401/tcp =shop", PASS),
    case("the new published port", "outside -> pub:8401/tcp6 =shop", PASS),

    step("pause and unpause", _pause),
    case("still open", "outside -> pub:8402/tcp =sleeper", PASS),
    case("still closed", "free -> sleeper:81/tcp", DROP),

    step("rename", lambda lab: lab.rename("sleeper", "waker")),
    case("still open", "outside -> pub:8402/tcp =sleeper", PASS),
    case("still closed", "waker -> srv:80/tcp", DROP),

    step("a network, a target and a container are born", _born),
    case("its rule", "born -> born_srv:80/tcp", PASS),
    case("its rule", "born -> born_srv:80/tcp6", PASS),
    case("… only", "born -> born_srv:81/tcp", DROP),
    case("… and nothing inbound", "outside -> pub:8403/tcp =born", DROP),
    case("an unmanaged one", "born_srv -> outside:80/tcp", PASS),

    step(f"{MANY} containers start at once", _fifty),
    *[case("its rule", f"many-{n} -> srv_wide:80/tcp", PASS) for n in range(MANY)],
    *[case("… only", f"many-{n} -> srv_wide:81/tcp", DROP) for n in range(MANY)],
    *[case("… and nothing inbound", f"srv_wide -> many-{n}:80/tcp6", DROP) for n in range(0, MANY, 5)],
    *[case("… nor among them", f"many-{n} -> many-{n + 1}:80/tcp", DROP) for n in range(0, MANY, 5)],
]


def _successor(lab):
    before = lab.addr("web", "back")
    lab.disconnect("web", "back")
    lab.container("heir", nets=["back"], ips={"back": (before, None)})
    lab.start("heir")


def run(context):
    run_table(context, NETWORKS, CONTAINERS, CASES)
