"""Reads what `wwprobe first` has counted (probe_tally.h): at any moment, and after it was killed."""

import collections
import ipaddress
import pathlib
import struct

HEAD = struct.Struct("<7Q72x")
ROW = struct.Struct("<48s8Q16s")

Head = collections.namedtuple("Head", "began ended rounds sent refused overflow lost")
Row = collections.namedtuple("Row", "count first_seen first_sent last_seen last_sent first_seq last_seq gap sender")


class Tally:
    """All times are ns of CLOCK_MONOTONIC, as time.monotonic_ns()."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def head(self):
        """None while the probe has not begun."""
        try:
            with open(self.path, "rb") as file:
                data = file.read(HEAD.size)
        except FileNotFoundError:
            return None
        return Head(*HEAD.unpack(data)) if len(data) == HEAD.size and data[0:8] != bytes(8) else None

    def rows(self):
        """{"SENDER>TARGET": Row} of all that came."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        found = {}
        for at in range(HEAD.size, len(data), ROW.size):
            if data[at]:
                key, *numbers, sender = ROW.unpack_from(data, at)
                found[key.rstrip(b"\0").decode()] = Row(*numbers, _address(sender))
        return {key: row for key, row in found.items() if row.count}

    def counts(self):
        """{"SENDER>TARGET": how many came}"""
        return {key: row.count for key, row in self.rows().items()}


def _address(data):
    address = ipaddress.IPv6Address(data)
    return str(address.ipv4_mapped or address)
