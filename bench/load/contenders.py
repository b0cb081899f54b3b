# SPDX-License-Identifier: Apache-2.0
"""What stands between the load and its origin: how it is started, counted and stopped; the relay and outrigger."""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import processes

START_LINE = re.compile(r"^outrigger \S+: http://(\S+:\d+) -> \S+, admin http://(\S+:\d+), \d+ workers?$",
                        re.MULTILINE)


class Unavailable(Exception):
    """This contender cannot run here; the text says why."""


class Bench:
    """What all contenders share: programs, folder, CPU, and where the origin listens."""

    def __init__(self, build: pathlib.Path, folder: pathlib.Path, proxy_cpu: int, load_cpu: int):
        self.folder, self.proxy_cpu, self.load_cpu = folder, proxy_cpu, load_cpu
        self.outrigger, self.load, self.relay = (
            build / name for name in ("outrigger", "bench/outrigger_load", "bench/outrigger_relay"))
        self.origins = {"tcp": f"127.0.0.1:{processes.free_port()}", "unix": f"unix:{folder}/origin.sock"}
        # Bound and never read: the kernel drops what does not fit, the sender notices nothing.
        self.log_sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.log_sink.bind(("127.0.0.1", 0))
        self.log_sink_port = self.log_sink.getsockname()[1]


class Contender:
    kind = ""                    # without the leg
    adds: tuple[str, ...] = ()   # fields that the app must get, lower case
    counts_requests = False

    def __init__(self, bench: Bench, leg: str = "tcp"):
        self.bench, self.leg = bench, leg
        self.name = self.kind if leg == "tcp" else f"{self.kind}-{leg}"
        self.origin = bench.origins[leg]
        self.process = None
        self.target = ""

    # ---- What each one says for itself

    def program(self) -> str:
        found = shutil.which(self.kind, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if not found:
            raise Unavailable(f"{self.kind} is not installed (scripts/setup bench installs it)")
        return found

    def version(self) -> str:
        return ""

    def command(self) -> list:
        raise NotImplementedError

    def origin_for(self, tcp: str, unix: str) -> str:
        """The origin in the contender's own words: `tcp` and `unix` hold {} for its address."""
        return unix.format(self.origin.removeprefix("unix:")) if self.leg == "unix" else tcp.format(self.origin)

    # ---- Its life

    def start(self, prefix=()):
        self.folder = self.bench.folder / self.name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.target = f"127.0.0.1:{processes.free_port()}"
        command = [*prefix, *self.command()]
        # Appending: the files are cut to nothing between runs, while they are open.
        with open(self.folder / "stdout", "ab") as out, open(self.folder / "stderr", "ab") as err:
            self.process = processes.spawn(command, self.bench.proxy_cpu, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=err, cwd=self.folder)
        try:
            processes.until(self.listens, f"{self.name} listens")
        except BaseException:
            self.stop()
            raise

    def listens(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.complaints()}")
        host, port = self.target.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def complaints(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace").strip()[-2000:]

    def pids(self) -> list[int]:
        return processes.with_children(self.process.pid)

    def stop(self):
        if self.process:
            processes.end(self.process)
            self.process = None

    def logs(self) -> list[pathlib.Path]:
        return [path for path in self.folder.glob("*") if path.name in ("stdout", "access.log")]

    def empty_logs(self):
        for path in self.logs():
            os.truncate(path, 0)

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        return path


def first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()[0].strip()


class Relay(Contender):
    """Parses nothing: the floor."""
    kind = "relay"

    def program(self) -> str:
        return str(self.bench.relay)

    def command(self):
        return [self.program(), self.target, self.origin]


class Outrigger(Contender):
    """Everything on: routes, metrics, trace and request ids, one ECS line per request to a file."""
    kind = "outrigger"
    adds = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "traceparent")
    counts_requests = True
    dataset, histogram = b'"dataset":"outrigger.access"', "http_server_request_duration_seconds"

    def program(self) -> str:
        return str(self.bench.outrigger)

    def version(self) -> str:
        return first_line(self.program(), "--version")

    def settings(self) -> dict:
        return {"service": "orders", "admin": "127.0.0.1:0", "workers": 1, "logs": {"access": "all"},
                "inbound": {"listen": "127.0.0.1:0", "routes": ["/users/{id}", "/orders/{id}/items"],
                            "app": self.origin_for("http://{}", "unix:{}")},
                "drain": {"delay": "0s", "timeout": "300ms"}}

    def command(self):
        settings = self.settings()
        return [self.program(), "run", "-c", self.write("outrigger.yaml", json.dumps(settings))]   # JSON is YAML

    def listens(self) -> bool:
        # It chooses its ports itself.
        if self.process.poll() is not None:
            if self.leg == "unix" and self.process.returncode == 2:
                raise Unavailable(f"this build refuses it: {self.complaints()}")
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.complaints()}")
        line = START_LINE.search((self.folder / "stderr").read_text())
        if line:
            self.target, self.admin = line[1], line[2]
        return bool(line)

    def counted(self) -> int:
        """What its histogram has counted so far, over all labels."""
        connection = http.client.HTTPConnection(self.admin, timeout=processes.PATIENCE)
        try:
            connection.request("GET", "/metrics")
            page = connection.getresponse().read().decode()
        finally:
            connection.close()
        values = re.findall(rf"^{self.histogram}_count(?:\{{.*\}})? (\S+)", page, re.MULTILINE)
        return round(sum(map(float, values)))

    def logged(self) -> int:
        """Access lines since the log was emptied."""
        with open(self.folder / "stdout", "rb") as lines:
            return sum(self.dataset in line for line in lines)


class OutriggerOutbound(Outrigger):
    """The same origin as an upstream: the app's calls with every policy that is on without being written."""
    kind = "outrigger-outbound"
    adds = ("x-request-id", "traceparent")
    dataset, histogram = b'"dataset":"outrigger.calls"', "http_client_request_duration_seconds"

    def settings(self) -> dict:
        self.port = processes.free_port()
        upstream = {"listen": f"127.0.0.1:{self.port}", "target": f"http://{self.origin}"}
        return {**super().settings(), "outbound": {"users": upstream}}

    def listens(self) -> bool:
        listening = super().listens()
        self.target = f"127.0.0.1:{self.port}"
        return listening
