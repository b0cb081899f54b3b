# SPDX-License-Identifier: Apache-2.0
"""What a request costs whatever else the machine does: system calls and user instructions."""
import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import time

import processes
from contenders import Contender, Unavailable
from measuring import SETTLE_SECONDS, run_load


def system_calls(contender: Contender, requests: int) -> float:
    """Per request, at saturation. perf counts without slowing the proxy down; strace makes its batches larger."""
    for count in (calls_by_perf, calls_by_strace):
        with contextlib.suppress(Unavailable):
            return count(contender, requests)
    raise Unavailable("system calls per request: neither perf (with tracepoints) nor strace works here")


def calls_by_perf(contender: Contender, requests: int) -> float:
    report = contender.folder / "perf"
    pids = ",".join(map(str, contender.pids()))
    text = traced(contender, requests, report,
                  ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-o", report, "-p", pids])
    count = re.search(r"^(\d+),[^,]*,raw_syscalls:sys_enter", text, re.MULTILINE)
    if not count:
        raise Unavailable("perf has no tracepoints here")
    return int(count[1]) / requests


def calls_by_strace(contender: Contender, requests: int) -> float:
    report = contender.folder / "strace"
    pids = [part for pid in contender.pids() for part in ("-p", pid)]
    text = traced(contender, requests, report, ["strace", "-f", "-c", "-q", "-o", report, *pids])
    total = re.search(r"^100\.00 +\S+ +\d* +(\d+) .*total$", text, re.MULTILINE)
    if not total:
        raise Unavailable("strace may not attach here")
    return int(total[1]) / requests


def traced(contender: Contender, requests: int, report: pathlib.Path, command: list) -> str:
    if not shutil.which(command[0]):
        raise Unavailable(f"{command[0]} is not installed")
    tracer = processes.spawn(command, contender.bench.load_cpu, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE_SECONDS)       # it attaches
        if tracer.poll() is None:
            run_load(contender, 32, "--requests", requests)
            tracer.send_signal(signal.SIGINT)
            tracer.wait(timeout=processes.PATIENCE)
    finally:
        processes.end(tracer)
    contender.empty_logs()
    return report.read_text() if report.exists() else ""


def user_instructions(contender: Contender, few: int = 1000, many: int = 3000) -> float:
    """Per request, all threads, as callgrind counts them; the difference of two runs, so starting costs nothing."""
    if not shutil.which("valgrind"):
        raise Unavailable("user instructions per request: valgrind is not installed")
    return (instructions_for(contender, many) - instructions_for(contender, few)) / (many - few)


def instructions_for(contender: Contender, requests: int) -> int:
    contender.start(["valgrind", "--tool=callgrind", "--trace-children=yes", "--callgrind-out-file=callgrind.%p"])
    try:
        run_load(contender, 32, "--requests", requests)
    finally:
        contender.stop()
    totals = [re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)
              for path in contender.folder.glob("callgrind.*")]
    if not totals or not all(totals):
        raise Unavailable(f"user instructions per request: {contender.name} left no count: {contender.complaints()}")
    return sum(int(total[1]) for total in totals)
