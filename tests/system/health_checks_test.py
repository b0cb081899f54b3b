# SPDX-License-Identifier: Apache-2.0
"""Every kind of check with real peers: up, down, wrong password, silence, slowness, nonsense, and well again."""
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

import databases
import requirements
from app import App, Mirror, answering, free_port, refusing_port
from databases import PASSWORD, Postgres, Redis
from program import preloaded, program, until
from system_case import SystemTest

FAST = {"every": "100ms", "timeout": "100ms", "fail_after": 1}
PATIENT = {"every": "2s", "timeout": "2s", "fail_after": 1}


class ChecksTest(SystemTest):
    def start(self, checks, settings=None, app=None):
        if app is None:
            app = App(answering(Mirror()))
            self.addCleanup(app.stop)
        return self.sidecar(app, {"health": {"ready": checks}, **(settings or {})})

    def entry(self, sidecar, check: str) -> dict:
        return sidecar.ask_admin("/health").json()["details"][check]

    def wait_for(self, sidecar, check: str, status: str, message: str = "") -> dict:
        def stands():
            entry = self.entry(sidecar, check)
            return entry if entry["status"] == status and message in entry.get("message", "") else None
        try:
            return until(stands, f"{check} {status} {message}")
        except AssertionError as late:
            raise AssertionError(f"{late}; it is {self.entry(sidecar, check)}") from None

    def folder(self) -> str:
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        return folder.name

    # A peer that accepts and does this.
    def peer(self, serve) -> int:
        app = App(serve)
        self.addCleanup(app.stop)
        return app.port

    def silent(self) -> int:
        release = threading.Event()
        self.addCleanup(release.set)
        return self.peer(lambda connection: release.wait(60))

    def nonsense(self) -> int:
        return self.peer(lambda connection: connection.send(b"HTTP/1.0 999 what?\r\n\r\n"))


class HttpTest(ChecksTest):
    def test_up_down_slow_and_well_again(self):
        status, pause = [200], [0.0]

        def answer(connection, request):
            time.sleep(pause[0])
            connection.reply(status[0], b"all is well")

        port = self.peer(answering(answer))
        check = {"http": f"http://127.0.0.1:{port}/health", "contains": "well", **FAST, "timeout": "80ms"}
        sidecar = self.start({"page": check})
        self.assertEqual(self.wait_for(sidecar, "page", "up"), {"status": "up"})
        status[0] = 500
        down = self.wait_for(sidecar, "page", "down", "status code")
        self.assertEqual(down, {"message": "Request failed with status code 500", "statusCode": 500, "statusText": "X",
                                "status": "down"})
        bytes_of_it = (b'"page":{"message":"Request failed with status code 500","statusCode":500,"statusText":"X",'
                       b'"status":"down"}')
        self.assertIn(bytes_of_it, sidecar.ask_admin("/health").body)
        status[0] = 200
        self.wait_for(sidecar, "page", "up")
        pause[0] = 0.3
        slow = self.wait_for(sidecar, "page", "down", "timeout")
        self.assertEqual(slow, {"message": "timeout of 80ms exceeded", "status": "down"})
        pause[0] = 0.0
        self.wait_for(sidecar, "page", "up")

    def test_nobody_silence_and_nonsense(self):
        dead = refusing_port(self)
        checks = {"dead": {"http": f"http://127.0.0.1:{dead}", **FAST},
                  "silent": {"http": f"http://127.0.0.1:{self.silent()}", **FAST},
                  "nonsense": {"redis": f"redis://127.0.0.1:{self.nonsense()}", **FAST}}
        sidecar = self.start(checks)
        self.assertEqual(self.wait_for(sidecar, "dead", "down", "connect"),
                         {"message": f"connect ECONNREFUSED 127.0.0.1:{dead}", "status": "down"})
        self.wait_for(sidecar, "silent", "down", "timeout of 100ms exceeded")
        self.wait_for(sidecar, "nonsense", "down", "no answer of Redis")


class RedisTest(ChecksTest):
    def setUp(self):
        if not shutil.which("redis-server"):
            requirements.skip(self, "redis-server is not installed")

    def url(self, port: int, password: str = PASSWORD) -> str:
        return f"redis://:{urllib.parse.quote(password)}@127.0.0.1:{port}"

    def test_up_wrong_password_hang_down_and_well_again(self):
        redis = Redis()
        self.addCleanup(redis.remove)
        checks = {"right": {"redis": self.url(redis.port), **FAST},
                  "wrong": {"redis": self.url(redis.port, "guessed"), **FAST},
                  "none": {"redis": f"redis://127.0.0.1:{redis.port}", **FAST}}
        sidecar = self.start(checks)
        self.assertEqual(set(self.wait_for(sidecar, "right", "up")), {"responseTime", "status"})
        self.wait_for(sidecar, "wrong", "down", "WRONGPASS")
        self.wait_for(sidecar, "none", "down", "NOAUTH")
        self.assertNotIn("guessed", sidecar.ask_admin("/health").body.decode())
        redis.freeze()
        self.wait_for(sidecar, "right", "down", "timeout of 100ms exceeded")
        redis.thaw()
        self.wait_for(sidecar, "right", "up")
        redis.stop()
        self.wait_for(sidecar, "right", "down", f"connect ECONNREFUSED 127.0.0.1:{redis.port}")
        redis.start()
        self.wait_for(sidecar, "right", "up")

    def test_tls(self):
        certificate, key = databases.self_signed(self.folder(), 30)
        tls_port = free_port()
        redis = Redis("--tls-port", str(tls_port), "--tls-cert-file", certificate, "--tls-key-file", key,
                      "--tls-auth-clients", "no")
        self.addCleanup(redis.remove)
        url = self.url(tls_port).replace("redis:", "rediss:")
        checks = {"trusted": {"redis": url, "ca": certificate, **PATIENT}, "stranger": {"redis": url, **PATIENT},
                  "plain": {"redis": self.url(redis.port).replace("redis:", "rediss:"), **PATIENT}}
        sidecar = self.start(checks)
        self.wait_for(sidecar, "trusted", "up")
        self.wait_for(sidecar, "stranger", "down", "certificate")
        self.wait_for(sidecar, "plain", "down")


class PostgresTest(ChecksTest):
    def setUp(self):
        if not (databases.postgres_program("initdb") and databases.postgres_program("postgres")):
            requirements.skip(self, "postgresql is not installed")

    def dsn(self, port: int, password: str = PASSWORD, host: str = "127.0.0.1") -> str:
        return f"host={host} port={port} user=shop dbname=postgres password='{password}'"

    def test_up_wrong_password_hang_down_and_well_again(self):
        postgres = Postgres()
        self.addCleanup(postgres.remove)
        slow = {**FAST, "every": "500ms", "timeout": "500ms"}
        checks = {"right": {"postgres": self.dsn(postgres.port), **slow},
                  "named": {"postgres": self.dsn(postgres.port, host="localhost"), **slow},
                  "wrong": {"postgres": self.dsn(postgres.port, "guessed"), **slow},
                  "nonsense": {"postgres": self.dsn(self.nonsense()), **slow},
                  "silent": {"postgres": self.dsn(self.silent()), **slow}}
        sidecar = self.start(checks)
        self.assertEqual(set(self.wait_for(sidecar, "right", "up")), {"responseTime", "status"})
        self.wait_for(sidecar, "named", "up")
        self.wait_for(sidecar, "wrong", "down", 'password authentication failed for user "shop"')
        self.wait_for(sidecar, "nonsense", "down")
        self.wait_for(sidecar, "silent", "down", "timeout of 500ms exceeded")
        self.assertNotIn("guessed", sidecar.ask_admin("/health").body.decode())
        postgres.freeze()
        self.wait_for(sidecar, "right", "down", "timeout of 500ms exceeded")
        postgres.thaw()
        self.wait_for(sidecar, "right", "up")
        postgres.stop()
        self.wait_for(sidecar, "right", "down", "Connection refused")
        postgres.start()
        self.wait_for(sidecar, "right", "up")

    def test_probing_leaves_no_connection(self):
        postgres = Postgres()
        self.addCleanup(postgres.remove)
        sidecar = self.start({"db": {"postgres": self.dsn(postgres.port), **FAST, "timeout": "100ms", "fail_after": 3}})
        self.wait_for(sidecar, "db", "up")
        time.sleep(3)                                        # some 30 runs; the server allows 10 connections
        self.wait_for(sidecar, "db", "up")
        self.assertNotIn(b"too many", sidecar.ask_admin("/api/health").body)


class CertificateTest(ChecksTest):
    def test_one_that_expires_soon_is_down(self):
        if not shutil.which("openssl"):
            requirements.skip(self, "openssl is not installed")
        folder = self.folder()

        def server(days: int) -> int:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*databases.self_signed(folder, days))

            def serve(connection):
                with context.wrap_socket(connection.socket, server_side=True) as tls:
                    tls.recv(1)
            # App serves a connection once it has read from it: the handshake would be gone.
            return TlsApp(serve)

        fresh, stale, endless = server(90), server(3), server(2_900_000)   # until 9966; our clock ends in 2262
        for app in (fresh, stale, endless):
            self.addCleanup(app.stop)
        sidecar = self.start({"fresh": {"certificate": f"127.0.0.1:{fresh.port}", **PATIENT},
                              "stale": {"certificate": f"127.0.0.1:{stale.port}", **PATIENT},
                              "endless": {"certificate": f"127.0.0.1:{endless.port}", **PATIENT}})
        self.wait_for(sidecar, "endless", "up")
        self.assertEqual(self.wait_for(sidecar, "fresh", "up"), {"status": "up"})
        self.wait_for(sidecar, "stale", "down", "the certificate expires in 2 days")


class TlsApp(App):
    def _run(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass
        finally:
            connection.close()
            with self.lock:
                self.open.discard(connection)


class SystemChecksTest(ChecksTest):
    def test_disk_memory_file_command_and_names(self):
        folder = self.folder()
        file = pathlib.Path(folder, "export.csv")
        file.touch()
        left = pathlib.Path(folder, "left")
        checks = {"room": {"disk": "/", "free": "1B"}, "full": {"disk": "/", "free": "1000000TiB"},
                  "inodes": {"disk": "/", "free": "1B", "free_inodes": "99.99%"},
                  "small": {"rss": "1KiB", "of": "self", **FAST}, "own": {"rss": "100GiB", "of": "self"},
                  "app-memory": {"rss": "100GiB", "of": "app"}, "file": {"file": str(file), "max_age": "1h", **FAST},
                  "good": {"command": ["true"]}, "bad": {"command": ["sh", "-c", "echo queue too long; exit 2"]},
                  "hangs": {"command": ["sh", "-c", f"sleep 100 & echo $! >{left}; wait"], **PATIENT, "timeout": "300ms"},
                  "name": {"dns": "localhost"}, "no-name": {"dns": "no-such-name.invalid", **PATIENT},
                  "not-yet": {"tcp": "no-such-name.invalid:80", **PATIENT}}
        sidecar = self.start(checks)
        for up in ("room", "own", "app-memory", "good", "name", "file"):
            self.wait_for(sidecar, up, "up")
        self.assertEqual(self.wait_for(sidecar, "full", "down"),
                         {"message": "Used disk storage exceeded the set threshold", "status": "down"})
        self.assertEqual(self.wait_for(sidecar, "small", "down"),
                         {"message": "Used rss exceeded the set threshold", "status": "down"})
        self.wait_for(sidecar, "bad", "down", "ended with 2: queue too long")
        self.wait_for(sidecar, "hangs", "down", "timeout of 300ms exceeded")
        for name in ("no-name", "not-yet"):
            self.wait_for(sidecar, name, "down", "getaddrinfo")
        until(lambda: not running(int(left.read_text())), "the command's child to be killed")
        file.unlink()
        self.wait_for(sidecar, "file", "down", "ENOENT")

    def test_memory_that_the_app_tells_itself(self):
        resident = [5e7]
        app = App(answering(lambda connection, request: connection.reply(
            200, f"process_resident_memory_bytes {resident[0]}\n".encode(), "Content-Type: text/plain; version=0.0.4")))
        self.addCleanup(app.stop)
        sidecar = self.start({"memory": {"rss": "100MiB", "of": "app", **FAST}},
                             {"metrics": {"app": f"http://127.0.0.1:{app.port}"}}, app)
        self.wait_for(sidecar, "memory", "up")
        resident[0] = 2e8
        self.wait_for(sidecar, "memory", "down", "Used rss exceeded the set threshold")

    def test_a_call_that_hangs_does_not_hold_up_the_end(self):
        library = os.environ.get("OUTRIGGER_HANGING_DISK", "")
        if not os.path.exists(library):
            requirements.skip(self, "OUTRIGGER_HANGING_DISK names no library")
        # A process that ends while a thread hangs has not joined it: ThreadSanitizer would say so.
        environment = {"LD_PRELOAD": preloaded(program(), library), "TSAN_OPTIONS": "report_thread_leaks=0"}
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"health": {"ready": {"room": {"disk": "/", "free": "1B", **FAST}}}},
                               environment=environment)
        self.wait_for(sidecar, "room", "down", "still running after")
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(10), 0)
        self.assertEqual(sidecar.log()[-1]["message"], "the health check room hangs: the process ends without it")

    def test_a_job_that_reports_in(self):
        sidecar = self.start({"backup": {"heartbeat": "1s", **FAST}})
        self.wait_for(sidecar, "backup", "up")
        self.wait_for(sidecar, "backup", "down", "no heartbeat for 1 s, expected every 1 s")
        self.assertEqual(sidecar.ask_admin("/api/heartbeat/backup", "POST").status, 200)
        self.wait_for(sidecar, "backup", "up")
        self.assertEqual(sidecar.ask_admin("/api/heartbeat/other", "POST").status, 404)

    def test_history_metrics_and_pages(self):
        port = free_port()
        sidecar = self.start({"search": {"tcp": f"127.0.0.1:{port}", **FAST, "group": "checkout"}})
        sidecar.wait_ready()
        self.wait_for(sidecar, "search", "down")
        self.assertEqual(sidecar.ask_admin("/health/checkout").status, 503)
        self.assertEqual(sidecar.ask_admin("/health/ready").status, 200)
        page = sidecar.ask_admin("/health/checkout?format=spring")
        self.assertEqual(page.json()["components"]["search"]["status"], "DOWN")
        self.assertEqual(page.headers["Content-Type"], "application/vnd.spring-boot.actuator.v3+json")
        page = sidecar.ask_admin("/health/checkout", headers={"Accept": "application/health+json"})
        self.assertEqual((page.json()["status"], page.headers["Content-Type"]), ("fail", "application/health+json"))
        history = sidecar.ask_admin("/api/health").json()
        change = next(change for change in history["changes"] if change["check"] == "search")
        self.assertEqual((change["from"], change["to"], change["message"]),
                         ("unchecked", "down", f"connect ECONNREFUSED 127.0.0.1:{port}"))
        text = sidecar.ask_admin("/metrics").body.decode()
        self.assertIn('outrigger_health_check_up{check="search"} 0\n', text)
        self.assertIn('outrigger_health_check_up{check="app"} 1\n', text)
        self.assertIn('outrigger_health_check_duration_seconds{check="search"} ', text)
        self.assertIn('outrigger_health_changes_total{check="search",to="down"} 1\n', text)

    def test_what_this_machine_cannot_check_is_refused_at_the_start(self):
        folder = self.folder()
        config = pathlib.Path(folder, "outrigger.yaml")
        config.write_text(json.dumps({"admin": "127.0.0.1:0", "inbound": {"listen": "127.0.0.1:0", "app": 1},
                                      "health": {"ready": {"db": {"postgres": "colour=red password=s3cret"}}}}))
        ended = subprocess.run([program(), "run", "-c", str(config)], capture_output=True, text=True, timeout=20)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("health.ready.db: a postgres check needs", ended.stderr)
        self.assertNotIn("s3cret", ended.stderr)

    def test_a_hanging_check_does_not_hold_up_the_end(self):
        sidecar = self.start({"silent": {"http": f"http://127.0.0.1:{self.silent()}", "every": "1h", "timeout": "1h"},
                              "command": {"command": ["sleep", "1000"], "every": "1h", "timeout": "1h"}})
        sidecar.ask_admin("/health/live")
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(10), 0)


def running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    requirements.main()
