# SPDX-License-Identifier: Apache-2.0
"""Processes on chosen CPUs, and what the system knows about them: CPU time, memory, children."""
import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

PATIENCE = 20.0              # seconds, for what happens at once on a calm machine
PR_SET_PDEATHSIG = 1
TICKS = os.sysconf("SC_CLK_TCK")
libc = ctypes.CDLL(None)


def spawn(command, cpu: int, **arguments) -> subprocess.Popen:
    """Starts it pinned to one CPU; it dies with this process."""
    def prepare():
        os.sched_setaffinity(0, {cpu})
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return subprocess.Popen([str(part) for part in command], preexec_fn=prepare, **arguments)


def until(condition, what: str, patience: float = PATIENCE):
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"not within {patience:g} s: {what}")
        time.sleep(0.01)


def end(process: subprocess.Popen, patience: float = PATIENCE) -> int:
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def free_port(kind=socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def with_children(pid: int) -> list[int]:
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += with_children(int(child))
    return found


class Usage:
    """CPU time of processes up to now, of their threads that have ended, too."""

    def __init__(self, pids):
        # The kernel's numbering of other processes' CPU clocks, as clock_getcpuclockid(3) computes it. These are
        # exact; /proc/PID/stat counts ticks and only tells how to divide between user and system.
        self.seconds = sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)
        self.user = self.system = 0
        for pid in pids:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            self.user, self.system = self.user + int(fields[11]), self.system + int(fields[12])

    def since(self, earlier: "Usage") -> tuple[float, float]:
        """User and system seconds."""
        seconds, user, system = (getattr(self, name) - getattr(earlier, name)
                                 for name in ("seconds", "user", "system"))
        share = user / (user + system) if user + system else 0.0
        return seconds * share, seconds * (1 - share)


def busy_seconds(cpu: int) -> float:
    """How long this CPU has done anything, for whomever (a hypervisor's other guests included)."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{cpu}":
            user, nice, system, _, _, irq, softirq, steal = map(int, fields[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS
    return 0.0


def memory_kib(pids) -> dict[str, float]:
    """Resident: as ps shows it, so pages shared by two processes count twice. Anonymous: those count once."""
    resident = anonymous = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        values = {name: int(kib) for name, kib in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
        resident += values["Rss"]
        anonymous += values.get("Pss_Anon", values["Anonymous"])
    return {"resident_kib": resident, "anonymous_kib": anonymous}
