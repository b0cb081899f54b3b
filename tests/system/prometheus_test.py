# SPDX-License-Identifier: Apache-2.0
"""The metrics pages as others read them: Prometheus itself in every format, the strict parsers, protoc, promtool."""
import gzip
import http.server
import math
import os
import random
import subprocess
import threading
import time

import requirements
from app import App, answering
from caller import Caller, get
from program import die_with_parent, fetch, until
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


class ScrapedTest(SystemTest):
    def need(self, program: str):
        if requirements.fault(program):
            requirements.skip(self, requirements.fault(program))

    def prometheus(self, targets, features="") -> Prometheus:
        self.need("prometheus")
        server = Prometheus(targets, features)
        self.addCleanup(server.stop)
        return server


class PrometheusTest(ScrapedTest):
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


class LibraryTest(ScrapedTest):
    """A program with the library's own instruments (metrics_app.cpp)."""
    COUNT = 5_000
    GROWTH = 2 ** (1 / 8)                                            # schema 3, which a growth factor of 1.1 comes to
    STRANGE = ['quote" backslash\\ newline\n end', "nul\0nul", "not utf-8: \ufffd\ufffd", "grüß {}=,#"]

    def start(self):
        """Its address, and what it has recorded."""
        chance = random.Random(20261120)
        values = [chance.lognormvariate(-3, 1.5) for _ in range(self.COUNT)]
        process = subprocess.Popen([os.environ["OUTRIGGER_METRICS_APP"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True, preexec_fn=die_with_parent)
        self.addCleanup(self.end, process)
        process.stdin.write("".join(f"{value!r}\n" for value in values) + "\n")
        process.stdin.flush()
        return ("127.0.0.1", int(process.stdout.readline())), values

    def end(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()

    def exact(self, values, quantile):
        return sorted(values)[math.ceil(quantile * len(values)) - 1]

    def check_exemplars(self, server, values, query):
        now = time.time()
        found = [exemplar for series in server.api("query_exemplars", query=query, start=now - 300, end=now + 60)
                 for exemplar in series["exemplars"]]
        self.assertTrue(found, query)
        for exemplar in found:
            number = int(exemplar["labels"]["trace_id"].removeprefix("trace"))
            expected = 1.0 if query == "work_total" else values[number]
            self.assertAlmostEqual(float(exemplar["value"]), expected, places=12)

    def check_strange_values(self, server):
        found = {dict(labels)["value"]: value for labels, value in server.query("strange_values").items()}
        self.assertEqual(found, {value: 0.5 + number for number, value in enumerate(self.STRANGE)})

    def test_native_histograms_come_through_protobuf(self):
        address, values = self.start()
        server = self.prometheus({"work": address}, "native-histograms,exemplar-storage")
        until(lambda: server.value("histogram_count(work_native_seconds)") == self.COUNT, "a scrape", patience=30)
        self.assertEqual(server.faults(), {})
        self.assertAlmostEqual(server.value("histogram_sum(work_native_seconds)"), sum(values), places=6)
        for quantile in (0.05, 0.25, 0.5, 0.9, 0.99, 0.999):
            estimate = server.value(f"histogram_quantile({quantile}, work_native_seconds)")
            exact = self.exact(values, quantile)
            self.assertLess(abs(math.log(estimate / exact)), math.log(self.GROWTH) + 1e-9, (quantile, estimate, exact))
        self.assertEqual(server.value("work_total"), self.COUNT)
        self.assertEqual(server.value('work_seconds_bucket{le="0.1"}'), sum(value <= 0.1 for value in values))
        self.check_strange_values(server)
        self.check_exemplars(server, values, "work_total")
        self.check_exemplars(server, values, "work_seconds_bucket")
        self.check_exemplars(server, values, "work_native_seconds")

    def test_without_them_the_classic_buckets_come_through_openmetrics(self):
        address, values = self.start()
        server = self.prometheus({"work": address}, "exemplar-storage")
        until(lambda: server.value("work_total") == self.COUNT, "a scrape", patience=30)
        self.assertEqual(server.faults(), {})
        for name in ("work_seconds", "work_native_seconds"):
            for bound in ("0.01", "0.1", "1.0", "10.0"):
                expected = sum(value <= float(bound) for value in values)
                self.assertEqual(server.value(f'{name}_bucket{{le="{bound}"}}'), expected, (name, bound))
            self.assertEqual(server.value(f"{name}_count"), self.COUNT)
            self.assertAlmostEqual(server.value(f"{name}_sum"), sum(values), places=6)
        self.assertEqual(server.query("door_state"), {frozenset({("door_state", "open")}): 0, frozenset({("door_state", "closed")}): 1})
        self.assertEqual(server.query("worker_info"), {frozenset({("version", "1.2.3")}): 1})
        self.check_strange_values(server)
        self.check_exemplars(server, values, "work_total")
        self.check_exemplars(server, values, "work_seconds_bucket")
        kinds = {name: server.api("metadata", metric=name)[name][0] for name in ("work_seconds", "door_state", "work")}
        self.assertEqual([kinds[name]["type"] for name in kinds], ["histogram", "stateset", "counter"], kinds)
        self.assertEqual(kinds["work_seconds"]["unit"], "seconds")

    def test_the_strict_parsers_and_protoc_and_promtool_accept_its_pages(self):
        address, _ = self.start()
        page = {accept: fetch(address, "GET", "/metrics", None, {"Accept": accept}).body for accept in (TEXT, OPENMETRICS, PROTOBUF)}
        self.need("python prometheus_client")
        openmetrics = {name: (kind, unit, samples) for name, kind, unit, samples in read_strictly(page[OPENMETRICS], "openmetrics")}
        self.assertEqual({name: found[:2] for name, found in openmetrics.items() if not name.startswith("outrigger_")},
                         {"work_seconds": ("histogram", "seconds"), "work_native_seconds": ("histogram", "seconds"),
                          "work": ("counter", ""), "strange_values": ("gauge", ""), "door_state": ("stateset", ""),
                          "worker": ("info", "")})
        exemplars = [sample for sample in openmetrics["work_seconds"][2] if sample[3]]
        self.assertGreater(len(exemplars), 2)
        for kind in ("openmetrics", "text"):
            families = read_strictly(page[OPENMETRICS if kind == "openmetrics" else TEXT], kind)
            values = [sample[1]["value"] for name, _, _, samples in families if name == "strange_values" for sample in samples]
            self.assertEqual(sorted(values), sorted(self.STRANGE))
        self.need("protoc")
        decoded = protoc_text(page[PROTOBUF])
        self.assertIn("schema: 3", decoded)
        self.assertIn("positive_delta: ", decoded)
        self.need("promtool")
        done = subprocess.run(["promtool", "check", "metrics"], input=page[TEXT], capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))


if __name__ == "__main__":
    requirements.main()
