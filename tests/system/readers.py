# SPDX-License-Identifier: Apache-2.0
"""Those who read our metrics pages: the strict parsers, protoc, and Prometheus itself as a process."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

import requirements
from app import free_port
from program import die_with_parent, fetch, until

FOLDER = pathlib.Path(__file__).parent
TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"


def read_strictly(page: bytes, kind: str) -> list:
    """What strict_parser.py says; fails with its words if it does not accept the page."""
    python = requirements.python_with("prometheus_client")
    done = subprocess.run([python, str(FOLDER / "strict_parser.py"), kind], input=page, capture_output=True, timeout=60)
    if done.returncode:
        raise AssertionError(f"not accepted: {done.stderr.decode()[-2000:]}")
    return json.loads(done.stdout)


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def protoc_text(page: bytes) -> str:
    """A delimited protobuf page as protoc prints it."""
    fields, at = bytearray(), 0
    while at < len(page):
        size, begin = varint(page, at)
        if begin + size > len(page):
            raise AssertionError("the last message is cut")
        fields += b"\x0a" + page[at:begin + size]                    # field 1 of Page
        at = begin + size
    done = subprocess.run(["protoc", f"--proto_path={FOLDER}", "--decode=io.prometheus.client.Page", "metrics.proto"],
                          input=bytes(fields), capture_output=True, timeout=60)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    text = done.stdout.decode()
    unknown = re.search(r"^ *\d+[:{ ].*$", text, re.MULTILINE)
    if unknown:
        raise AssertionError(f"a field that the schema does not know: {unknown[0]}")
    return text


class Prometheus:
    """A Prometheus server of this test's own that scrapes these addresses, each as a job."""

    def __init__(self, targets: dict[str, tuple], features: str = ""):
        self.folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        folder = pathlib.Path(self.folder.name)
        self.address = ("127.0.0.1", free_port())
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                  "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [f"{host}:{port}"]}]}
                                     for job, (host, port) in targets.items()]}
        (folder / "prometheus.yml").write_text(json.dumps(config))   # JSON is YAML
        command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                   f"--web.listen-address={self.address[0]}:{self.address[1]}"]
        if features:
            command.append(f"--enable-feature={features}")
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=folder, env={**os.environ, "GOMAXPROCS": "2"}, preexec_fn=die_with_parent)
        try:
            until(self._ready, "Prometheus", patience=60)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}: {self.tail}") from None

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError("Prometheus ended")
        try:
            return fetch(self.address, "GET", "/-/ready").status == 200
        except OSError:
            return False

    def stop(self):
        self.tail = self.log.read_text(errors="replace")[-2000:]
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def api(self, path: str, **parameters):
        page = fetch(self.address, "GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        answer = page.json()
        if answer["status"] != "success":
            raise AssertionError(answer)
        return answer["data"]

    def query(self, expression: str) -> dict[frozenset, float]:
        """An instant query's vector: labels -> value, __name__, job and instance left out."""
        result = {}
        for entry in self.api("query", query=expression)["result"]:
            labels = {key: value for key, value in entry["metric"].items() if key not in ("__name__", "job", "instance")}
            result[frozenset(labels.items())] = float(entry["value"][1]) if "value" in entry else entry["histogram"][1]
        return result

    def value(self, expression: str):
        """The single value, or None."""
        found = list(self.query(expression).values())
        return found[0] if len(found) == 1 else None

    def faults(self) -> dict[str, str]:
        """What went wrong in the last scrape, by job."""
        return {target["labels"]["job"]: target["lastError"] for target in self.api("targets")["activeTargets"]
                if target["lastError"]}
