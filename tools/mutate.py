#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation check: each deliberate bug of mutants.py is put into a copy of its file, and a test must notice.

Usage: mutate.py [WORD ...]    those whose file or description has one of the words; without words: all
       mutate.py --sample N    every so many that N remain
       mutate.py --check       only: is the text of each still there, exactly once?

Builds the resilience tests of the preset dev. For each bug it compiles only what includes the changed file of the
library and of the tests that should notice, in build/mutation, and runs those. Prints a table: the bug, and who caught
it. Exits 1 if one survives, does not compile, or no longer has its text; 77
without ninja.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import run_tests
from mutants import MUTANTS, Mutant

JOBS = 2
RUN_SECONDS = 30                        # for one program with one bug; more is a hang, and so caught
THREAD_RUNS = 20                        # a bug between threads shows by chance: so often it may hide
MEMORY_BYTES = 4 << 30
PROGRAMS = ("unit_resilience", "scenario_resilience")
ROOMS = ("resilience/", "tests/unit/resilience/", "tests/scenario/resilience/")
SURVIVED = "SURVIVED"


class Build:
    """The objects of the preset dev: how each is compiled, and from what."""

    def __init__(self, folder="build/dev"):
        self.root, self.folder = pathlib.Path.cwd(), pathlib.Path(folder)
        self.commands = {}              # source -> (words of its command, its object)
        for entry in json.loads(self.ninja("-t", "compdb")):
            source = os.path.relpath(entry["file"], self.root)
            if source.startswith(ROOMS) and entry["output"].endswith(".o"):
                self.commands[source] = (shlex.split(entry["command"]), entry["output"])
        self.includes = self.read_includes()
        link = shlex.split(self.ninja("-t", "commands", self.path_of(PROGRAMS[0])).splitlines()[-1])
        after = link[link.index("-o") + 2:]
        self.libraries = [word for word in after if word.startswith("-") or os.path.isabs(word)]
        self.linker = [word for word in link[:link.index("-o")] if word.startswith("-fuse-ld")]

    def ninja(self, *arguments) -> str:
        done = subprocess.run(["ninja", "-C", str(self.folder), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.removeprefix(f"ninja: Entering directory `{self.folder}'\n")

    def path_of(self, program: str) -> str:
        kind = program.split("_")[0]
        return f"tests/{kind}/resilience/{program}"

    def read_includes(self) -> dict[str, set[str]]:
        """Object -> the files of this repository that it was compiled from."""
        found, name = {}, ""
        for line in self.ninja("-t", "deps").splitlines():
            if line and not line.startswith(" "):
                name = line.split(":")[0]
                found[name] = set()
            elif line.strip() and not line.strip().startswith("/usr/"):
                path = os.path.normpath(self.root / self.folder / line.strip())
                found[name].add(os.path.relpath(path, self.root))
        return found

    def depends(self, source: str, path: str) -> bool:
        return path in self.includes.get(self.commands[source][1], ())


def mutated(mutant: Mutant) -> str:
    """The text of its file with the bug; a ValueError says why there is none."""
    text = pathlib.Path(mutant.path).read_text()
    times = text.count(mutant.old)
    if times != 1:
        raise ValueError(f"its text is there {times} times, expected once")
    return text.replace(mutant.old, mutant.new)


def verdict(build: Build, number: int, mutant: Mutant) -> str:
    """Who caught it; SURVIVED; or what is wrong with the mutant."""
    overlay = build.root / "build/mutation" / str(number)
    shutil.rmtree(overlay, ignore_errors=True)
    try:
        copy = overlay / mutant.path
        copy.parent.mkdir(parents=True)
        copy.write_text(mutated(mutant))
        objects = [compiled(build, overlay, mutant.path, source) for source in parts_of(build, mutant)]
        program = overlay / "tests"
        link = ["c++", *build.linker, *objects, "-o", str(program), *build.libraries]
        done = subprocess.run(link, capture_output=True, text=True)
        if done.returncode:
            raise ValueError("it does not link: " + done.stderr.strip()[:300])
        return caught_by(program, THREAD_RUNS if any("threads" in test for test in mutant.tests) else 1)
    except ValueError as fault:
        return f"NO MUTANT: {fault}"
    finally:
        shutil.rmtree(overlay, ignore_errors=True)


def parts_of(build: Build, mutant: Mutant) -> list[str]:
    """The library, and the tests that should notice."""
    library = [source for source in build.commands if source.startswith("resilience/")]
    tests = [f"tests/{os.path.dirname(name) or 'unit'}/resilience/{os.path.basename(name)}.cpp" for name in mutant.tests]
    for test in tests:
        if test not in build.commands:
            raise ValueError(f"there is no test {test}")
    return library + tests


def compiled(build: Build, overlay: pathlib.Path, path: str, source: str) -> str:
    """The object of this source: of the preset dev if the bug cannot be in it."""
    words, output = build.commands[source]
    if not build.depends(source, path):
        return str(build.root / build.folder / output)
    target = overlay / (source.replace("/", "-") + ".o")
    here = str(overlay / source) if source == path else str(build.root / source)
    if os.path.basename(words[0]) == "ccache":
        words = words[1:]
    command = [words[0], f"-I{overlay}/include", *words[1:words.index("-o")], "-w", "-g0", "-o", str(target), "-c", here]
    command = [word for position, word in enumerate(command)
               if not word.startswith("-M") and command[position - 1] not in ("-MT", "-MF")]
    if ccache := shutil.which("ccache"):
        command = [ccache, *command]
    done = subprocess.run(command, cwd=build.root / build.folder, capture_output=True, text=True)
    if done.returncode:
        raise ValueError("it does not compile: " + done.stderr.strip()[:600])
    return str(target)


def caught_by(program: pathlib.Path, runs: int) -> str:
    for _ in range(runs):
        found = run(program)
        if found != SURVIVED:
            return found
    return SURVIVED


def run(program: pathlib.Path) -> str:
    command = [str(program), "--gtest_fail_fast", "--gtest_color=no"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          cwd=program.parent, preexec_fn=limit) as tests:
        try:
            output, _ = tests.communicate(timeout=RUN_SECONDS)
            ending = ""
        except subprocess.TimeoutExpired:
            tests.kill()
            output, _ = tests.communicate()
            ending = f" (no end within {RUN_SECONDS} s)"
    failed = re.findall(r"^\[  FAILED  \] (\w+\.\w+)", output, re.MULTILINE)
    if failed:
        return failed[0]
    if tests.returncode == 0 and not ending:
        return SURVIVED
    begun = re.findall(r"^\[ RUN      \] (\w+\.\w+)", output, re.MULTILINE)
    if not ending:
        ending = f" ({signal.Signals(-tests.returncode).name})" if tests.returncode < 0 else " (ended early)"
    return (begun[-1] if begun else "the start") + ending


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def without_bugs_all_passes() -> bool:
    for program in PROGRAMS:
        path = f"build/dev/tests/{program.split('_')[0]}/resilience/{program}"
        if subprocess.run([path, "--gtest_brief=1"], stdout=subprocess.DEVNULL).returncode:
            print(f"mutate.py: {program} fails without any bug", file=sys.stderr)
            return False
    return True


def check_texts() -> int:
    faults = []
    for mutant in MUTANTS:
        try:
            mutated(mutant)
        except (OSError, ValueError) as fault:
            faults.append(f"{mutant.path}: error: the bug '{mutant.what}': {fault}")
    print("\n".join(faults + [f"{len(MUTANTS)} bugs, {len(faults)} without their text"]))
    return 1 if faults else 0


def chosen(arguments: list[str]) -> list[tuple[int, Mutant]]:
    numbered = list(enumerate(MUTANTS))
    if arguments[:1] == ["--sample"]:
        step = len(numbered) / min(int(arguments[1]), len(numbered))
        return [numbered[int(index * step)] for index in range(round(len(numbered) / step))]
    return [(number, mutant) for number, mutant in numbered
            if not arguments or any(word in mutant.path + mutant.what for word in arguments)]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return check_texts()
    if not shutil.which("ninja"):
        print("SKIPPED: ninja is not installed")
        return run_tests.SKIP_CODE
    fault = run_tests.build("dev", PROGRAMS)
    if fault or not without_bugs_all_passes():
        print(f"mutate.py: {fault}", file=sys.stderr)
        return 1
    build, mutants, start = Build(), chosen(arguments), time.monotonic()
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=JOBS) as pool:
        verdicts = pool.map(lambda one: verdict(build, *one), mutants)
        for (_, mutant), found in zip(mutants, verdicts):
            is_wrong = found == SURVIVED or found.startswith("NO MUTANT")
            wrong += is_wrong
            print(f"{pathlib.Path(mutant.path).name:<20} {mutant.what:<70} {found}", flush=True)
    print(f"{len(mutants) - wrong} of {len(mutants)} bugs were caught in {time.monotonic() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.setdefault("CCACHE_BASEDIR", os.getcwd())
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    sys.exit(main(sys.argv[1:]))
