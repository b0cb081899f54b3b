#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The load bench: outrigger beside a bare relay, HAProxy, nginx and h2o, in interleaved rounds on two CPUs.

Prints Markdown tables; the raw figures go to OUTPUT. Ends with 1 if any reply was wrong, or if outrigger's log lines,
its histogram's count and the requests differ. README.md beside this file explains every figure.
"""
import argparse
import contextlib
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
import counting
import forwarding
import machine
import measuring
from contenders import Bench, Contender, Unavailable
from peers import DEFAULT, LINE_UP
from report import Report

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DESCRIPTORS = 65536
MEMORY_DISK = pathlib.Path("/dev/shm")       # logs go there: a disk's write-back would disturb whoever runs next
TRACED_REQUESTS = 100_000
BUSY = 0.05                                  # of the proxy's CPU taken by others: said below the tables


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke run of half a minute: figures mean nothing")
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build/release", help="the build folder")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(DEFAULT), metavar="NAME,NAME",
                        help=f"contenders, from: {', '.join(LINE_UP)} (default: {','.join(DEFAULT)})")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="measured per run, after half a second of warm-up")
    parser.add_argument("--connections", default="32,256", help="of the saturation runs")
    parser.add_argument("--rate", type=int, default=30_000, help="requests a second of the fixed-rate run; 0: none")
    parser.add_argument("--idle", type=int, default=1000, help="idle connections for the memory figure")
    parser.add_argument("--instructions", action="store_true", help="also count user instructions under callgrind")
    parser.add_argument("--proxy-cpu", type=int)
    parser.add_argument("--load-cpu", type=int)
    parser.add_argument("--output", type=pathlib.Path, default=SOURCE / "build/bench/load.json", help="raw figures")
    chosen = parser.parse_args()
    unknown = set(chosen.only) - set(LINE_UP)
    if unknown:
        parser.error(f"--only: unknown: {', '.join(sorted(unknown))}; allowed: {', '.join(LINE_UP)}")
    if not (chosen.build / "bench/outrigger_load").exists():
        parser.error(f"--build: nothing is built in {chosen.build}; scripts/bench does that")
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.connections, chosen.rate, chosen.idle = 1, 0.3, "32", 1000, 100
    return chosen


class Session:
    """One call of this program: what ran, what was found and what failed."""

    def __init__(self, options: argparse.Namespace, bench: Bench):
        self.options, self.bench = options, bench
        self.records: list[dict] = []
        self.properties: dict[str, dict] = {}
        self.running: list[Contender] = []
        self.skipped: list[str] = []
        self.failures: list[str] = []

    @property
    def warm_up(self) -> float:
        return min(0.5, self.options.seconds / 3)

    def workloads(self) -> list[tuple[str, int, list]]:
        """Name, connections, arguments of the load program."""
        timing = ["--seconds", self.options.seconds, "--warm-up", self.warm_up]
        saturated = [(f"{count} connections", int(count), timing) for count in self.options.connections.split(",")]
        rate = self.options.rate
        return saturated + ([(f"{rate:,} requests/s", 32, ["--rate", rate, *timing])] if rate else [])

    # ---- Phases

    def set_up(self, contender: Contender):
        """Starts it, sees that it works, and weighs it before it has done anything else."""
        say(f"{contender.name}: starting")
        try:
            contender.program()
            contender.start()
        except Unavailable as reason:
            self.skip(f"{contender.name}: {reason}")
            return
        self.running.append(contender)
        added = forwarding.check_forwarding(contender)
        self.properties[contender.name] = {"version": contender.version(), "adds": added,
                                           **measuring.measure_memory(contender, self.options.idle)}

    def run_rounds(self):
        for number in range(self.options.rounds):
            # Each round begins with another one, so that nobody always follows the same neighbour.
            order = self.running[number % len(self.running):] + self.running[:number % len(self.running)]
            for name, connections, mode in self.workloads():
                say(f"round {number + 1} of {self.options.rounds}, {name}: " + ", ".join(c.name for c in order))
                for contender in order:
                    with self.failure_of(contender):
                        measured = measuring.measure_load(contender, connections, *mode)
                        self.records.append({"contender": contender.name, "workload": name, "round": number,
                                             **measured})

    def count_system_calls(self):
        for contender in list(self.running):
            with self.failure_of(contender):
                try:
                    requests = TRACED_REQUESTS if not self.options.quick else TRACED_REQUESTS // 50
                    self.properties[contender.name]["system_calls"] = counting.system_calls(contender, requests)
                except Unavailable as reason:
                    self.skip(str(reason))
                    return

    def count_instructions(self):
        for contender in list(self.running):
            say(f"{contender.name}: under callgrind")
            contender.stop()
            with self.failure_of(contender):
                try:
                    self.properties[contender.name]["user_instructions"] = counting.user_instructions(contender)
                except (Unavailable, RuntimeError) as reason:
                    self.skip(f"{contender.name}: {reason}")

    # ---- What goes wrong

    @contextlib.contextmanager
    def failure_of(self, contender: Contender):
        """One contender's failure fails the bench, at its end; the others go on without it."""
        try:
            yield
        except (measuring.Invalid, RuntimeError, OSError) as failure:
            say(f"FAILED: {failure}")
            self.failures.append(str(failure))
            contender.stop()
            if contender in self.running:
                self.running.remove(contender)

    def skip(self, what: str):
        self.skipped.append(what)
        print(f"SKIPPED: {what}", flush=True)

    def run(self, contenders: list[Contender]):
        try:
            for contender in contenders:
                with self.failure_of(contender):
                    self.set_up(contender)
            if self.running:
                self.run_rounds()
                self.count_system_calls()
            if self.options.instructions:
                self.count_instructions()
        finally:
            for contender in contenders:
                contender.stop()


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS), hard))


def choose_cpus(options: argparse.Namespace) -> tuple[int, int]:
    cpus = sorted(os.sched_getaffinity(0))
    proxy = options.proxy_cpu if options.proxy_cpu is not None else cpus[0]
    load = options.load_cpu if options.load_cpu is not None else cpus[-1]
    if proxy == load:
        say("Only one CPU: proxy and load share it, so the figures mean little.")
    return proxy, load


def conclude(session: Session, contenders: list[Contender], facts: dict) -> int:
    options = session.options
    names = [each.name for each in contenders if each.name in session.properties]
    report = Report(names, session.records, session.properties)
    facts["others_share"] = round(report.disturbance(), 3)
    text = "\n\n".join([report.text([(name, "--rate" in mode) for name, _, mode in session.workloads()]),
                        conditions(session, names, facts)]) + "\n"
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"machine": facts, "skipped": session.skipped, "failures": session.failures,
                                          "properties": session.properties, "records": session.records}, indent=1))
    options.output.with_suffix(".md").write_text(text)
    print(f"\n{text}")
    if report.disturbance() > BUSY:
        print(f"NOISY: other work took up to {report.disturbance():.0%} of a CPU: only instructions, system calls and "
              "memory of this run mean anything.")
    for failure in session.failures:
        print(f"FAILED: {failure}")
    return 1 if session.failures else 0


def conditions(session: Session, names: list[str], facts: dict) -> str:
    """What belongs below the tables wherever they are shown."""
    options = session.options
    versions = {session.properties[name]["version"] for name in names if session.properties[name]["version"]}
    return (f"Medians of {options.rounds} rounds of {options.seconds:g} s. "
            f"Linux {facts['kernel']}, {facts['cpus']} CPUs ({facts['cpu']}), {facts['congestion_control']}, "
            f"{facts['build_type']} build of {facts['revision']}. "
            f"{'; '.join(sorted(versions))}. Load average before: {facts['load_average_before']}; "
            f"other work took at most {facts['others_share']:.0%} of a CPU.")


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    raise_descriptor_limit()
    proxy_cpu, load_cpu = choose_cpus(options)
    home = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="outrigger-bench-", dir=home) as folder:
        bench = Bench(options.build.resolve(), pathlib.Path(folder), proxy_cpu, load_cpu)
        contenders = [kind(bench, leg) for name, (kind, leg) in LINE_UP.items() if name in options.only]
        session = Session(options, bench)
        facts = machine.facts(options.build, proxy_cpu, load_cpu)
        session.run(contenders)
        return conclude(session, contenders, facts)


if __name__ == "__main__":
    sys.exit(main())
