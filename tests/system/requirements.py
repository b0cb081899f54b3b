# SPDX-License-Identifier: Apache-2.0
"""What a test file needs from the machine, and how it says that something is missing."""
import faulthandler
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(sys.argv[0]).resolve().parent   # of the calling file: its modules lie beside it
SKIPPED = 77                 # ctest's SKIP_RETURN_CODE
NODE_LEAST = (20, 19)
FILE_SECONDS = 115           # below ctest's TIMEOUT, so that a hang shows where it is


def node_fault() -> str:
    node = shutil.which("node")
    if not node:
        return "node is not installed"
    text = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    numbers = re.match(r"v(\d+)\.(\d+)", text)
    if not numbers or tuple(map(int, numbers.groups())) < NODE_LEAST:
        return f"node is {text or 'unknown'}, at least {'.'.join(map(str, NODE_LEAST))} is needed"
    return ""


def python_with(module: str) -> str:
    """An interpreter that has it, or ''. Debian's packages are for Debian's own Python, which need not be this one."""
    for python in (sys.executable, "/usr/bin/python3"):
        found = subprocess.run([python, "-c", f"import {module}"], capture_output=True) if shutil.which(python) else None
        if found and found.returncode == 0:
            return python
    return ""


def fault(program: str) -> str:
    """'' or what is missing."""
    if program == "node":
        return node_fault()
    if program.startswith("npm "):
        module = FOLDER / "node_modules" / program.removeprefix("npm ")
        return "" if module.is_dir() else f"{program} is not installed (scripts/setup test)"
    if program.startswith("python "):
        module = program.removeprefix("python ")
        return "" if python_with(module) else f"python3-{module.replace('_', '-')} is not installed"
    return "" if shutil.which(program) else f"{program} is not installed"


def skip(test: unittest.TestCase, why: str):
    """Skips one test, in the words that the summary of all tests counts."""
    print(f"SKIPPED: {test.id().removeprefix('__main__.')}: {why}", flush=True)
    test.skipTest(why)


def main(*needed: str, outrigger: bool = True):
    """Runs the calling file's tests, or exits with 77 when one of the needed programs is missing. `outrigger`: whether
    they run the program itself."""
    file = pathlib.Path(sys.argv[0]).resolve()
    name = f"{file.parent.name}_{file.stem.removesuffix('_test')}"           # as ctest calls it
    missing = [why for why in map(fault, needed) if why]
    if missing:
        print(f"SKIPPED: {name}: {'; '.join(missing)}")
        sys.exit(SKIPPED)
    if outrigger and not os.environ.get("OUTRIGGER_PROGRAM"):
        print(f"{name}: OUTRIGGER_PROGRAM must name the outrigger program", file=sys.stderr)
        sys.exit(2)
    faulthandler.dump_traceback_later(FILE_SECONDS, exit=True)
    unittest.main(verbosity=2)
