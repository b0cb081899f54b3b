# SPDX-License-Identifier: Apache-2.0
"""The forward proxy: clients that know nothing but HTTP_PROXY reach upstreams by their URLs, with their policies."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

import requirements
from app import App, Mirror, free_port, refusing_port
from caller import Caller
from node_app import checks_of
from outbound_case import CALLS, OutboundCase
from program import Sidecar, die_with_parent, program, until

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def absolute(url: str, *fields: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {url} HTTP/1.1", "Host: someone.else", *fields, "", ""]).encode()


def connect(authority: str, version: str = "1.1") -> bytes:
    return f"CONNECT {authority} HTTP/{version}\r\nHost: {authority}\r\n\r\n".encode()


class ForwardProxyCase(OutboundCase):
    def proxied(self, upstreams: dict, unknown: str = "refuse", settings=None, **more) -> Sidecar:
        """`upstreams`: settings by name, or an origin. The forward proxy is at sidecar.proxy."""
        named = {name: {"target": f"http://127.0.0.1:{one.port}"} if isinstance(one, App) else one
                 for name, one in upstreams.items()}
        outbound = {"proxy": {"listen": "127.0.0.1:0", "unknown": unknown}, **named}
        sidecar = self.sidecar(refusing_port(self), {"outbound": outbound, **(settings or {})}, **more)
        page = lambda: sidecar.ask_admin("/api/upstreams").json()
        host, _, port = page()["proxy"]["listen"].rpartition(":")
        sidecar.proxy = (host, int(port))
        until(lambda: all(one["endpoints"] for one in page()["upstreams"]), "endpoints")
        return sidecar

    def ask(self, sidecar, data: bytes, method: str = "GET"):
        with Caller(sidecar.proxy) as caller:
            return caller.ask(data, method)

    def tunnel(self, sidecar, authority: str) -> Caller:
        """One that stands."""
        caller = Caller(sidecar.proxy)
        self.addCleanup(caller.close)
        caller.send(connect(authority))
        self.assertEqual(caller.reader.exactly(len(ESTABLISHED)), ESTABLISHED)
        return caller

    def echo(self) -> App:
        """Says every byte again until the other side ends."""
        def serve(connection):
            while connection.reader.buffer or connection.reader.fill():
                data, connection.reader.buffer = connection.reader.buffer, b""
                connection.send(data)
        app = App(serve)
        self.addCleanup(app.stop)
        return app


class CallsTest(ForwardProxyCase):
    def test_one_connection_reaches_several_upstreams_by_their_urls(self):
        mirror = Mirror()
        users, shop = self.origin(mirror), self.origin(mirror)
        with_port = {"listen": "127.0.0.1:0", "target": f"http://127.0.0.1:{shop.port}"}
        sidecar = self.proxied({"users": users, "shop": with_port}, settings={"workers": 1})
        with Caller(sidecar.proxy) as caller:
            for number in range(6):
                origin = users if number % 2 else shop
                reply = caller.ask(absolute(f"HTTP://127.0.0.1:{origin.port}/a/{number}?b",
                                            "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5"))
                self.assertEqual(reply.status, 200)
                request = mirror.requests[-1]
                self.assertEqual(request.target, f"/a/{number}?b")
                self.assertEqual(request.headers["Host"], f"127.0.0.1:{origin.port}")
                self.assertEqual([name for name, _ in request.headers if name.lower().startswith("proxy-")], [])
        lines = self.call_lines(sidecar, 6)
        self.assertEqual([line["outrigger"]["upstream"] for line in lines], ["shop", "users"] * 3)
        for name in ("users", "shop"):
            self.assertEqual(sidecar.metrics().count(CALLS, upstream=name, http_response_status_code="200"), 3)

    def test_the_path_tells_upstreams_of_one_host_apart(self):
        mirror = Mirror()
        base = f"http://LOCALHOST:{self.origin(mirror).port}"
        sidecar = self.proxied({"all": {"target": base}, "second": {"target": base + "/v2/"}})
        for path, name in (("/v2", "second"), ("/v2/a", "second"), ("/v2?x", "second"), ("/v1", "all"),
                           ("/v22", "all")):
            self.assertEqual(self.ask(sidecar, absolute(base.lower() + path)).status, 200)
            self.assertEqual(mirror.requests[-1].target, path)
            self.assertEqual(self.call_lines(sidecar, len(mirror.requests))[-1]["outrigger"]["upstream"], name)

    def test_callers_of_http_1_0(self):
        origin = self.origin(Mirror())
        sidecar = self.proxied({"users": origin})
        with Caller(sidecar.proxy) as caller:
            reply = caller.ask(f"GET http://127.0.0.1:{origin.port}/x HTTP/1.0\r\n\r\n".encode())
            self.assertEqual((reply.status, json.loads(reply.body)["target"]), (200, "/x"))
            self.assertTrue(caller.closed())

    def test_a_failing_upstream_is_given_its_rest_for_the_proxy_s_callers_and_the_port_s(self):
        origin = self.origin(lambda connection, request: connection.reply(503))
        sidecar = self.proxied({"users": {"listen": "127.0.0.1:0", "target": f"http://127.0.0.1:{origin.port}",
                                          "retry": {"attempts": 1}, "breaker": {"min_calls": 4, "open_for": "60s"}}})
        url = f"http://127.0.0.1:{origin.port}/"
        for _ in range(4):
            self.assertEqual(self.ask(sidecar, absolute(url)).status, 503)
        host, _, port = self.upstream(sidecar)["listen"].rpartition(":")
        sidecar.calls = (host, int(port))
        self.assert_refused(sidecar, self.ask(sidecar, absolute(url)), 503, "circuit_open", "outbound.users.breaker")
        self.assert_refused(sidecar, self.call(sidecar, absolute("/")), 503, "circuit_open", "outbound.users.breaker")
        self.assert_refused(sidecar, self.ask(sidecar, connect(f"127.0.0.1:{origin.port}")), 503, "circuit_open",
                            "outbound.users.breaker")
        self.assertEqual(sidecar.metrics().sum("outrigger_refused_total", upstream="users", reason="circuit_open"), 3)
        self.assertEqual(sidecar.metrics().count(CALLS, upstream="users", error_type="circuit_open"), 3)


class UnknownTest(ForwardProxyCase):
    def test_unknown_hosts_are_refused_with_the_setting_and_the_nearest_that_are_known(self):
        origin = self.origin(Mirror())
        sidecar = self.proxied({"users": {"target": f"http://localhost:{origin.port}"}})
        for data, host in ((absolute("http://localhots:81/"), "localhots:81"),
                           (connect("localhots:443"), "localhots:443")):
            reply = self.ask(sidecar, data)
            self.assert_refused(sidecar, reply, 403, "unknown_host", "outbound.proxy.unknown")
            problem = json.loads(reply.body)
            self.assertIn(f"{host}; the nearest is localhost:{origin.port} (outbound.users)", problem["detail"])
        page = sidecar.metrics()
        self.assertEqual(page.count(CALLS, upstream="proxy", error_type="unknown_host"), 2)
        self.assertEqual(page.sum("outrigger_refused_total", upstream="proxy", reason="unknown_host"), 2)

    def test_unknown_hosts_may_pass_and_are_one_upstream_in_metrics(self):
        mirror, echo = Mirror(), self.echo()
        others = [self.origin(mirror) for _ in range(3)]
        sidecar = self.proxied({}, "pass", {"workers": 1})
        with Caller(sidecar.proxy) as caller:
            for _ in range(2):
                for other in others:
                    reply = caller.ask(absolute(f"http://localhost:{other.port}/a"))
                    kept = json.loads(reply.body)["connection"]
                    self.assertEqual((reply.status, kept), (200, 1))
        self.assertEqual(mirror.requests[0].headers["Host"], f"localhost:{others[0].port}")
        self.assertEqual([name for name, _ in mirror.requests[0].headers if name.startswith("X-Forwarded")], [])
        with self.tunnel(sidecar, f"localhost:{echo.port}") as caller:
            caller.send(b"ping")
            self.assertEqual(caller.reader.exactly(4), b"ping")
        lines = self.call_lines(sidecar, 7)
        self.assertEqual({line["outrigger"]["upstream"] for line in lines}, {"proxy"})
        self.assertEqual({line["outrigger"]["attempts"] for line in lines}, {1})
        labels = {labels["upstream"] for labels, _ in sidecar.metrics().series(CALLS + "_count")}
        self.assertEqual(labels, {"proxy"})

    def test_what_passes_and_fails_is_named(self):
        nobody = refusing_port(self)
        sidecar = self.proxied({}, "pass")
        for data in (absolute(f"http://127.0.0.1:{nobody}/"), connect(f"127.0.0.1:{nobody}")):
            self.assert_refused(sidecar, self.ask(sidecar, data), 502, "connect_failed", f"127.0.0.1:{nobody}")
        reply = self.ask(sidecar, absolute("http://no-such-host.invalid/"))
        self.assert_refused(sidecar, reply, 503, "dns_failed", "no-such-host.invalid:80")

    def test_the_proxy_called_through_itself_answers_and_ends(self):
        sidecar = self.proxied({}, "pass")
        reply = self.ask(sidecar, absolute("http://%s:%d/x" % sidecar.proxy))
        self.assert_problem(reply, 400, "bad_request")
        self.assertEqual(len(self.call_lines(sidecar, 2)), 2)


class TunnelTest(ForwardProxyCase):
    def test_a_tunnel_carries_both_ways_and_is_counted(self):
        echo = self.echo()
        sidecar = self.proxied({"users": echo})
        for version in ("1.1", "1.0"):
            with Caller(sidecar.proxy) as caller:
                caller.send(connect(f"127.0.0.1:{echo.port}", version) + b"early ")     # before the answer
                self.assertEqual(caller.reader.exactly(len(ESTABLISHED) + 6), ESTABLISHED + b"early ")
                blob = os.urandom(1_000_000)
                caller.send(blob)
                self.assertEqual(caller.reader.exactly(len(blob)), blob)
                until(lambda: sidecar.metrics().sum("outrigger_streams_active", kind="connect") == 1, "one tunnel")
                caller.socket.shutdown(socket.SHUT_WR)
                self.assertTrue(caller.closed(), "the end is passed on")
        line = self.call_lines(sidecar, 2)[-1]
        self.assertEqual((line["http"]["request"]["method"], line["http"]["response"]["status_code"]), ("CONNECT", 200))
        self.assertEqual(line["http"]["request"]["body"]["bytes"], 1_000_006)
        self.assertEqual((line["outrigger"]["upstream"], line["outrigger"]["stream"]["kind"]), ("users", "connect"))
        page = sidecar.metrics()
        self.assertEqual(page.count("outrigger_stream_duration_seconds", kind="connect"), 2)
        self.assertEqual(page.count(CALLS, upstream="users", http_request_method="CONNECT"), 2)
        self.assert_nothing_left(sidecar)

    def test_a_tunnel_that_cannot_be_made_is_tried_again_and_explained(self):
        nobody = refusing_port(self)
        users = {"target": f"http://127.0.0.1:{nobody}", "retry": {"backoff": {"first": "1ms"}}}
        sidecar = self.proxied({"users": users})
        with Caller(sidecar.proxy) as caller:
            reply = caller.ask(connect(f"127.0.0.1:{nobody}"), "CONNECT")
            problem = self.assert_problem(reply, 502, "connect_failed")
            self.assertTrue(caller.closed(), "what would follow is meant for the tunnel")
        entry = self.explained(sidecar, problem["request_id"])
        self.assertRegex(entry["explained"], "after 3 of 3 attempts .*refused the connection")
        self.assertEqual(sidecar.metrics().sum("outrigger_attempts_total", upstream="users", outcome="failure"), 3)

    def test_a_tunnel_holds_its_slot(self):
        echo = self.echo()
        sidecar = self.proxied({"users": {"target": f"http://127.0.0.1:{echo.port}", "limit": {"concurrent": 1}}})
        authority = f"127.0.0.1:{echo.port}"
        with self.tunnel(sidecar, authority):
            self.assert_refused(sidecar, self.ask(sidecar, connect(authority)), 503, "concurrency_limited",
                                "outbound.users.limit")
        self.assert_nothing_left(sidecar)
        self.tunnel(sidecar, authority)

    def test_a_silent_tunnel_ends(self):
        echo = self.echo()
        sidecar = self.proxied({"users": echo}, settings={"limits": {"stream_idle": "200ms"}})
        self.assertTrue(self.tunnel(sidecar, f"127.0.0.1:{echo.port}").closed())
        self.assertEqual(self.call_lines(sidecar, 1)[0]["outrigger"]["reason"], "timeout")

    def test_a_drain_cuts_what_is_left(self):
        echo = self.echo()
        sidecar = self.proxied({"users": echo})
        caller = self.tunnel(sidecar, f"127.0.0.1:{echo.port}")
        caller.send(b"x")
        self.assertEqual(caller.reader.exactly(1), b"x")
        sidecar.signal(signal.SIGTERM)
        self.assertTrue(caller.closed())
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(self.call_lines(sidecar, 1)[0]["outrigger"]["reason"], "draining")


class MisuseTest(ForwardProxyCase):
    def test_what_is_no_proxy_s_request_is_told_so(self):
        sidecar = self.proxied({"users": self.origin(Mirror())})
        for data, status, reason, said in (
                (b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request", "forward proxy (outbound.proxy)"),
                (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request", "forward proxy (outbound.proxy)"),
                (absolute("https://users/"), 501, "not_implemented", "CONNECT host:port"),
                (connect("users"), 400, "bad_request", "host:port"),
                (connect("users:0"), 400, "bad_request", "port 0"),
                (absolute("http://user:pass@users/"), 400, "bad_request", "no valid host and port"),
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad_request", "HTTP/2 preface"),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request", "TLS handshake"),
                (b"\x05\x01\x00", 400, "bad_request", "")):            # SOCKS
            with self.subTest(data):
                self.assertIn(said, self.assert_problem(self.ask(sidecar, data), status, reason)["detail"])
        until(lambda: sidecar.metrics().count(CALLS, upstream="proxy") == 9, "9 calls counted")

    def test_a_port_in_use_is_refused_at_the_start(self):
        with socket.socket() as taken, tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            place = "127.0.0.1:%d" % taken.getsockname()[1]
            json.dump({**Sidecar.DEFAULTS, "outbound": {"proxy": {"listen": place}}}, file)
            file.flush()
            done = subprocess.run([program(), "run", "-c", file.name, "--app", "1"], capture_output=True, text=True,
                                  timeout=20, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, 1)
        for part in ("outbound.proxy.listen", place, "in use"):
            self.assertIn(part, done.stderr)


class CurlTest(ForwardProxyCase):
    def curl(self, sidecar, *arguments) -> bytes:
        self.skip_without("curl")
        proxy = "http://%s:%d" % sidecar.proxy
        command = ["curl", "--silent", "--show-error", "--max-time", "20", *arguments]
        environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
        done = subprocess.run(command, capture_output=True, timeout=40, env={**environment, "http_proxy": proxy})
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout

    def skip_without(self, name: str):
        if fault := requirements.fault(name):
            requirements.skip(self, fault)

    def test_curl(self):
        origin = self.origin(Mirror())
        sidecar = self.proxied({"users": origin})
        url = f"http://127.0.0.1:{origin.port}"
        target = ["--write-out", "%{http_code} %{http_connect} %{num_connects}"]
        self.assertEqual(json.loads(self.curl(sidecar, url + "/a"))["target"], "/a")
        self.assertEqual(json.loads(self.curl(sidecar, "--data", "xyz", url + "/b"))["length"], 3)
        self.assertTrue(self.curl(sidecar, "--proxytunnel", *target, url).endswith(b"200 200 1"))
        self.assertTrue(self.curl(sidecar, "--proxytunnel", "--proxy1.0", "%s:%d" % sidecar.proxy, *target, url)
                        .endswith(b"200 200 1"))
        self.assertTrue(self.curl(sidecar, *target, "http://127.0.0.1:1/").endswith(b"403 000 1"))
        names = [line["outrigger"]["upstream"] for line in self.call_lines(sidecar, 5)]
        self.assertEqual(names, ["users"] * 4 + ["proxy"])


class NodeTest(ForwardProxyCase):
    def secure_server(self) -> tuple[int, pathlib.Path]:
        """openssl as a server that speaks TLS; its port and certificate."""
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        key, certificate = (pathlib.Path(folder.name) / name for name in ("key.pem", "certificate.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=20)
        port = free_port()
        server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-key", key,
                                   "-cert", certificate, "-www", "-quiet"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        until(listens, "a TLS server")
        return port, certificate

    def test_nodes_clients(self):
        for needed in ("node", "openssl", "npm undici", "npm http-proxy-agent", "npm https-proxy-agent"):
            if fault := requirements.fault(needed):
                requirements.skip(self, fault)
        port, certificate = self.secure_server()
        users, shop = self.origin(Mirror()), self.origin(Mirror())
        secure = {"target": f"https://localhost:{port}"}
        sidecar = self.proxied({"users": users, "shop": shop, "secure": secure})
        faults, checks = checks_of("forward_proxy_caller.mjs", "http://%s:%d" % sidecar.proxy,
                                   *(f"http://127.0.0.1:{one.port}" for one in (users, shop)),
                                   f"https://localhost:{port}", str(certificate), "http://localhost:1")
        self.assertEqual((faults, checks), ([], 51))
        counted = lambda **labels: sidecar.metrics().count(CALLS, **labels)      # after the answer, or the tunnel's end
        until(lambda: counted(upstream="secure", http_request_method="CONNECT") == 1, "one tunnel counted")
        until(lambda: counted(upstream="proxy", error_type="unknown_host") == 2, "two refusals counted")


if __name__ == "__main__":
    requirements.main()
