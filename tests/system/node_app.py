# SPDX-License-Identifier: Apache-2.0
"""app.mjs, an application on node:http, as a process."""
import pathlib
import subprocess

from program import die_with_parent

FOLDER = pathlib.Path(__file__).parent


class NodeApp:
    def __init__(self, port: int = 0):
        self.process = subprocess.Popen(["node", FOLDER / "app.mjs", str(port)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"app.mjs ended with {self.process.wait()}")
        self.port = int(line)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
