"""The Debian package as an administrator has it: a fresh Debian that boots, and this machine's engine beside it. Installed, upgraded over
itself, switched off and on, removed and purged, while containers send what their labels do not allow: none of it arrives."""

import json
import os
import pathlib
import re
import signal
import time

import debian_root
import dropins
import engine_folder
from cleanup import LabError, wait_until
from early import figures, flooder
from floods import Floods
from lab import OUTSIDE4, Lab
from packages import Missing, output
from system import System

RULES = f"output: [{{proto: udp, dst_ports: [7000], ips: [{OUTSIDE4[0]}]}}]"
DATA = "/var/lib/whalewall"
KEPT = "/var/lib/whalewall-purge"
EXPOSURE = 15  # tenths: what systemd-analyze says of the unit at most


def _newer(archive, folder):
    """The same package, of a version that is newer."""
    tree = folder / "newer"
    output("dpkg-deb", "-R", str(archive), str(tree))
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*", r"\g<0>+1", control.read_text(), flags=re.M))
    output("dpkg-deb", "--root-owner-group", "-b", "-Znone", str(tree), str(folder / "newer.deb"))
    return folder / "newer.deb"


class Traffic:
    """What a container sends without end, and gets."""

    def __init__(self, lab):
        self.lab = lab
        self.floods = Floods(lab)
        self.floods.sink("outside")
        flooder(self.floods, "srv", "front")
        self.start()

    def start(self):
        lab = self.lab
        targets = {"allowed": f"{OUTSIDE4[0]}/7000", "port": f"{OUTSIDE4[0]}/7001", "peer": f"{lab.addr('srv', 'front')}/7000"}
        flooder(self.floods, "web", "front", targets, {"whalewall.enabled": "true", "whalewall.rules": RULES}, fresh=20)
        self.floods.send("outside", "out", {"in": f"{lab.addr('web', 'front')}/7000"}, fresh=20)

    def counts(self):
        found = {}
        for node in ("outside", "srv", "web"):
            found.update(self.floods.tally(node).counts())
        return {key: found.get(key, 0) for key in ("web>allowed", "web>port", "web>peer", "out>in")}

    def grown(self, before, seconds=0.4):
        """Which came since then, when all that was on the way is there."""
        time.sleep(seconds)
        return {key: n - before[key] for key, n in self.counts().items() if n != before[key]}


def _let_in(lab, system):
    """The engine's socket is for the group docker, as that of the system's own would be."""
    os.chown(lab.socket, 0, int(system.chroot("getent", "group", "docker").split(":")[2]))


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _closed(context, title, traffic, before):
    """Nothing came but what is allowed, and that goes on."""
    grown = traffic.grown(before)
    allowed = grown.pop("web>allowed", 0)
    figures(f"{title}: {allowed} allowed datagrams came, of all others {sum(grown.values())}")
    context.report(f"{title}: nothing that is not allowed", f"{grown} came" if grown else None)
    context.report(f"{title}: what is allowed goes on", None if allowed else "none came")


def _open(context, title, traffic):
    came = traffic.grown(traffic.counts())
    _expect(context, f"{title}: all comes through", sorted(came), ["out>in", "web>allowed", "web>peer", "web>port"])


def _journal(system):
    lines = system.run("journalctl", "-u", "whalewall", "-o", "cat", "--no-pager").splitlines()
    return "\n".join(line for line in lines if "packet dropped" not in line)


def _enforced(system):
    """With what its log says, where it is not."""
    try:
        wait_until("the container is enforced", lambda: _is_enforced(system), 20)
    except LabError as error:
        raise LabError(f"{error}\n{_journal(system)}") from None


def _is_enforced(system):
    return system.tell("whalewall", "show", "web")[0] == 0


def _dpkg(context, system, *words):
    status, text = system.tell("dpkg", *words)
    context.report(f"dpkg {words[0]}", f"status {status}: {text}" if status else None)
    return text


def _installed(context, system, traffic, archive):
    _open(context, "before", traffic)
    began = time.monotonic()
    _dpkg(context, system, "-i", archive)
    _enforced(system)
    figures(f"installed, and the first container enforced, after {time.monotonic() - began:.1f} s")
    _closed(context, "installed", traffic, traffic.counts())
    _expect(context, "it is enabled", system.tell("systemctl", "is-enabled", "whalewall")[1].strip(), "enabled")
    pid = system.run("systemctl", "show", "-P", "MainPID", "whalewall").strip()
    words = dict(line.split(":", 1) for line in system.run("cat", f"/proc/{pid}/status").splitlines())
    user = system.run("id", "-u", "whalewall").strip()
    _expect(context, "its user", words["Uid"].split(), [user] * 4)
    _expect(context, "its capabilities", int(words["CapEff"], 16), 1 << 12)
    status, text = system.tell("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "whalewall.service")
    figures(text.strip().splitlines()[-1].lstrip("→ "))
    context.report(f"its exposure is {EXPOSURE / 10} at most", text if status else None)
    status, text = system.tell("systemd-analyze", "verify", "--man=no", "whalewall.service")
    context.report("systemd finds nothing wrong in it", text if status or "whalewall" in text else None)
    _expect(context, "it comes before the engine", "docker.service" in system.run("systemctl", "show", "-P", "Before", "whalewall"), True)


def _options(context, system, traffic):
    """What stands in /etc/default."""
    path = system.root / "etc/default/whalewall"
    before = path.read_text()
    path.write_text(before + "WHALEWALL_GAURD=all\n")
    system.tell("systemctl", "restart", "whalewall")
    journal = _journal(system)
    context.report("a wrong one is refused", None if "variable WHALEWALL_GAURD: no option is called so" in journal else journal)
    path.write_text(before + "WHALEWALL_GUARD=all\n")
    system.run("systemctl", "reset-failed", "whalewall")
    system.run("systemctl", "restart", "whalewall")
    _enforced(system)
    status = json.loads(system.tell("whalewall", "status", "-json")[1])
    context.report("a right one is obeyed", None if '"all"' in json.dumps(status) else str(status))


def _dropped_in(context, lab, system, traffic):
    before = traffic.counts()
    dropins.tried(context, lab, system)
    _closed(context, "with one drop-in after the other", traffic, before)


def _upgraded(context, system, traffic, archive):
    before = traffic.counts()
    old = system.run("systemctl", "show", "-P", "MainPID", "whalewall")
    _dpkg(context, system, "-i", archive)
    context.report("an upgrade starts the new one", None if system.run("systemctl", "show", "-P", "MainPID", "whalewall") != old else "it is the old one")
    _enforced(system)
    _options(context, system, traffic)
    _closed(context, "upgraded, and started three times", traffic, before)


def _rebooted(context, lab, system, traffic):
    """The machine's rules are gone with it; the engine comes last."""
    system.halt()
    lab._stop_engine(signal.SIGTERM)
    for family in ("inet", "bridge"):
        lab.run("host", ["nft", "delete", "table", family, "whalewall"])
    system.boot()
    _expect(context, "it is up before the engine", system.run("systemctl", "is-active", "whalewall").strip(), "active")
    _expect(context, "with the last known rules", sorted(lab.own_tables()), ["table bridge whalewall", "table inet whalewall"])
    before = traffic.counts()
    lab.restart_engine()
    _let_in(lab, system)
    lab.start("srv")
    lab.start("web")
    _closed(context, "switched off and on", traffic, before)


def _plant(system):
    """What a service that was taken over leaves for root, in the directory that is its own."""
    for name in ("purge", "whalewall"):
        path = system.root / DATA[1:] / name
        path.write_text("#!/bin/sh\ntouch /planted\n")
        path.chmod(0o755)


def _removed(context, lab, system, traffic, archive):
    before = traffic.counts()
    text = _dpkg(context, system, "-r", "whalewall")
    context.report("it says that the rules stay", None if "stay in force" in text else text)
    _expect(context, "no process of it is left", system.tell("pidof", "whalewall")[1], "")
    _closed(context, "removed", traffic, before)
    _expect(context, "what is to purge it is root's alone", system.tell("stat", "-c", "%U %a", KEPT)[1].split(), ["root", "700"])
    _plant(system)
    text = _dpkg(context, system, "-P", "whalewall")
    context.report("purged, no table is left", f"{lab.own_tables()}: {text}" if lab.own_tables() else None)
    context.report("purged, it does not say that rules stay", text if "stay" in text else None)
    _expect(context, "what the service left is not run by root", system.tell("test", "-e", "/planted")[0], 1)
    left = [name for name in (DATA, KEPT, "/etc/default/whalewall", "/etc/whalewall") if system.tell("test", "-e", name)[0] == 0]
    _expect(context, "nor a file", left, [])
    _open(context, "purged", traffic)
    _dpkg(context, system, "-i", archive)
    _enforced(system)
    system.run("sh", "-c", "echo whalewall whalewall/remove-rules boolean true | debconf-set-selections")
    _dpkg(context, system, "-r", "whalewall")
    _expect(context, "asked to, it takes the rules with it", lab.own_tables(), [])
    _expect(context, "and keeps nothing to purge", system.tell("test", "-e", KEPT)[0], 1)
    _dpkg(context, system, "-i", archive)
    _enforced(system)
    text = _dpkg(context, system, "-r", "whalewall")
    context.report("the answer was for one removal", None if "stay in force" in text and lab.own_tables() else text)


def _program_fails(context, lab, system, archive):
    """The administrator wants the rules to go, and the program cannot do it: the package goes, and says what stays."""
    _dpkg(context, system, "-i", archive)
    _enforced(system)
    system.run("sh", "-c", "echo whalewall whalewall/remove-rules boolean true | debconf-set-selections")
    program = system.root / "usr/sbin/whalewall"
    program.unlink()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    text = _dpkg(context, system, "-r", "whalewall")
    said = "could not be removed" in text and "stay in force" in text
    context.report("where the program fails, the rules stay, and it says so", None if said and lab.own_tables() else text)
    _expect(context, "and the package is gone", system.tell("test", "-e", "/usr/sbin/whalewall")[0], 1)


def run(context):
    if not context.agent:
        return
    archives = sorted(pathlib.Path(context.packages).glob("whalewall_*.deb"))
    if len(archives) != 1:
        context.report("the package", f"there is not one in {context.packages}: scripts/package makes it")
        return
    try:
        root = debian_root.fetch(context.packages, debian_root.depends(archives[0]))
    except Missing as error:
        context.report("the root of a fresh Debian", str(error))
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        traffic = Traffic(lab)
        with System(lab, root) as system:
            system.chroot("groupadd", "-r", "docker")
            _let_in(lab, system)
            newer = system.copy(_newer(archives[0], lab.dir))
            system.boot()
            _installed(context, system, traffic, system.copy(archives[0]))
            _upgraded(context, system, traffic, newer)
            _rebooted(context, lab, system, traffic)
            if engine_folder.chosen():  # what follows has nothing of the engine in it
                return
            _dropped_in(context, lab, system, traffic)
            _removed(context, lab, system, traffic, newer)
            _program_fails(context, lab, system, newer)
