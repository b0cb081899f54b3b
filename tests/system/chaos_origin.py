#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An origin that misbehaves as it is told to, and counts what it received.

    chaos_origin.py [--port PORT] [--seed SEED] [--latency LATENCY] [FAULT=SHARE ...]

    chaos_origin.py --latency exponential:20ms status-503=5% reset-after-request=2% stall-in-body:5s=1%

Prints its port. When its standard input ends it prints its counts, as JSON. In a test: ChaosOrigin(...) in the test's
own process; `plan` may be replaced while it runs.

FAULT is one of these; `:TIME` (100ms, 2s) is for those that take one. What no share is for is answered well.

    status-NNN                   an answer with this status
    retry-after-seconds:TIME     503 with Retry-After in seconds
    retry-after-date:TIME        503 with Retry-After as an HTTP date
    reset-in-request             RST when the request's head has come, its body unread
    reset-after-request          RST when the request has been read whole
    close-after-request          FIN then; the caller cannot know whether it was done
    stall-before-head:TIME       nothing for so long, then FIN
    reset-in-head, close-in-head, stall-in-head:TIME      in the middle of the answer's head
    reset-in-body, close-in-body, stall-in-body:TIME      in the middle of its body
    short-length                 a Content-Length that is less than what is sent
    long-length                  one that is more, and then FIN
    two-lengths                  two that contradict each other
    bad-chunk                    a chunk's size that is no number
    garbage                      no HTTP at all
    close-when-idle:TIME         a good answer, and FIN when nothing has come for so long

LATENCY of good answers: fixed:TIME, uniform:TIME,TIME, normal:MEAN,DEVIATION, exponential:MEAN.
BURST: a fault whose share is for a part of the time only: FAULT=SHARE@FROM-TO, counted from the origin's start.
What a request meets is a function of the seed, its X-Request-Id (without one: its number) and how often that id has
come before, whatever the order in which requests come; `X-Chaos: FAULT` in a request overrides it.
"""
import argparse
import collections
import email.utils
import json
import math
import random
import sys
import threading
import time
from dataclasses import dataclass, field

from app import App, Connection, Request
from caller import Broken

BODY = b"0123456789" * 10
UNITS = (("ms", 0.001), ("s", 1.0), ("m", 60.0))
ENDINGS = ("reset", "close", "stall")
PHASES = ("in-head", "in-body")
PLAIN = ("ok", "reset-in-request", "reset-after-request", "close-after-request", "short-length", "long-length", "two-lengths",
         "bad-chunk", "garbage", "reset-in-head", "close-in-head", "reset-in-body", "close-in-body")
TIMED = ("retry-after-seconds", "retry-after-date", "stall-before-head", "stall-in-head", "stall-in-body", "close-when-idle")


def seconds(text: str) -> float:
    for unit, factor in UNITS:
        number = text.removesuffix(unit)
        if number != text and number.replace(".", "", 1).isdigit():
            return float(number) * factor
    raise ValueError(f"found '{text}', expected a time such as 20ms or 2s")


@dataclass(frozen=True)
class Fault:
    kind: str = "ok"
    time: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Fault":
        kind, _, length = text.partition(":")
        if kind in TIMED:
            return cls(kind, seconds(length))
        status = kind.removeprefix("status-")
        if not length and (kind in PLAIN or (status != kind and status.isdigit() and 200 <= int(status) <= 599)):
            return cls(kind)
        raise ValueError(f"found '{text}', expected one of: status-NNN, {', '.join(PLAIN)}, "
                         f"{', '.join(f'{kind}:TIME' for kind in TIMED)}")


@dataclass(frozen=True)
class Chance:
    """A fault, its share of the requests, and when."""
    fault: Fault
    share: float
    begins: float = 0.0
    ends: float = math.inf

    @classmethod
    def parse(cls, text: str) -> "Chance":
        fault, equals, rest = text.rpartition("=")
        share, _, span = rest.partition("@")
        begins, _, ends = span.partition("-")
        if not equals or not share.endswith("%"):
            raise ValueError(f"found '{text}', expected FAULT=SHARE% or FAULT=SHARE%@FROM-TO")
        return cls(Fault.parse(fault), float(share[:-1]) / 100, seconds(begins) if span else 0.0,
                   seconds(ends) if span else math.inf)


@dataclass(frozen=True)
class Latency:
    kind: str = "fixed"
    times: tuple[float, ...] = (0.0,)

    @classmethod
    def parse(cls, text: str) -> "Latency":
        kind, _, times = text.partition(":")
        values = tuple(seconds(one) for one in times.split(","))
        if len(values) != {"fixed": 1, "uniform": 2, "normal": 2, "exponential": 1}.get(kind):
            raise ValueError(f"found '{text}', expected fixed:TIME, uniform:TIME,TIME, normal:TIME,TIME or exponential:TIME")
        return cls(kind, values)

    def draw(self, rng: random.Random) -> float:
        match self.kind:
            case "uniform":
                return rng.uniform(*self.times)
            case "normal":
                return max(0.0, rng.gauss(*self.times))
            case "exponential":
                return rng.expovariate(1 / self.times[0]) if self.times[0] else 0.0
        return self.times[0]


@dataclass(frozen=True)
class Plan:
    chances: tuple[Chance, ...] = ()
    latency: Latency = Latency()

    @classmethod
    def parse(cls, *chances: str, latency: str = "fixed:0s") -> "Plan":
        plan = cls(tuple(Chance.parse(one) for one in chances), Latency.parse(latency))
        if round(sum(chance.share for chance in plan.chances if chance.ends == math.inf), 9) > 1:
            raise ValueError("the shares are more than 100%")
        return plan

    def draw(self, rng: random.Random, age: float) -> Fault:
        left = rng.random()
        for chance in self.chances:
            if chance.begins <= age < chance.ends:
                left -= chance.share
                if left < 0:
                    return chance.fault
        return Fault()


@dataclass
class Counts:
    heads: int = 0                       # requests whose head came
    whole: int = 0                       # that were read to their end: whatever they ask for may have been done
    kinds: collections.Counter = field(default_factory=collections.Counter)            # what they met
    on_reused: collections.Counter = field(default_factory=collections.Counter)        # on a connection's second or later
    heads_by_id: collections.Counter = field(default_factory=collections.Counter)
    whole_by_id: collections.Counter = field(default_factory=collections.Counter)

    def as_json(self) -> dict:
        twice = {name: times for name, times in self.whole_by_id.items() if times > 1}
        return {"heads": self.heads, "whole": self.whole, "kinds": dict(self.kinds), "on_reused": dict(self.on_reused),
                "ids": len(self.whole_by_id), "more_than_once": twice,
                "heads_more_than_once": {name: times for name, times in self.heads_by_id.items() if times > 1}}


class ChaosOrigin:
    def __init__(self, plan: Plan = Plan(), seed: int = 1, port: int = 0, host: str = "127.0.0.1"):
        self.plan, self.seed, self.began = plan, seed, time.monotonic()
        self.counts, self.lock = Counts(), threading.Lock()
        self.stopping = threading.Event()
        self.app = App(self._serve, port, backlog=512, host=host)
        self.port = self.app.port

    def stop(self):
        self.stopping.set()
        self.app.stop()

    def _serve(self, connection: Connection):
        number = 0
        while (request := connection.head()) is not None:
            number += 1
            fault, rng = self._meet(request, number > 1)
            if fault.kind == "reset-in-request":
                return connection.reset()
            connection.body(request)
            self._note_whole(request)
            if not self._answer(connection, request, fault, rng):
                return

    def _meet(self, request: Request, reused: bool) -> tuple[Fault, random.Random]:
        with self.lock:
            self.counts.heads += 1
            name = request.headers["X-Request-Id"] or str(self.counts.heads)
            self.counts.heads_by_id[name] += 1
            rng = random.Random(f"{self.seed} {name} {self.counts.heads_by_id[name]}")
            told = request.headers["X-Chaos"]
            fault = Fault.parse(told) if told else self.plan.draw(rng, time.monotonic() - self.began)
            self.counts.kinds[fault.kind] += 1
            if reused:
                self.counts.on_reused[fault.kind] += 1
            return fault, rng

    def _note_whole(self, request: Request):
        with self.lock:
            self.counts.whole += 1
            self.counts.whole_by_id[request.headers["X-Request-Id"] or f"number {self.counts.whole}"] += 1

    def _answer(self, connection: Connection, request: Request, fault: Fault, rng: random.Random) -> bool:
        """False: the connection is over."""
        body = b"" if request.method == "HEAD" else BODY
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
        match fault.kind:
            case "ok" | "close-when-idle":
                self.stopping.wait(self.plan.latency.draw(rng))
                connection.send(head + body)
                return fault.kind == "ok" or self._goes_on_within(connection, fault.time)
            case "retry-after-seconds":
                self._reply(connection, request, 503, f"Retry-After: {math.ceil(fault.time)}")
            case "retry-after-date":
                date = email.utils.formatdate(math.ceil(time.time() + fault.time), usegmt=True)
                self._reply(connection, request, 503, f"Retry-After: {date}")
            case kind if kind.startswith("status-"):
                self._reply(connection, request, int(kind.removeprefix("status-")))
            case _:
                self._end_badly(connection, fault, head, body)
                return False
        return True

    @staticmethod
    def _reply(connection: Connection, request: Request, status: int, *fields: str):
        bodiless = request.method == "HEAD" or status in (204, 304)
        lines = [f"HTTP/1.1 {status} X", *([] if status in (204, 304) else [f"Content-Length: {len(BODY)}"]), *fields, "", ""]
        connection.send("\r\n".join(lines).encode() + (b"" if bodiless else BODY))

    @staticmethod
    def _goes_on_within(connection: Connection, idle: float) -> bool:
        if connection.reader.buffer:
            return True
        connection.socket.settimeout(idle)
        try:
            return connection.reader.fill()
        except TimeoutError:
            return False
        finally:
            connection.socket.settimeout(30)

    def _end_badly(self, connection: Connection, fault: Fault, head: bytes, body: bytes):
        before = {"in-head": head[:len(head) // 2], "in-body": head + body[:len(body) // 2]}
        ending, _, phase = fault.kind.partition("-")
        if phase in PHASES:
            connection.send(before[phase])
        elif fault.kind in ("short-length", "long-length"):
            length = len(BODY) // 2 if fault.kind == "short-length" else len(BODY) * 2
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + body)
        elif fault.kind == "two-lengths":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + body)
        elif fault.kind == "bad-chunk":
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nmany\r\n" + body)
        elif fault.kind == "garbage":
            connection.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        if ending == "stall":
            self.stopping.wait(fault.time)
        if ending == "reset":
            connection.reset()      # else the end of _serve() closes in order


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", default="fixed:0s")
    parser.add_argument("faults", nargs="*", metavar="FAULT=SHARE")
    given = parser.parse_args()
    try:
        plan = Plan.parse(*given.faults, latency=given.latency)
    except ValueError as wrong:
        parser.error(str(wrong))
    origin = ChaosOrigin(plan, given.seed, given.port)
    print(origin.port, flush=True)
    sys.stdin.read()
    origin.stop()
    print(json.dumps(origin.counts.as_json()), flush=True)


if __name__ == "__main__":
    main()
