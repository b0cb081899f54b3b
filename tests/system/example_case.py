# SPDX-License-Identifier: Apache-2.0
"""What the tests of examples share: servers that print their port, log to stdout, and end in order on SIGTERM."""
import json
import os
import pathlib
import signal
import subprocess
import unittest

from program import PATIENCE, die_with_parent

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def example(name: str) -> str:
    """The program, of those that OUTRIGGER_EXAMPLES names."""
    return next(path for path in os.environ["OUTRIGGER_EXAMPLES"].split(":") if pathlib.Path(path).name == name)


class ExampleCase(unittest.TestCase):
    def serve(self, name: str, *arguments):
        self.server = subprocess.Popen([example(name), *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                                       preexec_fn=die_with_parent)
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        self.port = int(self.server.stdout.readline())

    def end(self) -> list[dict]:
        """Its log."""
        self.server.send_signal(signal.SIGTERM)
        said = self.server.communicate(timeout=PATIENCE)[0]
        self.assertEqual(self.server.returncode, 0, said)
        return [json.loads(line) for line in said.splitlines()]

    def call(self, name: str, *arguments) -> list[str]:
        """What a client says, line by line."""
        done = subprocess.run([example(name), *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()
