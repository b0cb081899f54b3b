#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our circuit breaker beside those of cockatiel and opossum: circuit_test.py CIRCUIT_VERDICTS

The same sequences of events for all; every difference belongs to a class that is explained and wanted.
OUTRIGGER_SEED, 1 unless given, chooses the sequences; OUTRIGGER_CASES says how many there are."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
import requirements                                                          # noqa: E402

FOLDER = pathlib.Path(__file__).parent
SEED = os.environ.get("OUTRIGGER_SEED", "1")
CASES = os.environ.get("OUTRIGGER_CASES", "1000")
LIBRARIES = ["cockatiel ConsecutiveBreaker", "cockatiel CountBreaker", "cockatiel SamplingBreaker", "opossum"]
LEAST_ALIKE = 0.2            # else the sequences say little


class CircuitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = ["node", "--no-warnings", FOLDER / "circuit_cross_check.mjs", PROGRAM, SEED, CASES]
        cls.result = subprocess.run(command, capture_output=True, text=True, timeout=110)
        print(f"seed {SEED}\n{cls.result.stdout}{cls.result.stderr}", flush=True)

    def test_every_difference_is_explained(self):
        self.assertEqual(self.result.returncode, 0)
        self.assertNotIn("UNEXPLAINED", self.result.stdout)

    def test_all_libraries_were_compared_and_often_agree(self):
        found = re.findall(r"^(\w.*): (\d+) sequences of 200 events: (\d+) sequences alike, (\d+) steps differ, "
                           r"0 unexplained$", self.result.stdout, re.MULTILINE)
        self.assertEqual([library for library, *_ in found], LIBRARIES)
        for library, sequences, alike, differing in found:
            self.assertEqual(sequences, CASES)
            self.assertGreater(int(alike), LEAST_ALIKE * int(CASES), library)
            self.assertLess(int(differing), 0.2 * 200 * int(CASES), library)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    requirements.main("node", "npm cockatiel", "npm opossum", outrigger=False)
