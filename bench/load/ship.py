#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipping bench: how many records a second go from a program through a spool on disk to a local TCP receiver,
beside rsyslog as a forwarder with a disk queue.

    bench/load/ship.py [--build DIR] [--records N] [--bytes N] [--rounds N] [--spool DIR] [--output FILE]

Each contender runs on CPU 0 alone; whoever sends to it and receives from it on the last one. Rounds are interleaved and
begin with another contender each; a figure is the median of the rounds. It ends with 1 if any record is missing.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import machine                                                                     # noqa: E402

PATIENCE = 120.0
RSYSLOG = '''
global(workDirectory="{folder}" maxMessageSize="8k")
main_queue(queue.type="Direct")
module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="forward") {{
    action(type="omfwd" target="127.0.0.1" port="{sink}" protocol="tcp" template="raw" action.resumeRetryCount="-1"
           queue.filename="queue" queue.saveOnShutdown="on" queue.maxDiskSpace="4g" {queue})
}}
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="forward")
'''
QUEUES = {
    "rsyslog, disk-assisted": 'queue.type="LinkedList" queue.size="100000" queue.dequeueBatchSize="1024"',
    "rsyslog, disk": 'queue.type="Disk" queue.dequeueBatchSize="1024"',
}


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pinned(cpu: int):
    return lambda: os.sched_setaffinity(0, {cpu})


class Round:
    """One contender, from nothing to the last record."""

    def __init__(self, arguments, name: str):
        self.arguments, self.name = arguments, name
        self.program, self.peer = (str(arguments.build / "bench" / name) for name in ("outrigger_ship", "outrigger_log_peer"))
        cpus = sorted(os.sched_getaffinity(0))
        self.cpu, self.peer_cpu = cpus[0], cpus[-1]

    def run(self) -> dict:
        with tempfile.TemporaryDirectory(dir=self.arguments.spool, prefix="outrigger-ship-") as folder:
            sink = subprocess.Popen([self.peer, "sink", str(self.arguments.records)], stdout=subprocess.PIPE, text=True,
                                    preexec_fn=pinned(self.peer_cpu))
            port = int(sink.stdout.readline().split()[1])
            started = None
            try:
                started, cpu = (self.outrigger if self.name == "outrigger" else self.rsyslog)(folder, port)
                figures = json.loads(sink.stdout.readline())
                figures["cpu_seconds"] = cpu()
            finally:
                if started and started.poll() is None:
                    started.terminate()
                if started:
                    started.wait(PATIENCE)
                sink.wait(PATIENCE) if started else sink.kill()
        if figures["records"] < self.arguments.records:
            raise SystemExit(f"{self.name}: {figures['records']} of {self.arguments.records} records arrived")
        return figures

    def outrigger(self, folder: str, port: int):
        process = subprocess.Popen([self.program, f"logstash+tcp://127.0.0.1:{port}", f"{folder}/spool",
                                    str(self.arguments.records), str(self.arguments.bytes)],
                                   stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.cpu))

        def cpu():
            books = json.loads(process.communicate(timeout=PATIENCE)[0])
            if books["delivered"] < self.arguments.records:
                raise SystemExit(f"outrigger: {books}")
            return books["cpu_seconds"]
        return process, cpu

    def rsyslog(self, folder: str, sink: int):
        import socket
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        config = pathlib.Path(folder) / "config"
        config.write_text(RSYSLOG.format(folder=folder, port=port, sink=sink, queue=QUEUES[self.name]))
        process = subprocess.Popen(["rsyslogd", "-n", "-f", str(config), "-i", f"{folder}/pid"], preexec_fn=pinned(self.cpu))
        self.wait_for(port)
        feeder = subprocess.Popen([self.peer, "feed", str(port), str(self.arguments.records), str(self.arguments.bytes)],
                                  preexec_fn=pinned(self.peer_cpu))

        def cpu():
            feeder.wait(PATIENCE)
            return cpu_seconds(process.pid)
        return process, cpu

    @staticmethod
    def wait_for(port: int):
        end = time.monotonic() + PATIENCE
        while f":{port:04X} 00000000:0000 0A " not in pathlib.Path("/proc/net/tcp").read_text():
            if time.monotonic() > end:
                raise SystemExit("rsyslogd does not listen")
            time.sleep(0.05)


def table(runs: dict, records: int) -> str:
    lines = ["| contender | records/s | x outrigger | CPU us per record |", "|---|---|---|---|"]
    rates = {name: [run["records"] / run["seconds"] for run in found] for name, found in runs.items()}
    for name, found in runs.items():
        ratio = statistics.median(mine / ours for mine, ours in zip(rates[name], rates["outrigger"]))
        cpu = statistics.median(run["cpu_seconds"] for run in found) / records * 1e6
        lines.append(f"| {name} | {statistics.median(rates[name]):,.0f} | {ratio:.2f} | {cpu:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=HERE.parents[1] / "build" / "release")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--spool", help="a folder on the disk to measure; default: the build's", default=None)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.spool = arguments.spool or str(arguments.build)
    names = ["outrigger"]
    if shutil.which("rsyslogd"):
        names += QUEUES
    else:
        print("SKIPPED: rsyslog is not installed (scripts/setup bench)")
    runs = {name: [] for name in names}
    for number in range(arguments.rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            runs[name].append(Round(arguments, name).run())
    cpus = sorted(os.sched_getaffinity(0))
    facts = machine.facts(arguments.build, cpus[0], cpus[-1])
    print(f"{arguments.records:,} records of {arguments.bytes} bytes, {arguments.rounds} rounds; {facts['cpu']}, "
          f"{facts['build_type']}, load {facts['load_average_before']}\n")
    print(table(runs, arguments.records))
    if arguments.output:
        arguments.output.write_text(json.dumps({"facts": facts, "runs": runs}, indent=1))


if __name__ == "__main__":
    main()
