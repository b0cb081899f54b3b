#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_tests.py's own tests, with a pretended cmake and ctest as the only programs on the path."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "run_tests.py"

CMAKE = """
arguments = sys.argv[1:]
open("calls", "a").write(" ".join(["cmake", *arguments]) + "\\n")
if arguments[0] == "--preset":
    os.makedirs(f"build/{arguments[1]}", exist_ok=True)
    open(f"build/{arguments[1]}/build.ninja", "w").close()
sys.exit(1 if " ".join(arguments) == os.environ.get("CMAKE_FAILS") else 0)
"""

# Three tests: one passes, one is skipped, one does what CTEST_SECOND says.
CTEST = """
arguments = sys.argv[1:]
open("calls", "a").write(" ".join(["ctest", *arguments]) + "\\n")
second = os.environ.get("CTEST_SECOND", "run")
message = os.environ.get("CTEST_MESSAGE", "")
with open(arguments[arguments.index("--output-junit") + 1], "w") as report:
    report.write(f'''<testsuite>
<testcase name="a" status="run"><system-out>x</system-out></testcase>
<testcase name="b" status="{second}"><skipped message="{message}"/><system-out></system-out></testcase>
<testcase name="c" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>first
SKIPPED: no Node here
</system-out></testcase></testsuite>''')
print("1/3 Test #1: a ... Passed")
print("67% tests passed, 0 tests failed out of 3")
print("Total Test time (real) = 1.00 sec")
sys.exit(8 if second != "run" else 0)
"""


class RunTestsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.program("bin/cmake", CMAKE)
        self.program("bin/ctest", CTEST)
        (self.root / "CMakePresets.json").write_text("{}")

    def program(self, path: str, body: str):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"#!{sys.executable} -SE\nimport os, sys\n{body}")
        target.chmod(0o755)

    def run_tests(self, *arguments, **environment):
        command = [sys.executable, str(TOOL), *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True,
                              env={"PATH": str(self.root / "bin"), **environment})
        return done.returncode, done.stdout, done.stderr

    def calls(self) -> str:
        return (self.root / "calls").read_text()

    def forget_calls(self):
        (self.root / "calls").unlink()

    # ---- One preset

    def test_the_closing_lines_of_ctest_come_last_after_the_skipped(self):
        code, output, _ = self.run_tests()
        self.assertEqual(code, 0)
        self.assertEqual(output.splitlines(), [
            "1/3 Test #1: a ... Passed", "Skipped (1):", "  c: no Node here",
            "67% tests passed, 0 tests failed out of 3", "Total Test time (real) = 1.00 sec"])

    def test_what_setup_skipped_is_listed_too(self):
        (self.root / "setup.log").write_text("installing x\nSKIPPED: package wrk is gone\n")
        _, output, _ = self.run_tests(SETUP_LOG="setup.log")
        self.assertIn("Skipped (2):\n  setup: package wrk is gone\n  c: no Node here\n", output)

    def test_arguments_reach_ctest_and_long_tests_are_left_out(self):
        self.run_tests("-R", "breaker")
        self.assertIn("-LE ^all_only$ -R breaker\n", self.calls())
        self.assertIn("--timeout 300", self.calls())

    def test_a_second_run_configures_only_after_a_change_of_the_presets(self):
        self.run_tests()
        self.assertIn("cmake --preset dev\n", self.calls())
        self.forget_calls()
        self.run_tests()
        self.assertNotIn("--preset", self.calls())
        made = (self.root / "build/dev/build.ninja").stat().st_mtime
        os.utime(self.root / "CMakePresets.json", (made + 1, made + 1))
        self.forget_calls()
        self.run_tests()
        self.assertIn("cmake --preset dev\n", self.calls())

    def test_a_failed_build_is_one_line_and_runs_no_test(self):
        code, output, errors = self.run_tests(CMAKE_FAILS="--build build/dev")
        self.assertEqual((code, output), (1, ""))
        self.assertEqual(errors, "scripts/test: building preset dev failed (cmake ended with 1)\n")
        self.assertNotIn("ctest", self.calls())

    def test_a_failed_test_fails_the_run(self):
        self.assertEqual(self.run_tests(CTEST_SECOND="fail")[0], 1)

    def test_a_test_whose_program_is_missing_is_not_skipped_but_failed(self):
        code, output, _ = self.run_tests(CTEST_SECOND="notrun", CTEST_MESSAGE="Unable to find executable")
        self.assertEqual(code, 1)
        self.assertIn("Skipped (1):", output)

    def test_a_ctest_without_a_report_fails_the_run(self):
        self.program("bin/ctest", "sys.exit(0)")
        code, _, errors = self.run_tests()
        self.assertEqual(code, 1)
        self.assertIn("no report from ctest", errors)

    # ---- All stages

    def test_all_stages_run_and_one_line_closes_them(self):
        code, output, _ = self.run_tests("--all")
        self.assertEqual(code, 0)
        for stage in ("dev", "asan", "tsan", "release"):
            self.assertRegex(output, rf"\n{stage} +passed +\d+\.\d +2 +0 +1\n")
        self.assertRegex(output, r"\nclang +skipped")
        self.assertRegex(output, r"\nfuzz +skipped")
        self.assertRegex(output, r"\ncoverage +skipped")
        self.assertRegex(output, r"\nmutation +skipped")
        self.assertIn("Skipped (8):", output)
        self.assertIn("  clang: clang++-19 is not installed\n", output)
        self.assertEqual(output.splitlines()[-1], "8 passed, 0 failed, 8 skipped")

    def test_only_the_release_stage_runs_the_long_tests(self):
        self.run_tests("--all")
        runs = [line for line in self.calls().splitlines() if "ctest" in line]
        runs = {line.split("build/")[1].split()[0]: line for line in runs}
        self.assertNotIn("-LE", runs["release"])
        self.assertTrue(all("all_only" in line for preset, line in runs.items() if preset != "release"))

    def test_a_failed_stage_does_not_hide_the_others(self):
        code, output, _ = self.run_tests("--all", CMAKE_FAILS="--build build/dev")
        self.assertEqual(code, 1)
        self.assertIn("scripts/test: dev: building preset dev failed (cmake ended with 1)\n", output)
        self.assertRegex(output, r"\ndev +failed +\d+\.\d +0 +1 +0\n")
        self.assertEqual(output.splitlines()[-1], "6 passed, 1 failed, 7 skipped")

    def test_failed_tests_are_summed_up(self):
        code, output, _ = self.run_tests("--all", CTEST_SECOND="fail")
        self.assertEqual(code, 1)
        self.assertEqual(output.splitlines()[-1], "4 passed, 4 failed, 8 skipped")

    # ---- Fuzzing

    def furnish_fuzzing(self, fuzzer: str):
        self.program("bin/clang++-19", "print(os.getcwd())")
        (self.root / "lib/linux").mkdir(parents=True)
        (self.root / "lib/linux/libclang_rt.fuzzer-x86_64.a").touch()
        (self.root / "tests/fuzz/corpus/head").mkdir(parents=True)
        (self.root / "tests/fuzz/head.cpp").touch()
        self.program("build/fuzz/tests/head", fuzzer)

    def test_each_fuzz_target_runs_with_its_seeds_for_its_time(self):
        self.furnish_fuzzing('open("calls", "a").write(" ".join(["head", *sys.argv[1:]]) + "\\n")')
        code, output, _ = self.run_tests("--all", FUZZ_SECONDS="7")
        self.assertEqual(code, 0)
        self.assertIn("cmake --build build/fuzz --target head\n", self.calls())
        self.assertRegex(self.calls(), r"head -max_total_time=7 .*fuzz/corpus/head tests/fuzz/corpus/head\n")
        self.assertRegex(output, r"\nfuzz +passed +\d+\.\d +1 +0 +0\n")

    def test_a_crash_is_saved_and_printed(self):
        self.furnish_fuzzing('open("build/fuzz/crashes/head/crash-1", "w").write("x")\n'
                             'print("Base64: eA==")\nsys.exit(77)')
        code, output, _ = self.run_tests("--all")
        self.assertEqual(code, 1)
        self.assertIn("fuzz head: ended with 77; saved: build/fuzz/crashes/head/crash-1\n", output)
        self.assertIn("\n    Base64: eA==\n", output)
        self.assertRegex(output, r"\nfuzz +failed +\d+\.\d +0 +1 +0\n")

    def test_a_target_without_seeds_fails(self):
        self.furnish_fuzzing("")
        (self.root / "tests/fuzz/corpus/head").rmdir()
        code, output, _ = self.run_tests("--all")
        self.assertEqual(code, 1)
        self.assertIn("no seeds in tests/fuzz/corpus/head", output)


if __name__ == "__main__":
    unittest.main()
