#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/setup's tests, with a pretended Debian: nothing is installed on this machine."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SETUP = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "setup"
REAL_TOOLS = ("bash", "sh", "env", "dirname", "grep", "cat", "sort", "head", "sha256sum", "mkdir", "mktemp", "rm", "touch",
              "chmod", "cp")

# installed: the packages that are there; known: those that apt can install; calls: what was asked of apt-get.
FAKES = {
    "dpkg-query": '''shift 2
for package in "$@"; do grep -qxF "$package" "$ROOT/installed" && echo "$package installed"; done; true''',
    "apt-get": '''echo "$*" >>"$ROOT/calls"
[ "$1" = download ] && touch peer.deb
case " $* " in *" source "*) touch cpp-httplib_1.orig.tar.xz ;; esac
[ "$1" = install ] || exit 0
for package in "$@"; do case $package in
    -* | install) ;;
    *) grep -qxF "$package" "$ROOT/known" || exit 100; echo "$package" >>"$ROOT/installed" ;;
esac; done''',
    "apt-cache": 'grep -xF "$2" "$ROOT/known"',
    "dpkg-deb": 'mkdir -p "$3/usr/sbin" && touch "$3/usr/sbin/syslog-ng" && chmod +x "$3/usr/sbin/syslog-ng"',
    "tar": "touch source/httplib.h",
    "timeout": 'shift; "$@"',
    "id": "echo ${FAKE_UID:-0}",
}
BUILD_PACKAGES = ("g++ cmake ninja-build ccache mold pkg-config python3 git ca-certificates libc-ares-dev libcli11-dev "
                  "libcpp-httplib-dev libcurl4-openssl-dev libpq-dev libsqlite3-dev libyaml-cpp-dev nlohmann-json3-dev "
                  "prometheus-cpp-dev zlib1g-dev libgtest-dev libgmock-dev libbenchmark-dev").split()
TEST_PACKAGES = "curl wrk iproute2".split()
ALL_PACKAGES = ("redis-server postgresql openssl clang-19 libclang-rt-19-dev llvm-19 valgrind prometheus "
                "prometheus-pushgateway protobuf-compiler python3-prometheus-client rsyslog libspdlog-dev "
                "libboost-dev libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc dpkg-dev file lintian "
                "debootstrap groff-base").split()
EVERY_PACKAGE = BUILD_PACKAGES + TEST_PACKAGES + ALL_PACKAGES
BENCH_PACKAGES = "haproxy nginx h2o rsyslog strace valgrind libspdlog-dev".split()


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "scripts").mkdir()
        (self.root / "bin").mkdir()
        shutil.copy(SETUP, self.root / "scripts" / "setup")
        for tool in REAL_TOOLS:
            (self.root / "bin" / tool).symlink_to(shutil.which(tool))
        for name, body in FAKES.items():
            self.program(name, body)
        self.have(installed=[], known=EVERY_PACKAGE)

    def program(self, name: str, body: str):
        (self.root / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.root / "bin" / name).chmod(0o755)

    def have(self, **lists):
        for name, packages in lists.items():
            (self.root / name).write_text("".join(f"{package}\n" for package in packages))

    def setup(self, *arguments, **environment):
        (self.root / "calls").write_text("")
        command = ["bash", str(self.root / "scripts" / "setup"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True,
                              env={"PATH": str(self.root / "bin"), "ROOT": str(self.root), **environment})
        return done.returncode, done.stdout, done.stderr

    def calls(self) -> str:
        return (self.root / "calls").read_text()

    def installed(self) -> set:
        return set((self.root / "installed").read_text().split())

    def test_each_group_installs_its_packages_and_those_before(self):
        for group, packages in (("build", BUILD_PACKAGES), ("test", BUILD_PACKAGES + TEST_PACKAGES),
                                ("all", EVERY_PACKAGE)):
            self.have(installed=[])
            code, _, errors = self.setup(group)
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual(self.installed(), set(packages))

    def test_what_conflicts_is_unpacked_once_and_not_installed(self):
        self.setup("all")
        self.assertIn("download -q syslog-ng-core", self.calls())
        self.assertNotIn("syslog-ng-core", self.installed())
        self.assertTrue((self.root / "build/peers/syslog-ng/usr/sbin/syslog-ng").exists())
        self.setup("all")
        self.assertNotIn("download", self.calls())

    def test_other_releases_of_a_header_are_fetched_once_and_not_installed(self):
        self.setup("all")
        self.assertIn("source --download-only cpp-httplib", self.calls())
        for release in ("trixie", "sid"):
            self.assertTrue((self.root / f"build/peers/cpp-httplib/{release}/httplib.h").exists())
        self.setup("all")
        self.assertNotIn("source", self.calls())

    def test_what_cannot_be_fetched_is_named(self):
        self.program("tar", "exit 1")
        code, output, _ = self.setup("all")
        self.assertEqual(code, 0)
        self.assertIn("SKIPPED: cpp-httplib of Debian sid could not be fetched: no test with it\n", output)

    def test_the_bench_group_installs_its_own_and_nothing_of_the_tests(self):
        self.have(known=EVERY_PACKAGE + BENCH_PACKAGES)
        self.assertEqual(self.setup("bench")[0], 0)
        self.assertEqual(self.installed(), set(BUILD_PACKAGES + BENCH_PACKAGES))

    def test_a_peer_that_the_lists_lack_is_named_and_passed_over(self):
        code, output, _ = self.setup("bench")
        self.assertEqual(code, 0)
        self.assertIn("SKIPPED: package h2o is not in this machine's package lists\n", output)

    def test_only_what_is_missing_is_installed(self):
        self.have(installed=[package for package in BUILD_PACKAGES if package != "mold"])
        self.setup("build")
        self.assertRegex(self.calls(), r"install [-\w =]*--no-install-recommends mold\n$")

    def test_a_second_call_asks_nothing_of_apt(self):
        self.setup("all")
        self.assertEqual(self.setup("all"), (0, "", ""))
        self.assertEqual(self.calls(), "")

    def test_a_package_of_similar_name_does_not_count(self):
        self.have(installed=["gxx", *[package for package in BUILD_PACKAGES if package != "g++"]])
        self.setup("build")
        self.assertIn("g++", self.installed())

    def test_an_optional_package_that_the_lists_lack_is_named_and_passed_over(self):
        self.have(known=[package for package in EVERY_PACKAGE if package != "clang-19"])
        code, output, _ = self.setup("all")
        self.assertEqual(code, 0)
        self.assertIn("SKIPPED: package clang-19 is not in this machine's package lists\n", output)
        self.assertIn("valgrind", self.installed())

    def test_daemons_that_come_with_a_package_are_stopped_and_stay_so(self):
        self.program("systemctl", 'echo "systemctl $*" >>"$ROOT/calls"')
        self.setup("all")
        stopped = [line for line in self.calls().splitlines() if line.startswith("systemctl")]
        daemons = ("redis-server", "postgresql", "prometheus", "prometheus-pushgateway", "rsyslog")
        self.assertEqual(stopped, [f"systemctl disable --now {daemon}" for daemon in daemons])
        self.setup("all")
        self.assertEqual(self.calls(), "")       # one that was there before is its owner's

    def test_a_required_package_that_cannot_be_installed_is_an_error(self):
        self.have(known=["cmake"])
        code, _, errors = self.setup("build")
        self.assertEqual(code, 1)
        self.assertIn("scripts/setup: apt-get could not install: g++ cmake", errors)

    def test_without_root_and_sudo_the_packages_are_named(self):
        code, _, errors = self.setup("build", FAKE_UID="1000")
        self.assertEqual(code, 1)
        self.assertEqual(errors.count("\n"), 1)
        self.assertIn("neither root nor sudo", errors)
        self.assertIn("libyaml-cpp-dev", errors)

    def test_without_root_the_optional_packages_are_only_skipped(self):
        self.have(installed=BUILD_PACKAGES + TEST_PACKAGES)
        code, output, _ = self.setup("all", FAKE_UID="1000")
        self.assertEqual(code, 0)
        self.assertEqual(output.count("SKIPPED: package"), len(ALL_PACKAGES))

    def test_sudo_is_used_where_it_is_there(self):
        self.program("sudo", 'echo sudo >>"$ROOT/calls"; exec "$@"')
        self.assertEqual(self.setup("build", FAKE_UID="1000")[0], 0)
        self.assertIn("sudo\n", self.calls())

    def test_another_system_needs_its_tools_and_gets_the_list(self):
        for program in ("apt-get", "dpkg-query"):
            (self.root / "bin" / program).unlink()
        code, _, errors = self.setup("test")
        self.assertEqual(code, 1)
        self.assertIn("build: g++ cmake", errors)
        self.assertIn("test: curl wrk iproute2", errors)
        self.assertIn("these tools are missing: g++ cmake ninja", errors)
        for tool in ("g++", "cmake", "ninja", "pkg-config", "python3", "git"):
            self.program(tool, "exit 0")
        self.assertEqual(self.setup("test")[0], 0)

    def test_no_install_means_no_install(self):
        for tool in ("g++", "cmake", "ninja", "pkg-config", "python3", "git"):
            self.program(tool, "exit 0")
        self.assertEqual(self.setup("all", OUTRIGGER_NO_INSTALL="1"), (0, "", ""))
        self.assertEqual(self.calls(), "")

    def test_wrong_usage_ends_with_2(self):
        self.assertEqual(self.setup("everything")[0], 2)

    # ---- npm modules

    def furnish_npm(self, version: str):
        (self.root / "tests/tools").mkdir(parents=True, exist_ok=True)
        (self.root / "tests/tools/package-lock.json").write_text("{}")
        self.program("node", f"echo v{version}")
        self.program("npm", 'echo "npm $*" >>"$ROOT/calls"; mkdir -p node_modules')

    def test_npm_modules_are_installed_once_per_lock_file(self):
        self.furnish_npm("20.19.0")
        self.setup("test")
        self.assertIn("npm ci --ignore-scripts", self.calls())
        self.assertEqual(self.setup("test"), (0, "", ""))
        self.assertEqual(self.calls(), "")
        (self.root / "tests/tools/package-lock.json").write_text("{ }")
        self.setup("test")
        self.assertIn("npm ci", self.calls())

    def test_the_build_group_needs_no_npm(self):
        self.furnish_npm("20.19.0")
        self.setup("build")
        self.assertNotIn("npm", self.calls())

    def test_an_old_or_absent_node_is_skipped_loudly(self):
        self.furnish_npm("20.9.0")
        code, output, _ = self.setup("test")
        self.assertEqual(code, 0)
        self.assertIn("SKIPPED: npm modules of tests/tools: Node 20.19 or newer", output)
        (self.root / "bin/node").unlink()
        self.assertIn("SKIPPED: npm modules of tests/tools", self.setup("test")[1])

    def test_a_failed_npm_is_skipped_loudly_and_tried_again(self):
        self.furnish_npm("22.1.0")
        self.program("npm", 'echo "npm $*" >>"$ROOT/calls"; exit 1')
        for _ in range(2):
            code, output, _ = self.setup("test")
            self.assertEqual(code, 0)
            self.assertIn("SKIPPED: npm modules of tests/tools: npm ci failed", output)
            self.assertIn("npm ci", self.calls())


if __name__ == "__main__":
    unittest.main()
