"""Random steps of all that can go wrong, while floods run along every path: forbidden datagrams never arrive, and after each
step the allowed ones do, within 2 s and the time that a late engine takes. WW_SEED repeats a run, WW_STEPS says how long it is."""

import json
import os
import random
import secrets
import time

import chaos_end
import engine_folder
from agent import Agent
from chaos import ALLOWED_IN, BORN, Chaos
from chaos_steps import RARE, STEPS
from cleanup import LabError, wait_until
from early import figures, some
from lab import Lab
from relay import Relay

STEPS_WANTED = int(os.environ.get("WW_STEPS", some(60, 1000)))
# a daily run ends then, however many steps it has done; shorter where it is the second engine's turn
SECONDS = 0 if "WW_STEPS" in os.environ else some(20 if engine_folder.chosen() else 50, 0)
UNGUARDED = 4  # are born
MUCH_LATER = 20  # seconds
WORDS = 5  # of the engine's, one after the other: until the program has connected again and knows everything
ENGINE_AWAY = ["engine", "docker", "answer", "event", "connect", "database", "remembered"]


class Run:
    """What the steps work on."""

    def __init__(self, context, lab, seed, *args):
        self.context = context
        self.lab = lab
        self.random = random.Random(seed)
        self.chaos = Chaos(lab)
        self.chaos.make()
        self.relay = Relay(lab.dir / "relay.sock", lab.socket)
        self.agent = Agent(lab, context.agent, args=args, env={"DOCKER_HOST": f"unix://{self.relay.path}"})
        self.down = False
        self.base = {}
        self.owned = False

    def begin(self):
        """The program's first start; nothing counts before."""
        missing = self.chaos.silent(10)
        self.context.report("without: the allowed arrive", "; ".join(missing) or None)
        tried = set(self.chaos.leaks())
        self.agent.start()
        self.chaos.flood_unborn()
        time.sleep(0.3)  # what was on its way
        self.base = self.chaos.leaks()
        self.owned = "flags owner" in self.lab.run("host", ["nft", "list", "table", "inet", "whalewall"])
        figures(f"{len(tried)} forbidden paths are open without the program; the table is {'' if self.owned else 'not '}owned")

    def leaks(self):
        return {key: count - self.base.get(key, 0) for key, count in self.chaos.leaks().items() if count > self.base.get(key, 0)}

    def _look_closer(self, before):
        """For whoever reads of the fault: whether it passes, and what the program said and the kernel holds meanwhile."""
        rules = self.lab.run("host", ["nft", "list", "ruleset"])
        begin = time.monotonic()
        still = self.chaos.silent(MUCH_LATER)
        print(f"  after {time.monotonic() - begin:.1f} s more are missing: {'; '.join(still) or 'none'}", flush=True)
        for line in self.agent.lines(before):
            if line["msg"] != "packet dropped":
                print(f"  {json.dumps(line)}", flush=True)
        print(rules, flush=True)

    def step(self, number, step):
        """What was done; raises LabError with what is wrong afterwards."""
        before = self.agent.mark()
        done = step(self)
        missing = self.chaos.silent(ALLOWED_IN + WORDS * self.relay.delay)
        if missing:
            self._look_closer(before)
        leaks = self.leaks()
        self.base = self.chaos.leaks()
        faults = [f"{count} of {key} came through" for key, count in sorted(leaks.items())]
        faults += [f"not within 2 s: {key}" for key in missing]
        self.context.report(f"step {number}: {done}", "; ".join(faults[:8]) or None)
        return len(faults)


def _random_steps(run):
    begin = time.monotonic()
    number = faulty = 0
    rare = [STEPS_WANTED // 4, STEPS_WANTED * 3 // 4]
    while number < STEPS_WANTED and (not SECONDS or time.monotonic() - begin < SECONDS) and faulty < 10:
        number += 1
        choice = RARE if number in rare or run.random.random() < 0.01 else STEPS
        faulty += 1 if run.step(number, run.random.choice(choice)) else 0
    sent = sum(run.chaos.floods.tally(path.name).head().sent for path in run.chaos.floods.dir.iterdir())
    figures(f"{number} steps in {time.monotonic() - begin:.0f} s, {sent} datagrams sent, {faulty} steps with faults")


def _guarded(context, seed):
    live = random.Random(seed).random() < 0.5
    print(f"  seed {seed} (WW_SEED={seed} repeats it), live-restore {live}", flush=True)
    with Lab(probe=context.probe, engine_args=["--live-restore"] if live else []) as lab:
        run = Run(context, lab, seed)
        try:
            run.begin()
            _random_steps(run)
            chaos_end.judge(context, lab, run.agent)
            context.report("the log and exit", "\n".join(run.agent.faults(ENGINE_AWAY)) or None)
        finally:
            if context.failed:
                print(run.agent.tail())
            run.agent.kill()
            run.relay.close()


def _unguarded(context, seed):
    """Without the guard, and deaf to the engine, the same driver finds leaks: it can."""
    with Lab(probe=context.probe) as lab:
        run = Run(context, lab, seed, "-guard", "off", "-t", "120s")
        try:
            run.begin()
            run.relay.hold()
            for number in range(UNGUARDED):
                run.chaos.birth("n", min(BORN) + number, mac=True)
            wait_until("leaks are found", run.leaks, 60)
            leaks = run.leaks()
            figures(f"guard off, deaf: {sum(leaks.values())} datagrams came through on {len(leaks)} forbidden paths")
            context.report("guard off: leaks are found")
        except LabError as error:
            context.report("guard off", str(error))
        finally:
            run.agent.kill()
            run.relay.close()


def run(context):
    if not context.agent:
        return
    seed = int(os.environ.get("WW_SEED", secrets.randbelow(10**9)))
    _guarded(context, seed)
    _unguarded(context, seed)
