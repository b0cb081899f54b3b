# SPDX-License-Identifier: Apache-2.0
"""Facts about the machine and the build that a figure is worthless without."""
import os
import pathlib
import platform
import re
import subprocess


def cpu_model() -> str:
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return model[1] if model else platform.machine()


def build_type(build: pathlib.Path) -> str:
    try:
        entry = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", (build / "CMakeCache.txt").read_text(), re.MULTILINE)
    except OSError:
        return "unknown"
    return entry[1] if entry else "unknown"


def congestion_control() -> str:
    try:
        return pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    except OSError:
        return "unknown"


def revision(source: pathlib.Path) -> str:
    done = subprocess.run(["git", "-C", str(source), "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def facts(build: pathlib.Path, proxy_cpu: int, load_cpu: int) -> dict:
    return {"kernel": platform.release(), "congestion_control": congestion_control(), "cpu": cpu_model(), "cpus": os.cpu_count(), "proxy_cpu": proxy_cpu,
            "load_cpu": load_cpu, "load_average_before": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
            "build_type": build_type(build), "revision": revision(pathlib.Path(__file__).parent)}
