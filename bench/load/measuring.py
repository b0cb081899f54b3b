# SPDX-License-Identifier: Apache-2.0
"""Runs the load against one contender and measures what that costs it."""
import contextlib
import json
import subprocess
import time

import processes
from contenders import Contender

AT_REST_REQUESTS = 1000
# After each load: the last log lines are written (and paid for), and nobody reuses a connection to an origin that has
# gone. Longer than every flush interval and than h2o's patience with idle connections.
SETTLE_SECONDS = 0.3
LOAD_PATIENCE = 120.0


class Invalid(Exception):
    """The contender did something wrong: its figures are void and the bench fails."""


# ---- One run of the load program

def load_command(contender: Contender, connections: int, *mode) -> list:
    return [contender.bench.load, "--target", contender.target, "--origin", contender.origin,
            "--connections", connections, *mode]


def run_load(contender: Contender, connections: int, *mode) -> dict:
    process = processes.spawn(load_command(contender, connections, *mode), contender.bench.load_cpu,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=LOAD_PATIENCE)
    finally:
        processes.end(process)
    time.sleep(SETTLE_SECONDS)
    if process.returncode != 0:
        raise Invalid(f"{contender.name}: {err.strip()} {contender.complaints()}")
    result = json.loads(out)
    if result["origin_requests"] != result["requests"]:
        raise Invalid(f"{contender.name}: {result['requests']} requests, but the origin saw "
                      f"{result['origin_requests']}")
    return result


@contextlib.contextmanager
def counts_agree(contender: Contender):
    """Fails unless log lines = requests = the histogram's count. What runs inside puts `requests` into the record."""
    if not contender.counts_requests:
        yield {}
        contender.empty_logs()
        return
    contender.empty_logs()
    before = contender.counted()
    record = {}
    yield record
    requests = record["requests"]
    with contextlib.suppress(RuntimeError):
        processes.until(lambda: contender.counted() - before >= requests and contender.logged() >= requests,
                        "all requests counted and logged", patience=5)
    record["logged"], record["counted"] = contender.logged(), contender.counted() - before
    if not record["logged"] == record["counted"] == requests:
        raise Invalid(f"{contender.name}: {requests} requests, {record['logged']} log lines, "
                      f"histogram count {record['counted']}")
    contender.empty_logs()


def measure_load(contender: Contender, connections: int, *mode) -> dict:
    """Throughput or latencies, and the proxy's CPU time per request over the whole run, the warm-up included."""
    pids, bench = contender.pids(), contender.bench
    with counts_agree(contender) as record:
        before, start = processes.Usage(pids), time.monotonic()
        proxy_cpu, load_cpu = processes.busy_seconds(bench.proxy_cpu), processes.busy_seconds(bench.load_cpu)
        record.update(run_load(contender, connections, *mode))
        user, system = processes.Usage(pids).since(before)
        load, wall = record["cpu_seconds"], time.monotonic() - start
        others = (processes.busy_seconds(bench.proxy_cpu) - proxy_cpu - user - system,
                  processes.busy_seconds(bench.load_cpu) - load_cpu - load)
    microseconds = 1e6 / record["requests"]
    return {**record, "cpu_us": (user + system) * microseconds, "user_us": user * microseconds,
            "system_us": system * microseconds, "cpu_share": (user + system) / record["wall_seconds"],
            "load_cpu_share": load / record["wall_seconds"],
            "others_share": max(0.0, *others) / wall}


# ---- Memory

def measure_memory(contender: Contender, idle_connections: int) -> dict:
    """Of a contender that has just started: at rest after some requests, then with idle connections."""
    with counts_agree(contender) as record:
        record.update(run_load(contender, 32, "--requests", AT_REST_REQUESTS))
    rest = processes.memory_kib(contender.pids())
    with counts_agree(contender) as record:
        idle = memory_while_idle(contender, idle_connections, record)
    grown = idle["anonymous_kib"] - rest["anonymous_kib"]
    return {**rest, "idle_connections": idle_connections, "idle_anonymous_kib": idle["anonymous_kib"],
            "bytes_per_idle_connection": grown * 1024 / idle_connections}


def memory_while_idle(contender: Contender, connections: int, record: dict) -> dict:
    process = processes.spawn(load_command(contender, connections, "--idle"), contender.bench.load_cpu,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()        # all are open, or it has failed
        time.sleep(SETTLE_SECONDS)
        memory = processes.memory_kib(contender.pids())
        out, err = process.communicate(timeout=LOAD_PATIENCE)     # closes stdin: it ends
    finally:
        processes.end(process)
    time.sleep(SETTLE_SECONDS)
    if process.returncode != 0:
        raise Invalid(f"{contender.name}: idle connections: {err.strip()}")
    record.update(json.loads(out))
    return memory
