# SPDX-License-Identifier: Apache-2.0
"""The probes: documents as @nestjs/terminus 12 writes them, from a snapshot that waits for nothing."""
import re
import signal
import socket
import threading
import time

import requirements
from app import App, Mirror, answering, free_port, refusing_port
from caller import Caller, get
from program import until
from system_case import SystemTest

NOTHING = b'{"status":"ok","info":{},"error":{},"details":{}}'
PATHS = ("/health", "/health/live", "/health/ready", "/health/startup", "/livez", "/readyz", "/startupz")


def steady(body: bytes) -> bytes:
    """The document with every response time as 0."""
    return re.sub(rb'"responseTime":\d+', b'"responseTime":0', body)


def whole(status: str, entry: str, key: str = "app") -> bytes:
    shown = f'{{"{key}":{entry}}}'
    up = '"status":"up"' in entry or '"status":"degraded"' in entry
    info, error = (shown, "{}") if up else ("{}", shown)
    return f'{{"status":"{status}","info":{info},"error":{error},"details":{shown}}}'.encode()


def refused(port: int, status: str = "down") -> str:
    return f'{{"message":"connect ECONNREFUSED 127.0.0.1:{port}","responseTime":0,"status":"{status}"}}'


class HealthTest(SystemTest):
    def start(self, app=None, checks=None, settings=None):
        if app is None:
            self.app = App(answering(Mirror()))
            self.addCleanup(self.app.stop)
            app = self.app
        quick = {"health": {"ready": checks}} if checks else {}
        return self.sidecar(app, {**quick, **(settings or {})})

    def quick(self, port: int, **more):
        return {"tcp": f"127.0.0.1:{port}", "every": "100ms", "timeout": "100ms", **more}

    def assert_page(self, sidecar, path: str, status: int, body: bytes):
        page = sidecar.ask_admin(path)
        self.assertEqual((page.status, steady(page.body)), (status, body), path)
        self.assertEqual(page.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(page.headers["Cache-Control"], "no-cache, no-store, must-revalidate")

    def test_an_app_that_listens(self):
        sidecar = self.start()
        sidecar.wait_ready()
        up = whole("ok", '{"responseTime":0,"status":"up"}')
        for path in ("/health", "/health/ready", "/readyz"):
            self.assert_page(sidecar, path, 200, up)
        for path in ("/health/startup", "/startupz"):
            self.assert_page(sidecar, path, 200, whole("ok", '{"status":"up"}'))
        for path in ("/health/live", "/livez"):
            self.assert_page(sidecar, path, 200, NOTHING)

    def test_an_app_that_is_down(self):
        port = refusing_port(self)
        sidecar = self.start(port)
        until(lambda: b"ECONNREFUSED" in sidecar.ask_admin("/readyz").body, "the first check")
        down = whole("error", refused(port))
        for path in ("/health", "/health/ready", "/readyz", "/health/startup", "/startupz"):
            self.assert_page(sidecar, path, 503, down)
        for path in ("/health/live", "/livez"):
            self.assert_page(sidecar, path, 200, NOTHING)

    def test_an_app_that_comes_goes_and_comes_back(self):
        port = free_port()
        sidecar = self.start(port, {"app": self.quick(port)})
        until(lambda: b"ECONNREFUSED" in sidecar.ask_admin("/readyz").body, "the first check")
        app = App(answering(Mirror()), port)
        sidecar.wait_ready()
        self.assertEqual(sidecar.call().status, 200)
        app.stop()
        until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
        self.assertEqual(sidecar.ask_admin("/startupz").status, 200)     # has been up once
        self.assertEqual(sidecar.ask_admin("/livez").status, 200)
        app = App(answering(Mirror()), port)
        self.addCleanup(app.stop)
        sidecar.wait_ready()
        until(lambda: len(sidecar.events("check-changed")) >= 4, "the changes in the log")
        events = [event["outrigger"] for event in sidecar.events("check-changed")]
        changes = [(event["check"], event["to"]) for event in events]
        self.assertEqual(changes, [("app", "down"), ("app", "up")] * 2)

    def test_one_failure_is_no_failure(self):
        app = App(answering(Mirror()))
        sidecar = self.start(app, {"app": self.quick(app.port, fail_after=100)})
        sidecar.wait_ready()
        app.stop()
        time.sleep(0.5)                                                  # several checks fail meanwhile
        self.assertEqual(sidecar.ask_admin("/readyz").status, 200)

    def test_an_optional_check_degrades(self):
        port = refusing_port(self)
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.start(app, {"search": self.quick(port, optional=True)})
        until(lambda: b"ECONNREFUSED" in sidecar.ask_admin("/readyz").body
              and sidecar.ask_admin("/readyz").status == 200, "the first checks")
        up = '"app":{"responseTime":0,"status":"up"}'
        both = f'{{{up},"search":{refused(port, "degraded")}}}'
        body = f'{{"status":"degraded","info":{both},"error":{{}},"details":{both}}}'.encode()
        self.assert_page(sidecar, "/readyz", 200, body)

    def test_one_that_is_down_is_listed_after_those_that_are_up(self):
        port = refusing_port(self)
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.start(app, {"aaa": self.quick(port), "app": self.quick(app.port)})
        until(lambda: b"ECONNREFUSED" in sidecar.ask_admin("/readyz").body
              and b'"up"' in sidecar.ask_admin("/readyz").body, "the first checks")
        up = '"app":{"responseTime":0,"status":"up"}'
        aaa = f'"aaa":{refused(port)}'
        body = f'{{"status":"error","info":{{{up}}},"error":{{{aaa}}},"details":{{{up},{aaa}}}}}'.encode()
        self.assert_page(sidecar, "/readyz", 503, body)

    def test_a_check_for_the_start_only(self):
        port = free_port()
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.start(app, {"warm": self.quick(port, group="startup")})
        sidecar.wait_ready()                                             # does not ask for it
        until(lambda: b"ECONNREFUSED" in sidecar.ask_admin("/startupz").body, "the first check")
        self.assertEqual(sidecar.ask_admin("/startupz").status, 503)
        warm = App(answering(Mirror()), port)
        self.addCleanup(warm.stop)
        until(lambda: sidecar.ask_admin("/startupz").status == 200, "startup")

    def test_a_check_that_hangs_delays_no_page(self):
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):                                               # the queue is full: connects hang
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        sidecar = self.start(port, {"app": self.quick(port, every="1500ms", timeout="1500ms")})
        began = time.monotonic()
        first = sidecar.ask_admin("/readyz")
        self.assertLess(time.monotonic() - began, 1.4)
        self.assertEqual((first.status, first.body),
                         (503, whole("error", '{"message":"not checked yet","status":"down"}')))
        message = "timeout of 1500ms exceeded"
        until(lambda: message.encode() in sidecar.ask_admin("/readyz").body, "the check's timeout")
        self.assert_page(sidecar, "/readyz", 503,
                         whole("error", f'{{"message":"{message}","responseTime":0,"status":"down"}}'))

    def test_head_says_what_get_says(self):
        sidecar = self.start()
        sidecar.wait_ready()
        with Caller(sidecar.admin) as caller:
            for path in PATHS:
                head = caller.ask(get(path, method="HEAD"), "HEAD")
                full = caller.ask(get(path))
                self.assertEqual(head.status, full.status)
                # The response time may have one digit more.
                self.assertAlmostEqual(int(head.headers["Content-Length"]), len(full.body), delta=4)
                self.assertEqual(head.headers["Content-Type"], full.headers["Content-Type"])

    def test_a_query_changes_nothing(self):
        sidecar = self.start()
        sidecar.wait_ready()
        self.assertEqual(sidecar.ask_admin("/readyz?verbose=1&exclude=db").status, 200)

    def test_draining_is_unready_and_alive(self):
        release = threading.Event()
        self.addCleanup(release.set)
        began = threading.Event()

        def answer(connection, _):
            began.set()
            release.wait(30)
            connection.reply()

        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.start(app, None, {"drain": {"delay": "0s", "timeout": "30s"}})
        sidecar.wait_ready()
        with Caller(sidecar.address) as caller:
            caller.send(get())
            self.assertTrue(began.wait(20))
            sidecar.signal(signal.SIGTERM)
            until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
            body = whole("shutting_down", '{"responseTime":0,"status":"up"}')
            self.assert_page(sidecar, "/health/ready", 503, body)
            self.assert_page(sidecar, "/health", 503, body)
            self.assert_page(sidecar, "/health/live", 200, NOTHING)
            release.set()
            self.assertEqual(caller.reply().status, 200)
        self.assertEqual(sidecar.wait(), 0)

    def test_probes_are_neither_logged_nor_counted(self):
        sidecar = self.start()
        sidecar.wait_ready()
        for path in PATHS:
            sidecar.ask_admin(path)
        sidecar.call(path="/only")
        self.assert_logged(sidecar, 1, path="/only")


if __name__ == "__main__":
    requirements.main()
