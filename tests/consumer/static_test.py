#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that use the library as a build of it is installed: by find_package, pkg-config and add_subdirectory.

OUTRIGGER_BUILD names the build folder; its libraries are static."""
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from installed import (BARE, COMPILER, FOLDER, NO_THIRD_PARTY, ROOT, SAYS, STEP_SECONDS, ConsumerCase,   # noqa: E402
                       must, requirements, run)

VERSION = re.search(r"VERSION (\S+) LANGUAGES", (ROOT / "CMakeLists.txt").read_text())[1]
NEEDY = sorted(set(SAYS) - set(BARE))


class StaticTest(ConsumerCase):
    @classmethod
    def install(cls, prefix):
        must(["cmake", "--install", os.environ["OUTRIGGER_BUILD"], "--prefix", prefix, "--component", "dev"])

    def test_components_without_third_party_need_none_to_be_there(self):
        folder = self.build("find_package", "bare", COMPONENTS=";".join(BARE), **NO_THIRD_PARTY)
        for component in BARE:
            self.check(folder / component, component)
            self.assertEqual(self.libraries(folder / component), set())

    def test_components_with_third_party_bring_it(self):
        folder = self.build("find_package", "needy", COMPONENTS=";".join(NEEDY))
        for component in NEEDY:
            self.check(folder / component, component)
        loaded = " ".join(self.libraries(folder / "health_drivers"))
        self.assertIn("libcurl", loaded)
        self.assertIn("libpq", loaded)

    def test_whoever_has_spdlog_can_join_it(self):
        if run(["pkg-config", "--exists", "spdlog"])[1]:
            requirements.skip(self, "spdlog (libspdlog-dev) is not installed")
        folder = self.build("find_package", "joined", COMPONENTS="middleware", PACKAGES="spdlog", EXTRA="spdlog")
        record = json.loads(must([folder / "spdlog"]))
        self.assertEqual((record["message"], record["log"]["logger"]), ("paid 3 of 5", "payments"))

    def test_the_example_service_is_built_as_its_users_would(self):
        if run(["pkg-config", "--exists", "cpp-httplib"])[1]:
            requirements.skip(self, "cpp-httplib (libcpp-httplib-dev) is not installed")
        said, code = self.configure(ROOT / "examples" / "orders", "orders")
        self.assertEqual(code, 0, said)
        must(["cmake", "--build", self.folder / "orders", "--target", "orders"])
        said, code = run([self.folder / "orders" / "orders"], env={**os.environ, "PORT": "none"})
        self.assertEqual((said.splitlines()[-1], code), ('PORT is "none", and should be a number', 2))

    def test_a_plain_compiler_line_with_pkg_config_suffices(self):
        for component in ("resilience", "middleware"):
            self.check(self.compile_with_pkg_config(component), component)
        self.assertEqual(self.libraries(self.folder / "pc_resilience"), set())

    def test_a_server_of_cpp_httplib_is_observed(self):
        if run(["pkg-config", "--exists", "cpp-httplib"])[1]:
            requirements.skip(self, "cpp-httplib (libcpp-httplib-dev) is not installed")
        program = self.folder / "observed"
        flags = self.pkg_config("--cflags", "--libs", "outrigger-middleware", "cpp-httplib")
        must([COMPILER, "-std=c++20", FOLDER / "observed.cpp", "-o", program, *flags])
        said = must([program])
        self.assertRegex(said, r'"message":"GET /orders/7 200 in ')
        self.assertRegex(said, r'(?m)^order$')
        self.assertRegex(said, r'(?m)^\{"status":"ok",')
        self.assertRegex(said, r'http_server_request_duration_seconds_count\{[^}]*"/orders/\{id\}"[^}]*\} 1\n')

    def test_every_component_has_a_pkg_config_file_that_holds_together(self):
        for file in self.prefix.rglob("*.pc"):
            flags = self.pkg_config("--cflags", "--libs", file.stem)
            name = file.stem.removeprefix("outrigger-")
            self.assertEqual(f"-loutrigger_{name}" in flags, name != "core")
            self.assertEqual(self.pkg_config("--modversion", file.stem), [VERSION])

    def test_every_public_header_is_installed(self):
        def headers(folder):
            return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.hpp"))
        self.assertEqual(headers(self.prefix / "include"), headers(ROOT / "include"))

    def test_what_cannot_be_had_is_said(self):
        self.assertIn("outrigger has no component 'metrix', only core, health, health_drivers, logging,",
                      self.refused("unknown", COMPONENTS="metrix"))
        self.assertIn("outrigger's component 'middleware' needs the package CURL 7.87, which was not found",
                      self.refused("lacking", COMPONENTS="middleware", CMAKE_DISABLE_FIND_PACKAGE_CURL="ON"))
        self.assertIn("compatible with requested version \"0.2\"", self.refused("newer", COMPONENTS="core", VERSION="0.2"))
        said, code = self.configure("find_package", "optional", COMPONENTS="core", OPTIONAL="resilience;metrics;metrix",
                                    **NO_THIRD_PARTY)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, "(?s)resilience found: ON.*metrics found: OFF.*metrix found: OFF")

    def test_a_project_that_contains_the_library_compiles_only_what_it_asks_for(self):
        prefix = self.folder / "partial"
        folder = self.build("add_subdirectory", "contains", OUTRIGGER_SOURCE=ROOT, OUTRIGGER_INSTALL="ON",
                            CMAKE_INSTALL_PREFIX=prefix, **NO_THIRD_PARTY)
        for component in ("resilience", "logging"):
            self.check(folder / component, component)
        # And installs no more: the header of all components includes those that are there.
        must(["cmake", "--install", folder, "--component", "dev"])
        self.assertEqual(sorted(path.name for path in (prefix / "include/outrigger").iterdir() if path.is_dir()),
                         ["core", "logging", "resilience"])
        self.assertFalse((prefix / "include/outrigger/logging/shipping/spool.hpp").exists())
        program = self.folder / "whole.cpp"
        program.write_text("#include <outrigger/outrigger.hpp>\nint main() { return outrigger::Duration{}.count(); }\n")
        must([COMPILER, "-std=c++20", "-fsyntax-only", f"-I{prefix}/include", program])
        self.assertIn("outrigger's component 'metrics' is not installed in",
                      self.refused("partial", COMPONENTS="metrics", CMAKE_PREFIX_PATH=prefix))


if __name__ == "__main__":
    requirements.FILE_SECONDS = STEP_SECONDS
    requirements.main("cmake", "ninja", "pkg-config", "ldd", outrigger=False)
