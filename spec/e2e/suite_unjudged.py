"""Flows that nothing has judged: the kernel takes what a bridge hands to the host under another MAC than the bridge's (a frame to all, to a
group, to the MAC of a port) into its table of flows before any rule is asked; an answer, or one that the sender forges itself past the bridge,
makes it established. Nothing of that may carry a byte to or from a managed container without rules, alive or dead."""

import collections
import itertools

from agent import in_each_state
from frames import AD, EVERYBODY, Q, Mark, datagram, ether, fire, group_mac, shot
from lab import HOST4, HOST6, Lab
from links import bridge, link, no_reverse_path, place

NET, ELSEWHERE = "front", "elsewhere"
NAMES = ("closed", "vault", "free")
OUTSIDE = {4: "192.0.2.100", 6: "2001:db8:ffff::100"}
HOST = {4: HOST4, 6: HOST6}
GROUP = {4: "224.0.0.77", 6: "ff02::77"}
ADMIN = "vadmin"  # a port of the bridge that no container is behind
PAST = "01:80:c2:00:00:0e"  # the host takes it from the port itself

_ports = itertools.count(23000)

Scene = collections.namedtuple("Scene", "places gate port_mac out far")
Case = collections.namedtuple("Case", "title begin end family door answer")


def _scene(lab):
    places = {name: place(lab, name, NET) for name in NAMES}
    no_reverse_path(lab)
    port_mac = {name: link(lab, "host", p.port)["address"] for name, p in places.items()}
    port_mac[ADMIN] = link(lab, "host", ADMIN)["address"]
    return Scene(places, bridge(lab, NET).mac, port_mac, link(lab, "host", "out0")["address"], link(lab, "outside", "eth0")["address"])


def _addr(scene, node, family):
    if node in scene.places:
        return scene.places[node].v4 if family == 4 else scene.places[node].v6
    return (OUTSIDE if node == "outside" else HOST)[family]


def _honest(scene, sender, to, packet):
    """As it would be sent by an honest one."""
    if sender == "outside":
        return ether(scene.out, scene.far, packet)
    return ether(scene.places[to].mac if to in scene.places else scene.gate, scene.places[sender].mac, packet)


def _doors(scene, begin, family):
    other = next(name for name in NAMES if name != begin)
    return {"to all": EVERYBODY, "to a group": group_mac(GROUP[family]), "to another port's MAC": scene.port_mac[other],
            "to the MAC of a port that is no endpoint's": scene.port_mac[ADMIN]}


def _cases(scene):
    ends = [("closed", "outside"), ("closed", "free"), ("closed", "vault"), ("free", "closed")]
    return [Case(f"{begin} with {end}, {door}, {answer}, IPv{family}", begin, end, family, mac, answer)
            for begin, end in ends for family in (4, 6) for door, mac in _doors(scene, begin, family).items()
            for answer in ("an honest answer", "a forged one") if answer == "an honest answer" or begin == "closed"]


def _phases(scene, case):
    """Four frames, one after the other: (node, frame, key), and which mark is to be seen where."""
    sport, dport, there, back = next(_ports), next(_ports), Mark(), Mark()
    me, to = (_addr(scene, node, case.family) for node in (case.begin, case.end))
    begun = ether(case.door, scene.places[case.begin].mac, datagram(me, to, sport, dport, b"seed"))
    answer = datagram(to, me, dport, sport, back.data)
    forged = case.answer == "a forged one"
    second = (case.begin, ether(PAST, scene.places[case.begin].mac, answer)) if forged else (case.end, _honest(scene, case.end, case.begin, answer))
    last = (case.begin, _honest(scene, case.begin, case.end, datagram(me, to, sport, dport, there.data)))
    third = (case.end, _honest(scene, case.end, case.begin, datagram(to, me, dport, sport, back.data)))
    wanted = [(there.key, case.end), (back.key, case.begin)]
    return [(case.begin, begun), second, last, third], wanted


def _fire(lab, scene, cases):
    """The titles of those of which a mark came to the other end."""
    made = [(case, *_phases(scene, case)) for case in cases for _ in range(2)]
    seen = collections.defaultdict(set)
    for phase in range(4):
        shots = [shot(node, frame, str(n), wait=3) for n, (_, frames, _) in enumerate(made) for node, frame in [frames[phase]]]
        for key, by in fire(lab, shots, sniff=[*NAMES, "outside"], settle=0.5).items():
            seen[key] |= set(by)
    return {case.title for case, _, wanted in made if any(node in seen[key] for key, node in wanted)}


def _groups(lab, scene, helper):
    """closed sends to a group; `helper` answers in the group's name; does it hear what closed sends then? Twice for each family."""
    asks, answers, thens, marks = [], [], [], {}
    for family in (4, 6, 4, 6):
        me, group = _addr(scene, "closed", family), GROUP[family]
        sport, dport, mark = next(_ports), next(_ports), Mark()
        for shots, data in ((asks, b"seed"), (thens, mark.data)):
            packet = datagram(me, group, sport, dport, data)
            shots.append(shot("closed", ether(group_mac(group), scene.places["closed"].mac, packet), mark.key, wait=30))
        answers.append(shot(helper, _honest(scene, helper, "closed", datagram(group, me, dport, sport, b"x")), wait=30))
        marks[mark.key] = family
    fire(lab, asks, settle=0.1)
    fire(lab, answers, settle=0.1)
    heard = fire(lab, thens, sniff=["free"], settle=0.3)
    return {family for key, family in marks.items() if heard.get(key)}


def _joined(lab, scene, tags):
    """The families in which a container of another network, not guarded, joins a flow that a managed one may have."""
    ruled, loose, gate = place(lab, "ruled", NET), place(lab, "loose", ELSEWHERE), bridge(lab, ELSEWHERE).mac
    came = set()
    for family in (4, 6):
        me, to, sport, mark = (ruled.v4 if family == 4 else ruled.v6), OUTSIDE[family], next(_ports), Mark()
        fire(lab, [shot("ruled", ether(scene.gate, ruled.mac, datagram(me, to, sport, 53, b"seed")), wait=30)], settle=0.1)
        forged = ether(gate, loose.mac, datagram(me, to, sport, 53, mark.data), tags)
        if fire(lab, [shot("loose", forged, mark.key, wait=4)], sniff=["outside"], settle=0.4).get(mark.key):
            came.add(family)
    return came


def _judge_tags(context, lab, scene, when, wanted):
    for title, tags in (("plain", ()), ("in two tags", ((Q, 0), (Q, 0))), ("in two tags of two kinds", ((AD, 0), (Q, 0)))):
        came = _joined(lab, scene, tags)
        for _ in range(5 if wanted and len(came) < 2 else 0):
            came |= _joined(lab, scene, tags)
        for family in (4, 6):
            fault = None if (family in came) == wanted else "nothing comes" if wanted else "it comes"
            context.report(f"{when}: from elsewhere in a managed one's flow, {title}, IPv{family}", fault)


def _judge(context, lab, when, wanted):
    scene = _scene(lab)
    _judge_tags(context, lab, scene, when, wanted)
    cases = _cases(scene)
    came = _fire(lab, scene, cases)
    for _ in range(5 if wanted else 0):
        came |= _fire(lab, scene, [case for case in cases if case.title not in came])
    for case in cases:
        context.report(f"{when}: {case.title}", None if (case.title in came) == wanted else "nothing comes" if wanted else "it comes")
    for helper in ("free", "outside"):
        heard = _groups(lab, scene, helper)
        for family in (4, 6):
            fault = None if (family in heard) == wanted else "nothing comes" if wanted else "it comes"
            context.report(f"{when}: closed to a group that {helper} answers for, IPv{family}", fault)


def run(context):
    with Lab(probe=context.probe) as lab:
        lab.network(NET)
        for name in ("closed", "vault"):
            lab.container(name, nets=[NET], enabled="true")
        lab.network(ELSEWHERE)
        lab.container("free", nets=[NET])
        lab.container("ruled", nets=[NET], rules="output: [{proto: udp, dst_ports: [53]}]")
        lab.container("loose", nets=[ELSEWHERE])
        lab.start_all([*NAMES, "ruled", "loose"])
        lab.run("host", ["sh", "-c", f"ip link add {ADMIN} type veth peer name {ADMIN}0 && ip link set {ADMIN} master "
                                     f"{bridge(lab, NET).device} up && ip link set {ADMIN}0 up"])
        in_each_state(context, lab, lambda when: _judge(context, lab, when, when == "without"))
