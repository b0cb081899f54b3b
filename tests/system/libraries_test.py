# SPDX-License-Identifier: Apache-2.0
"""The libraries that the program loads once something needs them, and what it says where they are not installed."""
import json
import os
import pathlib
import re
import subprocess
import tempfile

import requirements
from app import App, Mirror, answering, free_port
from program import PATIENCE, die_with_parent, preloaded, program, until
from system_case import SystemTest

LOADED_LATER = ("libcurl", "libpq")
USAGE, FAILURE = 2, 1
NOWHERE = "/nowhere/absent.so"           # what absent_library.cpp makes of it


class Libraries(SystemTest):
    def setUp(self):
        self.app = App(answering(Mirror()))
        self.addCleanup(self.app.stop)

    def run_program(self, *arguments: str, absent=""):
        environment = {**os.environ, "LD_PRELOAD": preloaded(program(), os.environ["OUTRIGGER_ABSENT_LIBRARY"]),
                       "OUTRIGGER_ABSENT": absent}
        return subprocess.run([program(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, preexec_fn=die_with_parent, env=environment)

    def settings(self, **more) -> pathlib.Path:
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "outrigger.yaml"
        path.write_text(json.dumps({"inbound": {"app": f"http://127.0.0.1:{self.app.port}", "listen": "127.0.0.1:0"},
                                    "admin": "127.0.0.1:0", **more}))
        return path

    def loaded(self, sidecar) -> set:
        maps = pathlib.Path(f"/proc/{sidecar.process.pid}/maps").read_text()
        return {name for name in LOADED_LATER if re.search(rf"/{name}[.-]\S*so", maps)}

    def assert_refused(self, done, code: int, *sentences: str):
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), len(sentences), done.stderr)
        for line, sentence in zip(lines, sentences):
            self.assertIn(sentence, line)
            self.assertIn(f", which cannot be loaded: {NOWHERE}", line)

    def test_the_program_does_not_name_them_and_shows_none_of_their_functions(self):
        named = subprocess.run(["readelf", "-d", program()], capture_output=True, text=True, check=True).stdout
        shown = subprocess.run(["nm", "-D", program()], capture_output=True, text=True, check=True).stdout
        self.assertIn("libsqlite3.so", named)
        for name in LOADED_LATER:
            self.assertNotIn(name, named)
        self.assertNotRegex(shown, r" (curl_\w+|PQ[a-z]\w+)")

    def test_each_is_loaded_for_the_settings_that_need_it(self):
        checks = {"http": {"http": f"http://127.0.0.1:{self.app.port}/"},
                  "postgres": {"postgres": f"postgres://user@127.0.0.1:{free_port()}/db"}}
        for needed, settings in ((set(), {}),
                                 ({"libcurl"}, {"health": {"ready": {"http": checks["http"]}}}),
                                 ({"libcurl"}, {"logs": {"intake": "127.0.0.1:0"}}),
                                 ({"libcurl", "libpq"}, {"health": {"ready": checks}})):
            with self.subTest(settings=settings):
                sidecar = self.sidecar(self.app, settings)
                self.assertEqual(sidecar.call(path="/orders").status, 200)
                for check in settings.get("health", {}).get("ready", {}):
                    until(lambda: sidecar.ask_admin("/health").json()["details"].get(check), f"a run of {check}")
                self.assertEqual(self.loaded(sidecar), needed)

    def test_settings_that_need_one_that_is_not_there_are_refused(self):
        url = f"127.0.0.1:{self.app.port}"
        path = self.settings(health={"ready": {"users": {"http": f"http://{url}/"}, "disk": {"disk": "/"},
                                               "db": {"postgres": "postgres://user@db/orders"}}},
                             logs={"ship": {"to": f"logstash+http://{url}"}})
        self.assertEqual(self.run_program("check", "-c", path).returncode, 0)
        for command in ("check", "run"):
            self.assert_refused(
                self.run_program(command, "-c", path, absent="libcurl"), USAGE,
                f"{path}: health.ready.users: an http check needs libcurl",
                "logs.ship.to: shipping needs libcurl")
            done = self.run_program(command, "-c", path, absent="libpq")
            self.assert_refused(done, USAGE, f"{path}: health.ready.db: a postgres check needs libpq")
            self.assertIn("; install it (Debian: libpq5)", done.stderr)

    def test_commands_that_need_one_that_is_not_there_say_so(self):
        admin = f"127.0.0.1:{self.app.port}"
        for command in (("drain", "--admin", admin), ("spool", "inspect", "--admin", admin)):
            self.assert_refused(self.run_program(*command, absent="libcurl"), FAILURE,
                                "outrigger: asking a running sidecar needs libcurl")
        self.assert_refused(self.run_program("demo", "--duration", "5s", absent="libcurl"), FAILURE,
                            "outrigger: the demo needs libcurl")

    def test_what_needs_none_works_without_them(self):
        for absent in LOADED_LATER:
            self.assertEqual(self.run_program("check", "-c", self.settings(), absent=absent).returncode, 0)
            self.assertEqual(self.run_program("schema", absent=absent).returncode, 0)


if __name__ == "__main__":
    requirements.main("readelf", "nm", "ldd")
