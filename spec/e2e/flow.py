"""A long TCP conversation that knows when it stalls."""

import threading


class Flow:
    """`wwprobe flow`: asks every 5 ms and waits for the answer; an answer later than 150 ms is a stall."""

    def __init__(self, child):
        self._child = child
        self.events = []  # ("open" | "stalled" | "resumed" | "lost", time in ms as of time.monotonic())
        self.summary = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            word, *rest = line.split()
            if word == "end":
                self.summary = line.strip()
            else:
                self.events.append((word, int(rest[0])))

    @property
    def state(self):
        """"open" (also after a stall), "stalled", "lost", or None while it has not begun."""
        word = self.events[-1][0] if self.events else None
        return "open" if word == "resumed" else word

    def stop(self):
        """End it; the list of events."""
        if self._child.poll() is None:
            self._child.stdin.close()
            self._child.wait(5)
        self._reader.join(5)
        return self.events
