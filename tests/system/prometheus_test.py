# SPDX-License-Identifier: Apache-2.0
"""The metrics pages as others read them: Prometheus itself in every format, the strict parsers, protoc, promtool."""
import gzip
import http.server
import subprocess
import threading

import requirements
from app import App, answering
from caller import Caller, get
from program import fetch, until
from readers import OPENMETRICS, PROTOBUF, TEXT, Prometheus, protoc_text, read_strictly
from system_case import DURATIONS, SystemTest

ROUTES = ["/users/{id}", "/orders/{id}"]
ASKED = [("GET", "/users/7", 200)] * 5 + [("POST", "/orders/1", 500)] * 2 + [("DELETE", "/users/8", 404)]


class TextOnly:
    """Passes scrapes on as one that only takes text: no setting of Prometheus 2.42 says so."""

    def __init__(self, target):
        class Passing(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = fetch(target, "GET", self.path, None, {"Accept": TEXT, "Accept-Encoding": "gzip"})
                self.send_response(page.status)
                for name in ("Content-Type", "Content-Encoding"):
                    if page.headers[name]:
                        self.send_header(name, page.headers[name])
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.address = self.server.server_address
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


class PrometheusTest(SystemTest):
    def start(self):
        def answer(connection, request):
            connection.reply(int(request.headers["X-Status"] or 200), b"12345")

        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"inbound": {"routes": ROUTES, "limit": {"concurrent": 10}}})
        with Caller(sidecar.address) as caller:
            for method, path, status in ASKED:
                self.assertEqual(caller.ask(get(path, f"X-Status: {status}", method=method)).status, status)
        sidecar.access_lines(len(ASKED))
        return sidecar

    def need(self, program: str):
        if requirements.fault(program):
            requirements.skip(self, requirements.fault(program))

    def prometheus(self, targets, features="") -> Prometheus:
        self.need("prometheus")
        server = Prometheus(targets, features)
        self.addCleanup(server.stop)
        return server

    def page(self, sidecar, accept, packed=False) -> bytes:
        headers = {"Accept": accept, **({"Accept-Encoding": "gzip"} if packed else {})}
        page = sidecar.ask_admin("/metrics", headers=headers)
        self.assertEqual(page.status, 200)
        self.assertEqual(page.headers["Content-Encoding"], "gzip" if packed else None)
        return gzip.decompress(page.body) if packed else page.body

    def check_queries(self, server, job):
        """What the server stored is what was recorded."""
        count = f'{DURATIONS}_count{{job="{job}"}}'
        until(lambda: server.value(f"sum({count})") == len(ASKED), f"{job} was scraped", patience=30)
        self.assertEqual(server.faults(), {})
        self.assertEqual(server.value(f'up{{job="{job}"}}'), 1)
        found = {(dict(labels)["http_request_method"], dict(labels)["http_route"], dict(labels)["http_response_status_code"]): value
                 for labels, value in server.query(count).items()}
        self.assertEqual(found, {("GET", "/users/{id}", "200"): 5, ("POST", "/orders/{id}", "500"): 2, ("DELETE", "/users/{id}", "404"): 1})
        self.assertEqual(server.value(f'sum({DURATIONS}_bucket{{job="{job}",le="+Inf"}})'), len(ASKED))
        self.assertEqual(server.value(f'sum(http_server_response_body_size_bytes_sum{{job="{job}"}})'), 5 * len(ASKED))
        self.assertEqual(server.value(f'count(outrigger_build_info{{job="{job}"}})'), 1)
        quantile = server.value(f'histogram_quantile(0.5, sum by (le) ({DURATIONS}_bucket{{job="{job}"}}))')
        self.assertTrue(0 < quantile < 10, quantile)

    def check_scraped_as(self, sidecar, wanted):
        formats = {labels["format"]: value for labels, value in sidecar.metrics().series("outrigger_scrapes_total")}
        self.assertGreater(formats[wanted], 0, formats)

    def test_prometheus_as_it_comes_reads_openmetrics(self):
        sidecar = self.start()
        server = self.prometheus({"shop": sidecar.admin})
        self.check_queries(server, "shop")
        self.check_scraped_as(sidecar, "openmetrics")
        metadata = server.api("metadata", metric="process_resident_memory_bytes")
        self.assertEqual(metadata["process_resident_memory_bytes"][0]["type"], "gauge")

    def test_prometheus_with_native_histograms_reads_protobuf(self):
        sidecar = self.start()
        server = self.prometheus({"shop": sidecar.admin}, "native-histograms,exemplar-storage")
        until(lambda: server.value('up{job="shop"}') == 1, "a scrape", patience=30)
        self.check_queries(server, "shop")
        self.check_scraped_as(sidecar, "protobuf")

    def test_prometheus_reads_text(self):
        sidecar = self.start()
        between = TextOnly(sidecar.admin)
        self.addCleanup(between.stop)
        server = self.prometheus({"shop": between.address})
        self.check_queries(server, "shop")

    def test_the_strict_parsers_accept_every_page(self):
        self.need("python prometheus_client")
        sidecar = self.start()
        openmetrics = read_strictly(self.page(sidecar, OPENMETRICS), "openmetrics")
        text = read_strictly(self.page(sidecar, TEXT, packed=True), "text")
        kinds = {name: kind for name, kind, _, _ in openmetrics}
        self.assertEqual(kinds[DURATIONS], "histogram")
        samples = {name: samples for name, _, _, samples in openmetrics}
        counts = [float(value) for name, _, value, _, _ in samples[DURATIONS] if name == DURATIONS + "_count"]
        self.assertEqual(sum(counts), len(ASKED))
        # The same series in both.
        names = {sample[0] for _, _, _, samples in openmetrics for sample in samples}
        self.assertEqual(names, {sample[0] for _, _, _, samples in text for sample in samples})

    def test_protoc_decodes_every_page(self):
        self.need("protoc")
        sidecar = self.start()
        decoded = protoc_text(self.page(sidecar, PROTOBUF))
        self.assertIn(f'name: "{DURATIONS}"', decoded)
        text = self.page(sidecar, TEXT).decode()
        families = sorted(line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE "))
        found = [line.split('"')[1] for line in decoded.splitlines() if line.startswith('  name: "')]
        self.assertEqual(found, families)
        self.assertEqual(protoc_text(self.page(sidecar, PROTOBUF, packed=True)).count("family {"), len(families))

    def test_promtool_finds_nothing_to_complain_about(self):
        self.need("promtool")
        page = self.page(self.start(), TEXT)
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))


if __name__ == "__main__":
    requirements.main()
