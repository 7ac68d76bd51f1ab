"""What the host itself answers for a published port of UDP: from another address than was asked, or late. Whoever may ask gets the answer,
whoever may not gets nothing, also when the permission ends while the userland proxy goes on."""

import json
import re
import subprocess
import time

from agent import Agent
from lab import HOST4_SECOND, HOST6, HOST6_SECOND, Lab, LabError, wait_until

NET = "back"  # has no IPv6: the proxy translates
PORT = 7000
FREE, ALIEN, PAL = "203.0.113.10", "203.0.113.20", "203.0.113.24"
LISTED, OTHER = "2001:db8:ffff::101", "2001:db8:ffff::104"  # of outside
SERVERS = {"any": ("[]", 8500), "exact": (f"[{FREE}, '{LISTED}']", 8501), "cidr": ("[203.0.113.8/30, '2001:db8:ffff::100/127']", 8502),
           "range": ("[203.0.113.9-203.0.113.11, '2001:db8:ffff::101-2001:db8:ffff::102']", 8503),
           "mixed": ("[198.51.100.7, 203.0.113.8/30, '2001:db8:ffff::101', '2001:db8:ffff::1:0/112']", 8504), "closed": (None, 8505), "named": (None, 8506)}
NAMED = f"input: [{{network: {NET}, container: pal, proto: udp, dst_ports: [{PORT}]}}]"
LATE = 3000  # ms

# A question is "TEXT MS COUNT EVERY": after MS the answer TEXT comes COUNT times, one in EVERY ms
SERVE = """
import socket, sys, threading, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
print("serving", flush=True)
def answer(client, text, wait, count, every):
    time.sleep(wait / 1000)
    for _ in range(count):
        s.sendto(text.encode(), client)
        time.sleep(every / 1000)
while True:
    data, client = s.recvfrom(512)
    text, *numbers = data.decode().split()
    threading.Thread(target=answer, args=(client, text, *map(int, numbers)), daemon=True).start()
"""

# stdin: [[from, to, port, question, how often at most]]; from one socket each, which is not connected; prints [[the answer's source, text] or null]
CLIENT = """
import json, selectors, socket, sys, time
wanted, found = json.load(sys.stdin), {}
poller, socks = selectors.DefaultSelector(), []
for n, (own, to, *_) in enumerate(wanted):
    s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((own, 0))
    poller.register(s, selectors.EVENT_READ, n)
    socks.append(s)
for turn in range(int(sys.argv[1])):
    for n, (_, to, port, text) in enumerate(wanted):
        if n not in found:
            socks[n].sendto(text.encode(), (to, port))
    print("asked", flush=True)
    until = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until and len(found) < len(wanted):
        for key, _ in poller.select(0.1):
            data, source = key.fileobj.recvfrom(512)
            found[key.data] = [source[0], data.decode()]
print(json.dumps([found.get(n) for n in range(len(wanted))]))
"""

# argv: address, port, question; a line for each answer
LISTEN = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))
while True:
    print(*s.recvfrom(512), flush=True)
"""


def _make(lab):
    lab.network(NET, ipv6=False)
    for name, (ips, port) in SERVERS.items():
        rules = NAMED if name == "named" else f"mapped_ports: {{external: {{allow: true, ips: {ips}}}}}" if ips else "# nothing\n"
        lab.container(name, nets=[NET], rules=rules, ports=[f"{port}:{PORT}/udp"])
    for name, addr in (("free", FREE), ("alien", ALIEN), ("pal", PAL)):
        lab.container(name, nets=[NET], ips={NET: (addr, None)})
    lab.start_all([*SERVERS, "free", "alien", "pal"])
    for name in SERVERS:
        _serve(lab, name)


def _serve(lab, name):
    child = lab.popen(name, ["python3", "-c", SERVE, PORT], stdout=subprocess.PIPE, text=True)
    if child.stdout.readline() != "serving\n":
        raise LabError(f"{name} does not serve")


def _ask(lab, wanted, turns, seconds, meanwhile=None):
    """wanted: [(node, own address, to, port, question)]; [answer] in that order. meanwhile(): once all have asked."""
    running = []
    for node in sorted({w[0] for w in wanted}):
        child = lab.popen(node, ["python3", "-c", CLIENT, turns, seconds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        child.stdin.write(json.dumps([w[1:] for w in wanted if w[0] == node]))
        child.stdin.close()
        running.append((node, child))
    for _, child in running:
        child.stdout.readline()
    if meanwhile:
        meanwhile()
    answers = {node: iter(json.loads(child.stdout.read().splitlines()[-1])) for node, child in running}
    return [next(answers[w[0]]) for w in wanted]


def _forget(lab):
    """What was asked, as the kernel does it when an answer takes too long. How many questions that were."""
    found = 0
    for family, addr in ((4, lab.gateway(NET)), (6, HOST6)):
        text = lab.run("host", ["sh", "-c", f"conntrack -D -f ipv{family} -p udp --orig-dst {addr} 2>&1 || true"])
        found += int(re.search(r"(\d+) flow entries", text)[1])
    return found


def _may(server, listed):
    """With the program."""
    return server == "any" or (listed and server not in ("closed", "named"))


def _judge(context, when, wanted, answers, managed, elsewhere):
    for (node, own, to, _, text), answer in zip(wanted, answers):
        server = text.split("-")[0]
        listed = own in (FREE, LISTED)
        title = f"{when}: {node} ({own}) asks {server} at {to}"
        if managed and not _may(server, listed):
            context.report(title, f"gets {answer}" if answer else None)
        elif not answer or answer[1] != text.split()[0]:
            context.report(title, f"gets {answer}")
        else:  # the way that is meant: an answer from the address that was asked is in the same flow
            context.report(title, f"is answered from {answer[0]}" if (answer[0] != to) != elsewhere else None)


CLIENTS = (("free", FREE, 4), ("alien", ALIEN, 4), ("outside", LISTED, 6), ("outside", OTHER, 6))


def _questions(lab, to4, to6, wait):
    return [(node, own, to6 if family == 6 else to4, port, f"{server}-{n} {wait} 1 0")
            for server, (_, port) in SERVERS.items() for n, (node, own, family) in enumerate(CLIENTS)]


def _try_answers(context, lab, when, managed):
    wanted = _questions(lab, HOST4_SECOND, HOST6_SECOND, 0)
    _judge(context, f"{when}, another address", wanted, _ask(lab, wanted, 3, 1.5), managed, elsewhere=True)
    wanted = _questions(lab, lab.gateway(NET), HOST6, LATE)
    forgotten = []
    answers = _ask(lab, wanted, 1, LATE / 1000 + 3, meanwhile=lambda: forgotten.append(_forget(lab)))
    _judge(context, f"{when}, late", wanted, answers, managed, elsewhere=False)
    needed = sum(not managed or _may(text.split("-")[0], own in (FREE, LISTED)) for _, own, _, _, text in wanted)
    context.report(f"{when}, late: the questions were forgotten", None if forgotten[0] >= needed else f"{forgotten[0]} of {needed}")


# --- the permission ends ------------------------------------------------------------------------------------------------

class _Listener:
    """pal asks once, and is answered again and again."""

    def __init__(self, lab):
        self.path = lab.dir / "answers"
        with open(self.path, "w") as out:
            self.child = lab.popen("pal", ["python3", "-c", LISTEN, HOST4_SECOND, SERVERS["named"][1], "again 0 600 200"], stdout=out)

    def count(self):
        return len(self.path.read_text().splitlines())

    def more(self, seconds):
        """Does anything come in that time?"""
        before = self.count()
        try:
            wait_until("an answer", lambda: self.count() > before, seconds)
            return True
        except LabError:
            return False


def _dropped(lab, name):
    """How many packets the program has counted at its host's port, or on their way to the proxy: which of the flows is cut first is open."""
    sets = ["port_p4", "port_p6", "port_hp4", "port_hp6", "out4"]
    text = "".join(lab.run("host", ["nft", "list", "set", "inet", "whalewall", f"drop_{kind}"]) for kind in sets)
    keys = rf"(?:udp \. {SERVERS[name][1]}|{re.escape(lab.addr(name, NET))})"
    return sum(int(n) for n in re.findall(rf"\b{keys} counter packets (\d+)", text))


def _try_end(context, lab):
    """A rule names the client. When it is called something else nothing comes, though there was something to come."""
    listener = _Listener(lab)
    context.report("named: pal is answered", None if listener.more(5) else "gets nothing")
    before = _dropped(lab, "named")
    lab.rename("pal", "stranger")
    try:
        wait_until("silence", lambda: not listener.more(1.5), 15)
        context.report("named: pal is answered no more", "is answered again" if listener.more(3) else None)
    except LabError:
        context.report("named: pal is answered no more", "the answers go on")
    context.report("named: the proxy had more for it", None if _dropped(lab, "named") > before else "nothing was dropped")
    listener.child.kill()
    lab.rename("stranger", "pal")
    again = []
    for _ in range(10):
        listener = _Listener(lab)
        again.append(listener.more(1))
        listener.child.kill()
        if again[-1]:
            break
    context.report("named: pal may ask again", None if again[-1] else "gets nothing")


def _try_recreated(context, lab):
    """With other rules, at the same port."""
    lab.remove("any")
    lab.container("any", nets=[NET], enabled="true", ports=[f"{SERVERS['any'][1]}:{PORT}/udp"])
    lab.start("any")
    _serve(lab, "any")
    wanted = [w for w in _questions(lab, HOST4_SECOND, HOST6_SECOND, 0) if w[4].startswith("any-")]
    for (node, own, *_), answer in zip(wanted, _ask(lab, wanted, 2, 1)):
        context.report(f"recreated: {node} ({own})", f"gets {answer}" if answer else None)


def run(context):
    with Lab(probe=context.probe) as lab:
        _make(lab)
        _try_answers(context, lab, "without", managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            time.sleep(1)  # what the proxies were asked before has been answered
            _try_answers(context, lab, "with", managed=True)
            _try_end(context, lab)
            _try_recreated(context, lab)
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the log and exit", fault)
