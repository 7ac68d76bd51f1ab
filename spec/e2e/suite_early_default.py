"""On the default bridge: nothing gets out of a managed container that is created and started at once, thanks to the guard for
the moment. In full runs also when the engine's words are late; what that guard costs unmanaged containers there, image builds among them,
and what `docker start` lets out, is counted then."""

import io
import tarfile
import threading

from cleanup import wait_until
from early import FULL, busy, control, delayed_agent, figures, judge, some, world
from lab import IMAGE, OUTSIDE4, OUTSIDE6

NET = "bridge"
BUILD_MS = 2500
MOMENT = 4.5  # s: the guard is there for 5 s at most, and the program hears of an address a moment later
COUNTED_FROM = 0.2  # s: so late, the guard for the moment may come after the start; then it is counted, not judged


def _runs(context, lab, starts, delay, one, eight):
    with delayed_agent(context, lab, delay):
        late = f"{delay * 1000:.0f} ms late"
        ms = 250 + int(delay * 2500)
        results = [starts.go(one, 1, f"docker run, one by one, {late}", ms=ms),
                   starts.go(eight // 2, 8, f"docker run, 8 at a time, {late}", ms=ms),
                   starts.go(eight - eight // 2, 8, f"docker run, 8 at a time, random MAC, {late}", ms=ms, mac=True)]
        for result in results:
            if delay < COUNTED_FROM:
                judge(context, result)
            else:
                figures(result.figures)


def _again(context, lab, starts, delay):
    """`docker start` of containers that have run before, after the moment of the guard is over: counted, not judged."""
    with delayed_agent(context, lab, delay):
        result = starts.go(40, 4, f"docker start of an old one, {delay * 1000:.0f} ms late", mac=True, again=5.5)
        figures(result.figures)


def _build(lab, name):
    """A build whose step sends every ms to the outside for a while."""
    words = ["/wwprobe", "first", name, "/report", "every=1000", f"ms={BUILD_MS}", "fresh=20",
             f"o4={OUTSIDE4[0]}/7000", f"o6={OUTSIDE6[0]}/7000"]
    text = f"FROM {IMAGE}\nRUN [{', '.join(chr(34) + word + chr(34) for word in words)}]\n".encode()
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        info = tarfile.TarInfo("Dockerfile")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return lab.engine.call("POST", f"/build?t={name}&nocache=1&rm=1", raw=tar.getvalue())


def _built(context, starts, name, label):
    """How much of what the build sent arrived, and the longest time without."""
    rows = starts.floods.tally("outside").rows()
    for key in ("o4", "o6"):
        row = rows.get(f"{name}>{key}")
        if not row:
            context.report(f"{label}: the build reaches the outside ({key})", "nothing came")
            continue
        sent = BUILD_MS  # one each ms
        figures(f"{label}: {key}: {row.count} of about {sent} arrived, the first was number {row.first_seq}, "
                f"the longest gap {row.gap / 1e6:.0f} ms")
        context.report(f"{label}: the build reaches the outside ({key})", None)


def _builds(context, lab, starts):
    """A build on its own, and one during which managed containers are run."""
    with delayed_agent(context, lab, 0):
        _build(lab, "alone")
        _built(context, starts, "alone", "a build alone")
        build = threading.Thread(target=_build, args=(lab, "beside"))
        build.start()
        wait_until("the build sends", lambda: "beside>o4" in starts.floods.tally("outside").rows(), 60)
        judge(context, starts.go(2, 2, "docker run beside a build", mac=True))
        build.join()
        _built(context, starts, "beside", "a build beside two docker run")


def _loaded(context, lab, starts):
    """Every day: there only the program's speed protects, so it is tried while every core has something else to do."""
    with delayed_agent(context, lab, 0), busy():
        judge(context, starts.go(some(5, 50), 1, "docker run, one by one, under load", moment=MOMENT))
        for label, mac in (("8 at a time", False), ("8 at a time, random MAC", True)):
            result = starts.go(some(8, 100), 8, f"docker run, {label}, under load", mac=mac, moment=MOMENT)
            if len(result.beyond) < result.starts:
                judge(context, result)
            else:
                figures(result.figures)


def run(context):
    if not context.agent:
        return
    with world(context, NET) as (lab, starts):
        control(context, lab, starts)
        _loaded(context, lab, starts)
        if not FULL:
            return
        _runs(context, lab, starts, 0, 200, 200)
        _runs(context, lab, starts, 0.02, 30, 80)
        _runs(context, lab, starts, COUNTED_FROM, 30, 80)
        _again(context, lab, starts, 0)
        _again(context, lab, starts, 0.2)
        _builds(context, lab, starts)
