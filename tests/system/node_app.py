# SPDX-License-Identifier: Apache-2.0
"""Programs on Node as processes: applications that print where they listen, and callers that check what they get."""
import pathlib
import subprocess

from program import die_with_parent

FOLDER = pathlib.Path(__file__).parent


class NodeApp:
    """app.mjs, or the given script with arguments; the last argument is a port, or the path of a unix socket."""

    def __init__(self, where=0, script: str = "app.mjs", *arguments: str):
        self.process = subprocess.Popen(["node", FOLDER / script, *arguments, str(where)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        line = self.process.stdout.readline().strip()
        if not line:
            raise AssertionError(f"{script} ended with {self.process.wait()}")
        self.port = f"unix:{line}" if line.startswith("/") else int(line)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def checks_of(script: str, *arguments: str, seconds: float = 90) -> tuple[list[str], int]:
    """Runs a calling script; the checks that failed, and the number of all."""
    done = subprocess.run(["node", FOLDER / script, *arguments], capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    if done.returncode or done.stderr:
        raise AssertionError(f"{script} {arguments} ended with {done.returncode}: {done.stderr}\n{done.stdout}")
    *faults, count = done.stdout.splitlines()
    return faults, int(count)
