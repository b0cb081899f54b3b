# SPDX-License-Identifier: Apache-2.0
"""/metrics: well-formed, every exchange counted once under the right labels."""
import shutil
import subprocess
import threading
import time

import requirements
from app import App, answering, refusing_port
from caller import Caller, get, post
from program import until
from system_case import SystemTest

DURATIONS = "http_server_request_duration_seconds"
BUCKETS = "0.001 0.0025 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf".split()


class MetricsTest(SystemTest):
    def start(self, answer=None, settings=None):
        def as_much(connection, request):
            connection.reply(200, b"x" * len(request.body))

        return self.answer(answer or as_much, settings)

    def counted(self, sidecar, exchanges):
        """The page once so many exchanges are in it: a caller has its reply a moment before."""
        sidecar.access_lines(exchanges)
        return sidecar.metrics()

    def test_the_page_before_the_first_request(self):
        sidecar = self.start()
        page = sidecar.ask_admin("/metrics")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        metrics = sidecar.metrics()                                  # parses
        self.assertEqual(metrics.count(DURATIONS), 0)
        info, value = metrics.series("outrigger_build_info")[0]
        self.assertEqual(value, 1)
        self.assertRegex(info["version"], r"^\d+\.\d+\.\d+")

    def test_the_process_is_described(self):
        sidecar = self.start()
        metrics = sidecar.metrics()
        self.assertAlmostEqual(metrics.value("process_start_time_seconds"), time.time(), delta=60)
        self.assertAlmostEqual(metrics.value("process_open_fds"), sidecar.descriptors(), delta=5)
        self.assertAlmostEqual(metrics.value("process_resident_memory_bytes") / 1024, sidecar.resident_kib(),
                               delta=sidecar.resident_kib() / 4)
        self.assertGreater(metrics.value("process_max_fds"), 100)
        self.assertGreater(metrics.value("process_virtual_memory_bytes"), 1e6)
        before = metrics.value("process_cpu_seconds_total")

        def busier():
            sidecar.call()
            return sidecar.metrics().value("process_cpu_seconds_total") > before

        until(busier, "some CPU time")

    def test_every_exchange_counts_once_under_its_labels(self):
        def answer(connection, request):
            connection.reply(int(request.headers["X-Status"] or 200), b"12345")

        routes = ["/users/{id}", "/orders/{id}/items", "/health"]
        sidecar = self.start(answer, {"inbound": {"routes": routes}})
        asked = [("GET", "/users/7", 200), ("GET", "/users/8?x=1", 200), ("DELETE", "/users/8", 204),
                 ("GET", "/orders/1/items", 404), ("GET", "/orders/1", 200), ("POST", "/users/7", 500),
                 ("GET", "/wp-login.php", 404), ("PURGE", "/users/1", 200), ("OPTIONS", "/health", 200)]
        with Caller(sidecar.address) as caller:
            for method, path, status in asked:
                self.assertEqual(caller.ask(get(path, f"X-Status: {status}", method=method)).status, status)
        page = self.counted(sidecar, len(asked))
        found = {(labels.get("http_request_method"), labels.get("http_route"),
                  labels.get("http_response_status_code"), labels.get("error_type")): value
                 for labels, value in page.series(DURATIONS + "_count")}
        expected = {("GET", "/users/{id}", "200", None): 2, ("DELETE", "/users/{id}", "204", None): 1,
                    ("GET", "/orders/{id}/items", "404", None): 1, ("GET", "/orders/{id}", "200", None): 1,
                    ("POST", "/users/{id}", "500", "500"): 1, ("GET", "other", "404", None): 1,
                    ("_OTHER", "/users/{id}", "200", None): 1, ("OPTIONS", "/health", "200", None): 1}
        self.assertEqual(found, expected)
        # The log says the same.
        routes = [line["outrigger"]["route"] for line in sidecar.access_lines(len(asked))]
        self.assertEqual((routes.count("/orders/{id}"), routes.count("other")), (1, 1))

    def test_the_buckets_are_the_conventions(self):
        sidecar = self.start()
        sidecar.call()
        bounds = [labels["le"] for labels, _ in self.counted(sidecar, 1).series(DURATIONS + "_bucket")]
        self.assertEqual(sorted(map(float, bounds)), list(map(float, BUCKETS)))

    def test_a_slow_exchange_is_in_its_bucket(self):
        def answer(connection, _):
            time.sleep(0.12)
            connection.reply()
        sidecar = self.start(answer)
        sidecar.call()
        page = self.counted(sidecar, 1)
        self.assertEqual(page.value(DURATIONS + "_bucket", le="0.1"), 0)
        self.assertEqual(page.value(DURATIONS + "_bucket", le="10"), 1)
        self.assertGreater(page.value(DURATIONS + "_sum"), 0.119)

    def test_body_sizes_are_counted(self):
        sidecar = self.start()
        with Caller(sidecar.address) as caller:
            for size in (0, 10, 70_000):
                caller.ask(post("/", b"x" * size), "POST")
        page = self.counted(sidecar, 3)
        for name in ("http_server_request_body_size_bytes", "http_server_response_body_size_bytes"):
            self.assertEqual(page.count(name), 3)
            self.assertEqual(page.sum(name + "_sum"), 70_010)

    def test_what_is_running_is_shown(self):
        release = threading.Event()
        self.addCleanup(release.set)
        sidecar = self.start(lambda connection, _: (release.wait(20), connection.reply())[1])
        callers = [Caller(sidecar.address) for _ in range(5)]
        for caller in callers:
            self.addCleanup(caller.close)
            caller.send(get())
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 5, "5 running")
        self.assertEqual(sidecar.metrics().value("http_server_active_requests", http_request_method="GET"), 5)
        release.set()
        for caller in callers:
            self.assertEqual(caller.reply().status, 200)
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "none running")

    def test_series_are_bounded(self):
        routes = [f"/r{number}/{{id}}" for number in range(40)]
        sidecar = self.start(settings={"inbound": {"routes": routes}, "metrics": {"series": 10}})
        with Caller(sidecar.address) as caller:
            for number in range(40):
                self.assertEqual(caller.ask(get(f"/r{number}/1")).status, 200)
        page = self.counted(sidecar, 40)
        self.assertLessEqual(len(page.series(DURATIONS + "_count")), 11)
        self.assertEqual(page.count(DURATIONS), 40)                  # none is lost
        self.assertEqual(page.count(DURATIONS, http_route="other"), 30)
        self.assertEqual(page.value("outrigger_series_overflow_total", family=DURATIONS), 30)

    def test_routes_are_learned_from_what_the_app_answers(self):
        def answer(connection, request):
            connection.reply(404 if request.target.startswith("/no") else 200)

        sidecar = self.start(answer)
        paths = {"/users/{id}": ["/users/1", "/users/22?page=3"], "/u/{email}": ["/u/ann@shop.test"],
                 "/o/{uuid}/x": ["/o/123e4567-e89b-12d3-a456-426614174000/x"], "/b/{hash}": ["/b/9fe6fcc1e2"],
                 "other": ["/no/such", "/nothing"]}
        with Caller(sidecar.address) as caller:
            for path in sum(paths.values(), []):
                caller.ask(get(path))
        page = self.counted(sidecar, 7)
        found = {labels["http_route"]: value for labels, value in page.series(DURATIONS + "_count")}
        self.assertEqual(found, {route: len(asked) for route, asked in paths.items()})

    def test_callers_cannot_make_series(self):
        sidecar = self.start()
        with Caller(sidecar.address) as caller:
            for number in range(50):
                caller.ask(get(f"/random/{number}", method=f"M{number}"))
            for number in range(150):
                caller.ask(get(f"/word-{chr(97 + number // 26)}{chr(97 + number % 26)}"))
        routes = {labels["http_route"] for labels, _ in self.counted(sidecar, 200).series(DURATIONS + "_count")}
        self.assertEqual(len(routes), 101)                           # 100 are learned
        self.assertIn("/random/{id}", routes)
        self.assertIn("other", routes)

    def test_scrapes_are_not_counted(self):
        sidecar = self.start()
        for _ in range(5):
            sidecar.metrics()
        self.assertEqual(sidecar.metrics().count(DURATIONS), 0)

    def test_promtool_finds_nothing_to_complain_about(self):
        if not shutil.which("promtool"):
            requirements.skip(self, "promtool is not installed")
        sidecar = self.start()
        sidecar.call()
        with Caller(sidecar.address) as caller:
            caller.ask(b"nonsense\r\n\r\n")
        sidecar.access_lines(2)
        page = sidecar.ask_admin("/metrics").body
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_an_app_that_is_down_counts_as_an_error(self):
        sidecar = self.sidecar(refusing_port(self))
        sidecar.call()
        page = self.counted(sidecar, 1)
        self.assertEqual(page.count(DURATIONS, http_response_status_code="502", error_type="connect_failed",
                                    http_route="other", http_request_method="GET"), 1)


class AppPageTest(SystemTest):
    """metrics.app: the app's own page in ours."""

    def start(self, page):
        """`page(connection, request)` answers /metrics of the app."""
        def answer(connection, request):
            if request.target == "/metrics":
                self.asked.append(request)
                page(connection, request)
            else:
                connection.reply(200)

        self.asked = []
        app = App(answering(answer))
        self.addCleanup(app.stop)
        return self.sidecar(app, {"metrics": {"app": f"http://user:secret@127.0.0.1:{app.port}"}})

    def reason(self, sidecar):
        lines = until(lambda: sidecar.events("app-metrics-changed"), "a line about the app's metrics")
        return lines[-1]["message"]

    def test_the_app_s_families_are_part_of_the_page(self):
        text = (b"# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{kind=\"a\\\"b\"} 7\n"
                b"# TYPE work_seconds histogram\nwork_seconds_bucket{le=\"1\"} 2\nwork_seconds_bucket{le=\"+Inf\"} 3\n"
                b"work_seconds_sum 4.5\nwork_seconds_count 3\n# TYPE process_open_fds gauge\nprocess_open_fds 1\n")
        sidecar = self.start(lambda connection, _: connection.reply(200, text, "Content-Type: text/plain; version=0.0.4"))
        page = sidecar.metrics()
        self.assertEqual(page.value("jobs_total", kind='a"b'), 7)
        self.assertEqual(page.count("work_seconds"), 3)
        self.assertGreater(page.value("process_open_fds"), 1)        # the sidecar's, not the app's
        self.assertEqual(page.value("outrigger_scrape_source_errors_total", cause="duplicate_series"), 0)
        self.assertEqual(page.value("outrigger_app_metrics_up"), 1)
        self.assertEqual(page.value("outrigger_app_metrics_series"), 3)
        self.assertEqual(self.asked[0].headers["Authorization"], "Basic dXNlcjpzZWNyZXQ=")
        self.assertNotIn(b"secret", sidecar.ask_admin("/api/config").body)
        self.assertIn("part of the page", self.reason(sidecar))

    def test_an_app_without_a_page_a_broken_and_a_slow_one_cost_nothing_else(self):
        answers = [lambda connection: connection.reply(404), lambda connection: connection.reply(200, b"oops\n"),
                   lambda connection: time.sleep(20), lambda connection: connection.reset()]
        sidecar = self.start(lambda connection, _: answers[len(self.asked) - 1](connection))
        causes = ("status", "malformed", "timeout", "upstream_reset")
        for cause in causes:
            began = time.monotonic()
            page = sidecar.metrics()
            self.assertLess(time.monotonic() - began, 8)
            self.assertEqual(page.value("outrigger_app_metrics_up"), 0)
            self.assertEqual(page.value("outrigger_app_metrics_failures_total", cause=cause), 1)
            self.assertEqual(len(page.series("outrigger_build_info")), 1)
        until(lambda: len(sidecar.events("app-metrics-changed")) == len(causes), "a line for each cause")
        messages = [line["message"] for line in sidecar.events("app-metrics-changed")]
        self.assertIn("404", messages[0])
        self.assertIn("a value is no number", messages[1])

    def test_names_that_do_not_resolve_keep_no_sidecar_from_starting(self):
        app = App(answering(lambda connection, _: connection.reply(200)))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"metrics": {"app": "http://nowhere.invalid", "push": "http://nowhere.invalid"}})
        self.assertEqual(sidecar.call().status, 200)
        self.assertEqual(sidecar.metrics().value("outrigger_app_metrics_up"), 0)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(10), 0)
        self.assertTrue(any("could not be pushed" in line["message"] for line in sidecar.log()))

    def test_a_slow_app_delays_no_probe(self):
        sidecar = self.start(lambda connection, _: time.sleep(20))
        thread = threading.Thread(target=sidecar.metrics)
        thread.start()
        until(lambda: self.asked, "the scrape of the app")
        began = time.monotonic()
        for _ in range(20):
            self.assertEqual(sidecar.ask_admin("/health/live").status, 200)
        self.assertLess(time.monotonic() - began, 2)
        self.assertTrue(thread.is_alive())
        thread.join(20)


if __name__ == "__main__":
    requirements.main()
