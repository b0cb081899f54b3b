# SPDX-License-Identifier: Apache-2.0
"""The admin address: its pages, what it refuses, and what other hosts may see."""
import functools
import os
import re
import subprocess
import sys
import threading

import requirements
from app import App, Mirror, answering
from caller import Caller, get
from program import fetch, until
from system_case import SystemTest

OWN_ADDRESS = "10.255.0.7"                # inside a network namespace of this test's own


class AdminTest(SystemTest):
    def start(self, settings=None):
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        return self.sidecar(app, settings)

    def test_the_front_page_leads_to_the_others(self):
        sidecar = self.start({"service": "<b>&shop"})
        page = sidecar.ask_admin("/")
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        text = page.body.decode()
        self.assertIn("&lt;b>&amp;shop", text.replace("&gt;", ">"))
        for path in ("/health", "/health/ready", "/metrics", "/api/config"):
            self.assertIn(f'href="{path}"', text)

    def figures(self, sidecar) -> dict:
        """What the front page shows, by the elements' ids."""
        text = sidecar.ask_admin("/").body.decode()
        return dict(re.findall(r'id="([a-z0-9-]+)"[^>]*>([^<]*)<', text))

    def test_the_front_page_s_figures_are_those_of_the_metrics(self):
        def answer(connection, request):
            if request.target == "/held":
                self.held.set()
                self.release.wait(60)
            connection.reply(int(request.headers["X-Status"] or 200), b"x")

        self.held, self.release = threading.Event(), threading.Event()
        self.addCleanup(self.release.set)
        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"inbound": {"timeout": "10s", "routes": ["/users/{id}"]}})
        sidecar.wait_ready()
        self.assertEqual(self.figures(sidecar)["requests"], "0")
        with Caller(sidecar.address) as caller, Caller(sidecar.address) as slow:
            for status, count in ((200, 7), (204, 2), (404, 3), (500, 1), (503, 2)):
                for _ in range(count):
                    caller.ask(get("/users/7", f"X-Status: {status}"))
            caller.ask(get("/x", "Host: other.test"))                # two Hosts: refused
            slow.send(get("/held"))
            self.assertTrue(self.held.wait(20))
            sidecar.access_lines(16)
            shown, page = self.figures(sidecar), sidecar.metrics()
        count = functools.partial(page.count, "http_server_request_duration_seconds")
        self.assertEqual(int(shown["requests"]), count())
        self.assertEqual(int(shown["active"]), page.sum("http_server_active_requests"))
        self.assertEqual((shown["requests"], shown["active"], shown["state"]), ("16", "1", "ready"))
        self.assertEqual(int(shown["failed"]), count() - count(error_type=None))
        self.assertEqual((shown["failed"], shown["failed-share"]), ("4", "25.00 %"))
        for name, status in (("2xx", (200, 204)), ("4xx", (400, 404)), ("5xx", (500, 503))):
            sums = sum(count(http_response_status_code=str(one)) for one in status)
            self.assertEqual(int(shown[f"status-{name}"]), sums, name)
        text = sidecar.ask_admin("/").body.decode()
        for row in ("<td>503</td><td>2</td>", "<td>bad_request</td><td>1</td>", "<td>/users/{id}</td><td>15</td><td>3</td>"):
            self.assertIn(row, text)
        for estimate in ("p50", "p99"):
            self.assertRegex(shown[estimate], r"^[0-9.]+ (µs|ms|s)$")
        self.assertRegex(shown["uptime"], r"^\d+ s$")

    def test_the_front_page_shows_a_drain(self):
        sidecar = self.start({"drain": {"delay": "0s", "timeout": "20s"}})
        sidecar.wait_ready()
        sidecar.ask_admin("/drain", "POST")
        until(lambda: self.figures(sidecar)["state"] == "drained", "the drain's end on the page")

    def test_the_effective_settings_hide_secrets(self):
        admin = {"listen": "127.0.0.1:0", "token": "s3cr3t-token"}
        sidecar = self.start({"admin": admin, "service": "orders"})
        page = sidecar.ask_admin("/api/config")
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "application/json"))
        self.assertEqual(page.json()["service"], "orders")
        self.assertIn("timeout", page.json()["inbound"])
        self.assertNotIn(b"s3cr3t", page.body)

    def test_unknown_pages_are_not_found(self):
        sidecar = self.start()
        for path in ("/nothing", "/health/", "/metrics/x", "/api", "//", "/health/../metrics"):
            with self.subTest(path):
                self.assert_problem(sidecar.ask_admin(path), 404, "not_found")

    def test_other_methods_are_refused_with_those_allowed(self):
        sidecar = self.start()
        for method, path, allowed in (("POST", "/health", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
                                      ("PUT", "/", "GET, HEAD"), ("GET", "/drain", "POST"),
                                      ("GET", "/quit", "POST"), ("HEAD", "/quit", "POST")):
            with self.subTest(method=method, path=path):
                reply = sidecar.ask_admin(path, method)
                self.assertEqual(reply.headers["Allow"], allowed)
                if method != "HEAD":
                    self.assert_problem(reply, 405, "method_not_allowed")
        self.assertEqual(sidecar.ask_admin("/readyz").json()["status"] != "shutting_down", True)

    def test_a_connection_serves_many_requests(self):
        sidecar = self.start()
        with Caller(sidecar.admin) as caller:
            for number in range(20):
                path = ("/health/live", "/metrics", "/nothing", "/")[number % 4]
                reply = caller.ask(get(path))
                self.assertEqual(reply.status, 404 if path == "/nothing" else 200)
            caller.send(get("/livez") * 10)
            for _ in range(10):
                self.assertEqual(caller.reply().status, 200)

    def test_a_request_with_a_body_leaves_the_connection_in_step(self):
        sidecar = self.start()
        with Caller(sidecar.admin) as caller:
            reply = caller.ask(get("/livez", "Content-Length: 5") + b"hello")
            self.assertEqual(reply.status, 200)
            if (reply.headers["Connection"] or "").lower() != "close":
                self.assertEqual(caller.ask(get("/livez")).status, 200)

    def test_malformed_requests_are_refused(self):
        sidecar = self.start()
        for data in (b"garbage\r\n\r\n", b"GET /livez HTTP/1.1\r\n\r\n"):
            with Caller(sidecar.admin) as caller:
                self.assert_problem(caller.ask(data), 400, "bad_request")
                self.assertTrue(caller.closed())

    def test_slow_callers_hold_nobody_up(self):
        sidecar = self.start({"limits": {"head_timeout": "30s"}})
        slow = []
        for _ in range(200):
            caller = Caller(sidecar.admin)
            self.addCleanup(caller.close)
            caller.send(b"GET /metrics HT")
            slow.append(caller)
        for _ in range(20):
            self.assertEqual(sidecar.ask_admin("/livez").status, 200)
        self.assertTrue(slow[0].silent(0))

    def test_http_1_0_probes_are_answered(self):
        sidecar = self.start()
        with Caller(sidecar.admin) as caller:
            reply = caller.ask(b"GET /livez HTTP/1.0\r\n\r\n")
            self.assertEqual(reply.status, 200)
            self.assertTrue(caller.closed())


class OtherHosts(SystemTest):
    """A caller whose address is not loopback is another host's. For that each test runs once more, in a
    network namespace where loopback's interface has a further address."""

    def setUp(self):
        if os.environ.get("OUTRIGGER_OWN_NETWORK") == "yes":
            return
        enter = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        setup = f"ip link set lo up && ip address add {OWN_ADDRESS}/32 dev lo"
        missing = requirements.fault("unshare") or requirements.fault("ip")
        if missing or subprocess.run([*enter, "sh", "-c", setup], capture_output=True).returncode:
            requirements.skip(self, missing or "network namespaces are not allowed here")
        command = f'{setup} && exec "$0" "$@"'
        again = [sys.executable, "-B", __file__, self.id().split(".", 1)[1]]
        done = subprocess.run([*enter, "sh", "-c", command, *again], capture_output=True, text=True,
                              timeout=60, env={**os.environ, "OUTRIGGER_OWN_NETWORK": "yes"})
        self.assertEqual(done.returncode, 0, done.stderr)

    def start(self, admin):
        """None in the outer run, whose work setUp has done."""
        if os.environ.get("OUTRIGGER_OWN_NETWORK") != "yes":
            return None
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"admin": admin})
        sidecar.wait_ready()
        self.far = (OWN_ADDRESS, sidecar.admin[1])
        return sidecar

    def test_other_hosts_see_probes_and_metrics_only(self):
        sidecar = self.start({"listen": "0.0.0.0:0"})
        if not sidecar:
            return
        for path in ("/health", "/health/live", "/health/ready", "/health/startup", "/livez", "/readyz",
                     "/startupz", "/metrics"):
            self.assertEqual(fetch(self.far, "GET", path).status, 200, path)
        for method, path in (("GET", "/"), ("GET", "/api/config"), ("GET", "/api/drain"), ("POST", "/drain"),
                             ("POST", "/quit"), ("GET", "/nothing")):
            self.assert_problem(fetch(self.far, method, path), 403, "not_exposed")
        for headers in ({"Authorization": "Bearer "}, {"Authorization": "Bearer x"},
                        {"X-Forwarded-For": "127.0.0.1"}):
            self.assert_problem(fetch(self.far, "GET", "/api/config", headers=headers), 403, "not_exposed")
        self.assertEqual(sidecar.ask_admin("/api/config").status, 200)

    def test_a_token_opens_all(self):
        sidecar = self.start({"listen": "0.0.0.0:0", "token": "open-sesame"})
        if not sidecar:
            return

        def ask(authorization):
            return fetch(self.far, "GET", "/", headers={"Authorization": authorization})

        for right in ("Bearer open-sesame", "bearer open-sesame"):
            self.assertEqual(ask(right).status, 200)
        for wrong in ("Bearer open-sesamf", "Bearer open-sesame2", "Basic open-sesame", "Bearer"):
            self.assert_problem(ask(wrong), 403, "not_exposed")
        self.assert_problem(fetch(self.far, "GET", "/"), 403, "not_exposed")

    def test_expose_opens_all(self):
        sidecar = self.start({"listen": "0.0.0.0:0", "expose": "all"})
        if not sidecar:
            return
        self.assertEqual(fetch(self.far, "GET", "/api/config").status, 200)
        self.assertEqual(fetch(self.far, "POST", "/drain").status // 100, 2)
        until(lambda: fetch(self.far, "GET", "/readyz").status == 503, "not ready")


if __name__ == "__main__":
    requirements.main()
