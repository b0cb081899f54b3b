#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py's own tests: what becomes of a program with a bug in it, and of a bug without its text."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import mutants
import mutate


class MutateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.root)

    def caught_by(self, body: str, runs=1) -> str:
        program = self.root / "tests"
        program.write_text(f"#!{sys.executable} -SE\nimport os, sys, time\n"
                           f"def say(*text): print(*text, flush=True)\n{body}")
        program.chmod(0o755)
        return mutate.caught_by(program, runs)

    def test_the_first_test_that_fails_caught_it(self):
        self.assertEqual(self.caught_by("say('[ RUN      ] A.b')\nsay('[  FAILED  ] A.b (0 ms)')\n"
                                        "say('[  FAILED  ] A.c (0 ms)')\nsys.exit(1)"), "A.b")

    def test_a_crash_is_caught_by_the_test_that_ran(self):
        self.assertEqual(self.caught_by("say('[ RUN      ] A.b')\nsay('[ RUN      ] A.c')\nos.abort()"),
                         "A.c (SIGABRT)")
        self.assertEqual(self.caught_by("os.abort()"), "the start (SIGABRT)")

    def test_a_hang_is_caught_by_its_timeout(self):
        self.addCleanup(setattr, mutate, "RUN_SECONDS", mutate.RUN_SECONDS)
        mutate.RUN_SECONDS = 0.5
        self.assertEqual(self.caught_by("say('[ RUN      ] A.b')\ntime.sleep(60)"), "A.b (no end within 0.5 s)")

    def test_a_bug_survives_if_all_passes_every_time(self):
        self.assertEqual(self.caught_by("say('[ RUN      ] A.b')", runs=3), mutate.SURVIVED)
        late = "open('runs', 'a').write('x')\nsys.exit(len(open('runs').read()) == 2 and say('[  FAILED  ] A.b') or 0)"
        self.assertEqual(self.caught_by(late, runs=3), "A.b")
        self.assertEqual((self.root / "runs").read_text(), "xx")

    def test_the_text_must_be_there_once(self):
        bug = mutants.Mutant("a.cpp", "less", ("a_test",), "<", ">")
        (self.root / "a.cpp").write_text("a < b")
        self.assertEqual(mutate.mutated(bug), "a > b")
        for text in ("a == b", "a < b < c"):
            (self.root / "a.cpp").write_text(text)
            with self.assertRaisesRegex(ValueError, "expected once"):
                mutate.mutated(bug)

    def test_a_sample_is_spread_over_all(self):
        numbers = [number for number, _ in mutate.chosen(["--sample", "5"])]
        self.assertEqual(len(numbers), 5)
        self.assertEqual(numbers[0], 0)
        self.assertGreater(numbers[-1], len(mutants.MUTANTS) * 3 // 5)
        self.assertEqual(len(mutate.chosen([])), len(mutants.MUTANTS))

    def test_every_bug_says_something_of_its_own(self):
        self.assertGreaterEqual(len(mutants.MUTANTS), 24)
        self.assertEqual(len({(bug.path, bug.what) for bug in mutants.MUTANTS}), len(mutants.MUTANTS))
        self.assertEqual([bug.what for bug in mutants.MUTANTS if bug.old == bug.new or not bug.tests], [])


if __name__ == "__main__":
    unittest.main()
