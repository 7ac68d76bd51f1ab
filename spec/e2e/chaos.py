"""The world of the chaos driver: containers that never stop sending, and a judge of what came.

Every datagram's key says whether it may arrive: "web>a-srv4" must, "web>x-srv4" must not where its sender or its receiver is
managed, "m-…" may. All counts are kept until the end, so nothing that came through for a moment is missed."""

import itertools
import time

from cleanup import wait_until
from engine import EngineError
from floods import PRIVATE, PUBLISHED, Floods
from lab import HOST4, HOST6, IMAGE, OUTSIDE4, OUTSIDE6
from starts import random_mac

PACE = 4000  # us between two rounds of each sender
FRESH = 10  # rounds of one flow
ALLOWED_IN = 2.0  # s after a step
WEB = f"""
mapped_ports: {{external: {{allow: true}}}}
output:
  - {{network: front, container: srv, proto: udp, dst_ports: [{PUBLISHED}]}}
  - {{network: front, container: db, proto: udp, dst_ports: [{PUBLISHED}]}}
  - {{ips: [{OUTSIDE4[0]}, '{OUTSIDE6[0]}'], proto: udp, dst_ports: [{PUBLISHED}]}}
"""
TO_SRV = f"output: [{{network: front, container: srv, proto: udp, dst_ports: [{PUBLISHED}]}}]"
FRONT4, FRONT6, BACK4, BACK6 = "203.0.113.", "2001:db8:0:11::", "203.0.113.", "2001:db8:0:12::"
# name: (number on front, number on back, rules or None if it is not managed, published at the host's port)
ROSTER = {
    "srv": (2, None, None, None),
    "far": (None, 35, None, None),
    "web": (3, None, WEB, 8400),
    "closed": (4, None, "", 8401),
    "db": (5, 36, "", None),
}
KEEPERS = {"front": (6, None), "back": (None, 37)}  # managed, never started: their networks stay guarded
BORN = range(10, 26)  # numbers on front of those that are born and die


def _front(number, port):
    return {"4": f"{FRONT4}{number}/{port}", "6": f"{FRONT6}{number:x}/{port}"}


def _paths(mark, name, ways):
    """{"MARK-NAME4": to, …}"""
    return {f"{mark}-{name}{family}": to for family, to in ways.items()}


def _outside(port):
    return {"4": f"{OUTSIDE4[0]}/{port}", "6": f"{OUTSIDE6[0]}/{port}"}


def _gateway():
    return {"4": f"{FRONT4}1/{PUBLISHED}", "6": f"{FRONT6}1/{PUBLISHED}"}


def _back(number):
    return {"4": f"{BACK4}{number}/{PUBLISHED}", "6": f"{BACK6}{number:x}/{PUBLISHED}"}


def _targets(name):
    """Where each of the roster sends to."""
    closed = _paths("x", "closed", _front(4, PUBLISHED)) | _paths("x", "web-private", _front(3, PRIVATE))
    db = _paths("x", "db", _front(5, PUBLISHED))
    if name in ("srv", "far"):
        back = _paths("x", "db-back", _back(36)) if name == "far" else {}
        return closed | db | back | _paths("a", "outside", _outside(PUBLISHED)) | (_born() if name == "srv" else {})
    if name == "web":
        return (_paths("a", "srv", _front(2, PUBLISHED)) | _paths("a", "db", _front(5, PUBLISHED)) |
                _paths("a", "outside", _outside(PUBLISHED)) | _paths("x", "srv-private", _front(2, PRIVATE)) |
                _paths("x", "outside-private", _outside(PRIVATE)) | _paths("x", "host", _gateway()) |
                _paths("x", "closed", _front(4, PUBLISHED)) | _paths("x", "far", _back(35)))
    return nowhere() | _paths("x", "web", _front(3, PUBLISHED))


def nowhere():
    """Of one that may not send at all."""
    return (_paths("x", "srv", _front(2, PUBLISHED)) | _paths("x", "outside", _outside(PUBLISHED)) |
            _paths("x", "host", _gateway()) | _paths("x", "far", _back(35)))


def _born():
    """To those that are born: the managed must not hear it."""
    return {key: to for number in BORN for key, to in _paths("x", f"born{number}.", _front(number, PUBLISHED)).items()}


class Chaos:
    def __init__(self, lab):
        self.lab = lab
        self.engine = lab.engine
        self.floods = Floods(lab)
        self.numbers = itertools.count(1)
        self.born = {}  # name: number of its address
        self.buried = {}  # leaks of those that are gone
        self.busy = set()  # numbers that were in use since the program last ran
        self.managed = {name for name, spec in ROSTER.items() if spec[2] is not None}
        lab.network("front")
        lab.network("back")

    def make(self):
        for net, (front, back) in KEEPERS.items():
            self._create(f"keeper-{net}", {}, front, back, "")
        for name, (front, back, rules, port) in ROSTER.items():
            self._create(name, _targets(name), front, back, rules, port)
            self.engine.post(f"/containers/{name}/start")
        published = {mark: {"4": f"{HOST4}/{port}", "6": f"{HOST6}/{port}"} for mark, port in (("a", 8400), ("x", 8401))}
        near = (_paths("x", "closed", _front(4, PUBLISHED)) | _paths("x", "web-private", _front(3, PRIVATE)) |
                _paths("x", "db", _front(5, PUBLISHED)) | _paths("x", "db-back", _back(36)))
        for node in ("outside", "host"):
            self.floods.sink(node)
            self.floods.send(node, f"{node}-near", near, every=PACE, fresh=FRESH)
        self.floods.send("outside", "outside-pub", _paths("a", "pub", published["a"]) | _paths("x", "pub", published["x"]),
                         every=PACE, fresh=FRESH)
        self.floods.send("host", "host-pub", {"x-local4": "127.0.0.1/8401", "x-local6": "::1/8401"}, every=PACE, fresh=FRESH)

    def flood_unborn(self):
        """From the host and through it, once the program is there: before, the host would keep such datagrams for a neighbour that comes later."""
        for node in ("outside", "host"):
            self.floods.send(node, f"{node}-born", _born(), every=PACE, fresh=FRESH)

    def _create(self, name, targets, front, back, rules, port=None, mac=None):
        labels = {} if rules is None else {"whalewall.enabled": "true", **({"whalewall.rules": rules} if rules else {})}
        ports = {f"{PUBLISHED}/udp": [{"HostIp": "", "HostPort": str(port)}]} if port else {}
        nets = [(net, number) for net, number in (("front", front), ("back", back)) if number]
        body = {"Image": IMAGE, "Cmd": self.floods.command(name, targets, every=PACE, fresh=FRESH), "StopSignal": "SIGKILL",
                "Labels": labels, "ExposedPorts": {key: {} for key in ports},
                "HostConfig": {"NetworkMode": nets[0][0], "Binds": self.floods.binds, "PortBindings": ports},
                "NetworkingConfig": {"EndpointsConfig": {nets[0][0]: _endpoint(*nets[0])}}}
        if mac:
            body["MacAddress"] = mac
        self.engine.post("/containers/create", body, name=name)
        for net, number in nets[1:]:
            self.connect(name, net, number)

    def connect(self, name, net, number):
        self.engine.post(f"/networks/{net}/connect", {"Container": name, "EndpointConfig": _endpoint(net, number)})

    # --- those that are born and die --------------------------------------------------------------------------------

    def birth(self, kind, number, mac):
        """kind: "n" managed, may nothing; "o" managed, may send to srv; "u" not managed. Its name."""
        name = f"{kind}{next(self.numbers)}"
        if kind == "u":
            targets, rules = _paths("a", "srv", _front(2, PUBLISHED)) | _paths("a", "outside", _outside(PUBLISHED)), None
        elif kind == "o":
            targets = nowhere() | _paths("x", "web", _front(3, PUBLISHED)) | _paths("a", "srv", _front(2, PUBLISHED))
            targets = {key: to for key, to in targets.items() if key not in ("x-srv4", "x-srv6")}
            rules = TO_SRV
        else:
            targets, rules = nowhere() | _paths("x", "web", _front(3, PUBLISHED)), ""
        if kind != "u":
            self.managed.add(name)
        self._create(name, targets, number, None, rules, mac=random_mac() if mac else None)
        self.born[name] = number
        self.busy.add(number)
        self.engine.post(f"/containers/{name}/start")
        return name

    def death(self, name):
        self.engine.delete(f"/containers/{name}", force=1)
        del self.born[name]
        self.buried |= self._leaks_at(name)

    # --- the judge --------------------------------------------------------------------------------------------------

    def _leaks_at(self, receiver):
        return {f"{key} at {receiver}": row.count for key, row in self.floods.tally(receiver).rows().items()
                if ">x-" in key and (receiver in self.managed or key.split(">")[0] in self.managed)}

    def leaks(self):
        """{"SENDER>TARGET at RECEIVER": count} since the beginning."""
        found = dict(self.buried)
        for receiver in ("outside", "host", *ROSTER, *self.born):
            found |= self._leaks_at(receiver)
        return found

    def allowed(self):
        """[(receiver, key)] that must arrive now."""
        up = {entry["Names"][0].strip("/") for entry in self.engine.get("/containers/json")}
        ways = [("outside", "srv", "outside"), ("outside", "web", "outside"), ("srv", "web", "srv"), ("db", "web", "db"),
                ("outside", "far", "outside"), ("web", "outside-pub", "pub")]
        for name in self.born:
            ways += [("srv", name, "srv")] if name[0] in "ou" else []
            ways += [("outside", name, "outside")] if name[0] == "u" else []
        return [(receiver, f"{sender}>a-{target}{family}") for receiver, sender, target in ways for family in "46"
                if all(end in up or end.startswith("outside") for end in (receiver, sender))]

    def silent(self, seconds=ALLOWED_IN):
        """Which of the allowed do not arrive within that time, counted from now."""
        begin = time.monotonic_ns()
        missing = self.allowed()

        def look():
            tallies = {receiver: self.floods.tally(receiver).rows() for receiver in {receiver for receiver, _ in missing}}
            missing[:] = [(receiver, key) for receiver, key in missing
                          if key not in tallies[receiver] or tallies[receiver][key].last_sent < begin]
            return not missing

        try:
            wait_until("the allowed arrive", look, seconds, 0.02)
        except Exception:  # noqa: BLE001 — LabError: the list says it
            pass
        return [f"{key} at {receiver}" for receiver, key in missing]

    def running(self, name):
        try:
            return self.engine.get(f"/containers/{name}/json")["State"]["Running"]
        except EngineError:
            return False


def _endpoint(net, number):
    """The back network's addresses are 203.0.113.32/27."""
    v4, v6 = (FRONT4, FRONT6) if net == "front" else (BACK4, BACK6)
    return {"IPAMConfig": {"IPv4Address": f"{v4}{number}", "IPv6Address": f"{v6}{number:x}"}}
