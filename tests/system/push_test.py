# SPDX-License-Identifier: Apache-2.0
"""Pushes to a real Pushgateway: by the library, and by a sidecar with metrics.push."""
import os
import socket
import subprocess
import urllib.parse

import requirements
from app import App, Mirror, answering, free_port
from caller import Caller, get
from program import die_with_parent, fetch, until
from system_case import SystemTest

DURATIONS = "http_server_request_duration_seconds"


class PushTest(SystemTest):
    def setUp(self):
        self.address = ("127.0.0.1", free_port())
        self.gateway = subprocess.Popen(["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{self.address[1]}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)
        self.addCleanup(self.end)
        until(self.ready, "the Pushgateway", patience=60)

    def end(self):
        self.gateway.terminate()
        self.gateway.wait(20)

    def ready(self) -> bool:
        try:
            return fetch(self.address, "GET", "/-/ready").status == 200
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def groups(self) -> dict:
        """What the Pushgateway has: labels of the group -> {family: [metric]}."""
        data = fetch(self.address, "GET", "/api/v1/metrics").json()["data"]
        return {frozenset(group["labels"].items()): {name: family["metrics"] for name, family in group.items() if isinstance(family, dict) and "metrics" in family}
                for group in data}

    def push(self, values, verb, *group) -> str:
        done = subprocess.run([os.environ["OUTRIGGER_METRICS_APP"], self.url, verb, *group], text=True, capture_output=True,
                              input="".join(f"{value}\n" for value in values) + "\n", timeout=60)
        self.assertEqual(done.returncode, 1 if done.stdout.strip() else 0, done)
        return done.stdout.strip()

    def put(self, path, body):
        connection_page = fetch(self.address, "PUT", path, body)
        self.assertEqual(connection_page.status, 200, connection_page.body)

    def test_replace_replaces_add_adds_and_remove_removes(self):
        self.put("/metrics/job/backup", b"# TYPE other gauge\nother 1\n")
        group = frozenset({("job", "backup")})
        self.assertEqual(self.push([0.5, 2], "add", "backup"), "")
        found = self.groups()[group]
        self.assertEqual(found["work_total"][0]["value"], "2")
        self.assertEqual(found["other"][0]["value"], "1")            # POST leaves it
        self.assertEqual(self.push([1], "replace", "backup"), "")
        found = self.groups()[group]
        self.assertEqual(found["work_total"][0]["value"], "1")
        self.assertNotIn("other", found)                             # PUT does not
        self.assertEqual(found["work_seconds"][0]["count"], "1")
        self.assertEqual(self.push([], "remove", "backup"), "")
        until(lambda: group not in self.groups(), "the group's removal")

    def test_any_group_comes_through(self):
        labels = {"instance": "db-1:9100/a", "path": "/var/tmp", "strange": "grüß ?#%+&=\"\\ ..", "dots": ".."}
        arguments = [text for label in labels.items() for text in label]
        self.assertEqual(self.push([1], "replace", "a/b", *arguments), "")
        self.assertIn(frozenset({("job", "a/b"), *labels.items()}), self.groups())

    def test_what_is_wrong_is_said(self):
        self.end()
        self.assertIn("onnect", self.push([1], "replace", "backup"))

    def test_a_sidecar_pushes_what_it_came_to_when_it_ends(self):
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"service": "nightly job", "metrics": {"push": self.url + "?a=b"}})
        with Caller(sidecar.address) as caller:
            for _ in range(3):
                caller.ask(get("/"))
        sidecar.access_lines(3)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        found = self.groups()[frozenset({("job", "nightly job"), ("instance", socket.gethostname())})]
        self.assertEqual(sum(int(metric["count"]) for metric in found[DURATIONS]), 3)
        self.assertTrue(any("are pushed" in line["message"] for line in sidecar.log()))

    def test_a_path_names_the_group_and_a_gateway_that_is_away_delays_the_end_by_little(self):
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"metrics": {"push": self.url + "/metrics/job/j/instance/" + urllib.parse.quote("one two")}})
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        self.assertIn(frozenset({("job", "j"), ("instance", "one two")}), self.groups())
        self.end()
        alone = self.sidecar(app, {"metrics": {"push": self.url}})
        alone.signal(15)
        self.assertEqual(alone.wait(10), 0)
        self.assertTrue(any("could not be pushed" in line["message"] for line in alone.log()))


if __name__ == "__main__":
    requirements.main("prometheus-pushgateway")
