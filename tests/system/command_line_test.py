# SPDX-License-Identifier: Apache-2.0
"""The command line and bad input: each mistake is one clear line on stderr and an exit code."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile

import requirements
from app import App, Mirror, answering, free_port
from program import PATIENCE, die_with_parent, program
from system_case import SystemTest

USAGE, FAILURE = 2, 1


class CommandLine(SystemTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments: str, environment=None, patience=PATIENCE):
        return subprocess.run([program(), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=patience,
                              preexec_fn=die_with_parent, env={**os.environ, **(environment or {})})

    def file(self, content, name: str = "settings.yaml") -> pathlib.Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def assert_refused(self, done, code: int, *fragments: str, lines: int = 1):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), lines, done.stderr)
        for fragment in fragments:
            self.assertIn(fragment, done.stderr)

    def check_refuses(self, content, *fragments: str, lines: int = 1):
        """`check` and `run` say the same, with the file's name."""
        path = self.file(content)
        for command in (("check", "-c", path), ("run", "-c", path)):
            self.assert_refused(self.run_program(*command), USAGE, str(path), *fragments, lines=lines)


class Files(CommandLine):
    def test_a_missing_file(self):
        path = self.folder / "missing.yaml"
        for command in ("check", "run"):
            self.assert_refused(self.run_program(command, "-c", path), USAGE, str(path), "No such file")

    def test_a_directory(self):
        for command in ("check", "run"):
            done = self.run_program(command, "-c", self.folder)
            self.assert_refused(done, USAGE, str(self.folder), "directory")

    def test_an_unreadable_file(self):
        if os.geteuid() == 0:
            requirements.skip(self, "root may read every file")
        path = self.file("service: a\n")
        path.chmod(0)
        self.assert_refused(self.run_program("check", "-c", path), USAGE, str(path), "Permission denied")

    def test_what_is_not_yaml(self):
        self.check_refuses("service: [a, b\nadmin: }\n", ":2")
        self.check_refuses("service: a\n\tadmin: b\n", ":2")

    def test_binary_rubbish(self):
        for content in (b"\x00\x01\x02\xff\xfe" * 100, b"\x7fELF\x02\x01\x01" + bytes(64), b"\xff" * 100):
            path = self.file(content)
            done = self.run_program("check", "-c", path)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertTrue(done.stderr.startswith(str(path)), done.stderr)
            self.assertTrue(done.stderr.rstrip("\n").isprintable(), done.stderr)

    def test_an_empty_file_is_all_defaults(self):
        for content in ("", "# nothing\n", "---\n"):
            self.assertEqual(self.run_program("check", "-c", self.file(content)).returncode, 0)

    def test_duplicate_keys(self):
        self.check_refuses("service: a\nadmin: 127.0.0.1:0\nservice: b\n", ":3", "service")
        self.check_refuses("inbound:\n  app: 3000\n  app: 3001\n", ":3", "inbound.app")

    def test_anchors(self):
        self.check_refuses("service: &name a\n", ":1", "anchor")
        done = self.run_program("check", "-c", self.file("drain: &d {delay: 1s}\nlimits: *d\n"))
        self.assertEqual(done.returncode, USAGE)

    def test_a_bomb_of_anchors_is_refused_at_once(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for before, after in zip("abcdefgh", "bcdefghi"):
            bomb += f"{after}: &{after} [" + ",".join([f"*{before}"] * 9) + "]\n"
        done = self.run_program("check", "-c", self.file(bomb), patience=10)
        self.assertEqual(done.returncode, USAGE)

    def test_deep_nesting_is_refused(self):
        done = self.run_program("check", "-c", self.file("a: " + "[" * 50_000))
        self.assertEqual(done.returncode, USAGE, done.stderr[-500:])
        done = self.run_program("check", "-c", self.file("service: " + "{a: " * 20_000 + "1" + "}" * 20_000))
        self.assertEqual(done.returncode, USAGE, done.stderr[-500:])

    def test_a_file_of_two_mebibytes(self):
        self.check_refuses("service: a\n" + "# padding\n" * (2 * 1024 * 1024 // 10), "1MiB")

    def test_a_pipe_without_end(self):
        self.assert_refused(self.run_program("check", "-c", "/dev/zero"), USAGE, "/dev/zero")


class Settings(CommandLine):
    def test_unknown_keys_name_the_nearest(self):
        for content, key, nearest in (("servce: a\n", "servce", "service"),
                                      ("inbound: {ap: 3000}\n", "inbound.ap", "app"),
                                      ("limits:\n  head_timout: 1s\n", "limits.head_timout", "head_timeout"),
                                      ("drain: {dealy: 1s}\n", "drain.dealy", "delay")):
            with self.subTest(key):
                self.check_refuses(content, key, nearest)

    def test_wrong_types_say_what_is_expected(self):
        for content, path in (("service: [a]", "service"), ("inbound: 5", "inbound"),
                              ("inbound: {routes: /a}", "inbound.routes"),
                              ("inbound: {timeout: fast}", "inbound.timeout"),
                              ("inbound: {timeout: 5}", "inbound.timeout"),
                              ("limits: {body_bytes: -1B}", "limits.body_bytes"),
                              ("limits: {connections: many}", "limits.connections"),
                              ("limits: [1]", "limits"), ("workers: all", "workers"),
                              ("admin: {expose: some}", "admin.expose"),
                              ("inbound: {app: 'ftp://x'}", "inbound.app"),
                              ("inbound: {listen: here}", "inbound.listen"),
                              ("logs: {access: 150%}", "logs.access"),
                              ("logs: {level: loud}", "logs.level"), ("[]", ""), ("text", "")):
            with self.subTest(content):
                self.check_refuses(content + "\n", ":1", path, "expected")

    def test_values_out_of_range_say_the_range(self):
        for content, path, limit in (("inbound: {timeout: 2h}\n", "inbound.timeout", "1h"),
                                     ("limits: {uri_bytes: 10B}\n", "limits.uri_bytes", "256B"),
                                     ("limits: {connections: 0}\n", "limits.connections", "1"),
                                     ("workers: 1000\n", "workers", "256"),
                                     ("metrics: {series: 1}\n", "metrics.series", "10"),
                                     ("inbound: {listen: '127.0.0.1:70000'}\n", "inbound.listen", "70000"),
                                     ("drain: {delay: 10s, timeout: 5s}\n", "drain", "10s")):
            with self.subTest(content):
                self.check_refuses(content, ":1", path, limit)

    def test_all_mistakes_are_told_with_their_lines(self):
        content = "service: a\nadmn: b\ninbound:\n  timeout: soon\n  apps: 1\nlimits:\n  connections: 0\n"
        done = self.run_program("check", "-c", self.file(content))
        self.assertEqual(done.returncode, USAGE)
        places = [line.split("settings.yaml", 1)[1].split(" ")[0] for line in done.stderr.splitlines()]
        self.assertEqual(places, [":2:", ":4:", ":5:", ":7:"])

    def test_variables(self):
        content = "service: ${SHOP_NAME}\ninbound: {app: 'http://127.0.0.1:${SHOP_PORT:-3000}'}\n"
        path = self.file(content)
        self.assert_refused(self.run_program("check", "-c", path), USAGE, ":1", "service", "SHOP_NAME")
        environment = {"SHOP_NAME": "shoes", "SHOP_PORT": "3999"}
        done = self.run_program("check", "-c", path, "--print", environment=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("shoes", done.stdout)
        self.assertIn("3999", done.stdout)

    def test_what_is_not_built_is_refused_by_run_alone(self):
        for content, key in (("outbound: {users: {listen: '127.0.0.1:9001', target: 'https://u:443'}}",
                              "outbound.users.target"),
                             ("outbound: {proxy: {}}", "outbound.proxy"),
                             ("outbound: {defaults: {balance: {hash: {header: X-User}}}}", "outbound.defaults.balance"),
                             ("metrics: {app: 'https://127.0.0.1:1/m'}", "metrics.app"),
                             ("logs: {ship: {to: 'beats://l:5044'}}", "logs.ship.to"),
                             ("inbound: {app: 'https://127.0.0.1:3443'}", "inbound.app")):
            with self.subTest(key):
                path = self.file(content + "\n")
                done = self.run_program("check", "-c", path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                done = self.run_program("run", "-c", path)
                self.assert_refused(done, USAGE, f"{path}:1", key, "not built yet")

    def test_flags_are_checked_too(self):
        for flag, value in (("--app", "99999"), ("--app", "nowhere"), ("--app", ""), ("--listen", "70000"),
                            ("--admin", "a:b:c")):
            with self.subTest(flag=flag, value=value):
                self.assert_refused(self.run_program("run", flag, value), USAGE, flag)


class Commands(CommandLine):
    def test_check_says_ok(self):
        path = self.file("service: a\n")
        done = self.run_program("check", "-c", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("ok", done.stdout)

    def test_what_print_prints_is_the_same_again(self):
        content = """service: "a: b # c"
admin: {listen: 127.0.0.1:0, token: "${TOKEN:-x}"}
inbound: {app: 3000, routes: ["/users/{id}", "/a/*"], timeout: 1500ms}
health: {ready: {cache: {tcp: "127.0.0.1:6379", optional: true}}}
logs: {access: 10%}
limits: {header_bytes: 32KiB}
"""
        first = self.run_program("check", "-c", self.file(content), "--print")
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertNotIn('"x"', first.stdout)                        # a secret is not printed
        printed = self.file(first.stdout, "printed.yaml")
        again = self.run_program("check", "-c", printed, "--print")
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertEqual(again.stdout, first.stdout)

    def test_the_defaults_print_and_pass(self):
        first = self.run_program("check", "-c", self.file(""), "--print")
        self.assertEqual(first.returncode, 0)
        again = self.run_program("check", "-c", self.file(first.stdout, "printed.yaml"), "--print")
        self.assertEqual((again.returncode, again.stdout), (0, first.stdout))

    def test_schema_is_a_json_schema(self):
        done = self.run_program("schema")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        schema = json.loads(done.stdout)
        self.assertIn("2020-12", schema["$schema"])
        self.assertIn("inbound", schema["properties"])

    def test_version_and_help(self):
        version = self.run_program("--version")
        self.assertEqual((version.returncode, version.stderr), (0, ""))
        self.assertRegex(version.stdout, r"^outrigger \d+\.\d+\.\d+\n$")
        for arguments in (("--help",), ("-h",)):
            shown = self.run_program(*arguments)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""))
            for command in ("run", "check", "schema", "demo"):
                self.assertIn(command, shown.stdout)
        shown = self.run_program("run", "--help")
        self.assertEqual(shown.returncode, 0)
        for flag in ("--app", "--listen", "--admin", "--config"):
            self.assertIn(flag, shown.stdout)

    def test_wrong_usage(self):
        for line, fragment in (("", ""), ("fly", "fly"), ("--verbose", "--verbose"), ("run --fast", "--fast"),
                               ("run here", "here"), ("run --app", "--app"), ("check", "--config"),
                               ("check -c", "-c"), ("schema x", "x"), ("demo --duration soon", "soon"),
                               ("demo --duration 4s", "5s to 1h")):
            with self.subTest(line):
                self.assert_refused(self.run_program(*line.split()), USAGE, fragment)

    def test_standard_output_may_be_full(self):
        """/dev/full: what cannot be written is a failure, not silence."""
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program(), "schema"], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, FAILURE)
        self.assertEqual(len(done.stderr.splitlines()), 1)


class Ports(CommandLine):
    def run_on(self, listen: str, admin: str, app=3000):
        return self.run_program("run", "--app", app, "--listen", listen, "--admin", admin)

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            used = f"127.0.0.1:{taken.getsockname()[1]}"
            done = self.run_on(used, "127.0.0.1:0")
            self.assert_refused(done, FAILURE, used, "inbound.listen", "--listen", "in use")
            done = self.run_on("127.0.0.1:0", used)
            self.assert_refused(done, FAILURE, used, "admin.listen", "--admin", "in use")

    def test_a_port_that_another_outrigger_uses(self):
        """Its workers share the port: that must not let a stranger in."""
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app)
        inbound, admin = f"127.0.0.1:{sidecar.port}", f"127.0.0.1:{sidecar.admin[1]}"
        self.assert_refused(self.run_on(inbound, "127.0.0.1:0"), FAILURE, inbound, "inbound.listen")
        self.assert_refused(self.run_on("127.0.0.1:0", admin), FAILURE, admin, "admin.listen")
        self.assertEqual(sidecar.call().status, 200)

    def test_all_addresses_when_one_is_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = self.run_on(f"0.0.0.0:{port}", "127.0.0.1:0")
            self.assert_refused(done, FAILURE, str(port), "inbound.listen")

    def test_the_same_port_twice(self):
        port = free_port()
        done = self.run_on(f"127.0.0.1:{port}", f"127.0.0.1:{port}")
        self.assertIn(done.returncode, (FAILURE, USAGE))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(str(port), done.stderr)

    def test_an_address_that_is_not_here(self):
        done = self.run_on("192.0.2.1:8080", "127.0.0.1:0")
        self.assert_refused(done, FAILURE, "192.0.2.1:8080", "inbound.listen")

    def test_a_name_that_does_not_exist(self):
        done = self.run_on("127.0.0.1:0", "127.0.0.1:0", "http://no-such-host.invalid:3000")
        self.assert_refused(done, FAILURE, "no-such-host.invalid", "inbound.app")

    def test_the_port_is_free_again_at_once(self):
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        first = self.sidecar(app)
        for _ in range(5):
            self.assertEqual(first.call().status, 200)               # leaves connections in TIME_WAIT
        address = "%s:%d" % first.address
        first.signal(15)
        self.assertEqual(first.wait(), 0)
        second = self.sidecar(app, {"inbound": {"listen": address}})
        self.assertEqual(second.call().status, 200)


if __name__ == "__main__":
    requirements.main()
