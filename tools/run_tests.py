#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the tests; scripts/test calls it when everything it needs is installed.

Usage: run_tests.py [CTEST ARGUMENTS]   preset dev without the long tests; ctest's closing lines come last
       run_tests.py --all               every stage, whatever becomes of the others; a table, a closing line

FUZZ_SECONDS (60) is how long each fuzz target runs. SETUP_LOG names a file whose SKIPPED: lines count too.
"""
import concurrent.futures
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree
from dataclasses import dataclass, field

JOBS = 2
TEST_SECONDS = 300                      # what one test may take if it does not say so itself
LONG = "^all_only$"                     # the label of soak, kill and other long tests
LONG_OR_SCRIPT = "^(all_only|tools|consumer)$"   # under sanitizers: only what the compiler built
CLANG = "clang++-19"
SKIP_CODE = 77
FUZZ_GRACE_SECONDS = 120                # for reading the seeds and for the last input
CLOSING = re.compile(r"^\d+% tests passed, \d+ tests failed out of \d+")


@dataclass
class Result:
    stage: str
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    fault: str = ""                     # why the stage itself failed, in one line
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        if self.fault or self.failed:
            return "failed"
        return "passed" if self.passed else "skipped"


# ---- Building

def configured(preset: str) -> bool:
    """Whether `cmake --preset` has nothing to do: the build itself notices all changes but the presets'."""
    made, presets = pathlib.Path("build", preset, "build.ninja"), pathlib.Path("CMakePresets.json")
    return made.exists() and made.stat().st_mtime >= presets.stat().st_mtime


def build(preset: str, targets=()) -> str:
    """'' or what went wrong."""
    if not configured(preset):
        code = subprocess.run(["cmake", "--preset", preset]).returncode
        if code:
            return f"configuring preset {preset} failed (cmake ended with {code})"
        pathlib.Path("build", preset, "build.ninja").touch()
    chosen = ["--target", *targets] if targets else []
    code = subprocess.run(["cmake", "--build", f"build/{preset}", *chosen]).returncode
    return f"building preset {preset} failed (cmake ended with {code})" if code else ""


# ---- ctest

def run_ctest(preset: str, arguments: list[str], result: Result) -> list[str]:
    """Runs ctest, prints what it says and fills the result; returns its closing lines, not yet printed."""
    report = pathlib.Path("build", preset, "tests.xml").absolute()
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", f"-j{JOBS}", "--timeout",
               str(TEST_SECONDS), "--no-tests=error", "--test-output-size-passed", "100000",
               "--output-junit", str(report), *arguments]
    closing: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as ctest:
        for line in ctest.stdout:
            if closing or CLOSING.match(line):
                closing.append(line)
            else:
                print(line, end="", flush=True)
    read_report(report, result)
    if ctest.returncode and not result.failed:
        result.fault = f"ctest ended with {ctest.returncode}"
    return closing


def read_report(report: pathlib.Path, result: Result):
    """Counts the tests. One that did not run is skipped if it said so (77) or is disabled, else failed."""
    try:
        tests = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        result.fault = f"no report from ctest: {error}"
        return
    for test in tests:
        name, status, output = test.get("name", "?"), test.get("status"), test.findtext("system-out") or ""
        # Not only at a line's beginning: unittest prints a test's name first.
        reasons = re.findall(r"\bSKIPPED: *(.*?)\s*$", output, re.MULTILINE)
        message = test.find("skipped").get("message", "") if test.find("skipped") is not None else ""
        if status == "run":
            result.passed += 1
            result.skipped += [f"{name}: {reason}" for reason in reasons]
        elif status == "disabled" or message.startswith("SKIP_"):
            result.skipped.append(f"{name}: {reasons[0] if reasons else message or 'disabled'}")
        else:
            result.failed += 1


# ---- Stages

def test_stage(preset: str, arguments: list[str]):
    def run(result: Result):
        result.fault = build(preset)
        if not result.fault:
            print("".join(run_ctest(preset, arguments, result)), end="", flush=True)
    return run


def clang_stage(result: Result):
    if not shutil.which(CLANG):
        result.skipped.append(f"{CLANG} is not installed")
        return
    test_stage("clang", ["-L", "^(unit|scenario)$", "-LE", LONG])(result)


def fuzz_stage(result: Result):
    """Each tests/fuzz/TARGET.cpp is an executable TARGET with seeds in tests/fuzz/corpus/TARGET."""
    if not shutil.which(CLANG) or not fuzzer_runtime():
        result.skipped.append(f"{CLANG} or its fuzzer runtime is not installed")
        return
    targets = sorted(path.stem for path in pathlib.Path("tests/fuzz").glob("*.cpp"))
    result.fault = build("fuzz", targets) if targets else "no fuzz target in tests/fuzz"
    if result.fault:
        return
    with concurrent.futures.ThreadPoolExecutor(max_workers=JOBS) as pool:
        for target, fault in zip(targets, pool.map(fuzz, targets)):
            print(f"fuzz {target}: {fault or 'passed'}", flush=True)
            result.failed += bool(fault)
            result.passed += not fault


def fuzzer_runtime() -> list[str]:
    folder = subprocess.run([CLANG, "-print-resource-dir"], capture_output=True, text=True).stdout.strip()
    return glob.glob(f"{folder}/lib/*/libclang_rt.fuzzer*.a")


def fuzz(target: str) -> str:
    """'' or what went wrong; the input that crashed it stays in build/fuzz/crashes."""
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    seeds = pathlib.Path("tests/fuzz/corpus", target)
    found = pathlib.Path("build/fuzz").rglob(target)
    programs = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    if not programs or not seeds.is_dir():
        return f"no program below build/fuzz, or no seeds in {seeds}"
    crashes, grown = pathlib.Path("build/fuzz/crashes", target), pathlib.Path("build/fuzz/corpus", target)
    for folder in (crashes, grown):
        folder.mkdir(parents=True, exist_ok=True)
    command = [str(programs[0]), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               f"-artifact_prefix={crashes}/", str(grown), str(seeds)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds + FUZZ_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no end {FUZZ_GRACE_SECONDS} s after its time"
    if done.returncode == 0:
        return ""
    tail = done.stdout.decode("utf-8", "replace").splitlines()[-40:]      # holds the input in Base64
    saved = ", ".join(str(path) for path in crashes.iterdir()) or "no input"
    return f"ended with {done.returncode}; saved: {saved}\n" + "\n".join(f"    {line}" for line in tail)


def coverage_stage(result: Result):
    """What the seeds of the fuzz targets cover."""
    tool = pathlib.Path(__file__).with_name("fuzz_coverage.py")
    done = subprocess.run([sys.executable, str(tool)], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode == SKIP_CODE:
        result.skipped += re.findall(r"^SKIPPED: *(.*?)\s*$", done.stdout, re.MULTILINE)
    elif done.returncode:
        result.fault = f"{tool.name} ended with {done.returncode}"
    else:
        result.passed += 1


def mutation_stage(result: Result):
    """Deliberate bugs in the policies: a test must notice each."""
    tool = pathlib.Path(__file__).with_name("mutate.py")
    with subprocess.Popen([sys.executable, str(tool)], stdout=subprocess.PIPE, text=True) as check:
        for line in check.stdout:
            print(line, end="", flush=True)
            result.skipped += re.findall(r"^SKIPPED: *(.*?)\s*$", line)
            if counts := re.match(r"(\d+) of (\d+) bugs were caught", line):
                result.passed, result.failed = int(counts[1]), int(counts[2]) - int(counts[1])
    if check.returncode not in (0, SKIP_CODE) and not result.failed:
        result.fault = f"{tool.name} ended with {check.returncode}"


STAGES = {
    "dev": test_stage("dev", ["-LE", LONG]),
    "mutation": mutation_stage,
    "clang": clang_stage,
    "asan": test_stage("asan", ["-LE", LONG_OR_SCRIPT]),
    "tsan": test_stage("tsan", ["-LE", LONG_OR_SCRIPT]),
    "release": test_stage("release", []),
    "fuzz": fuzz_stage,
    "coverage": coverage_stage,
}


# ---- The two ways to run

def skipped_by_setup() -> list[str]:
    try:
        lines = pathlib.Path(os.environ.get("SETUP_LOG", "")).read_text().splitlines()
    except OSError:
        return []
    return [line.removeprefix("SKIPPED:").strip() for line in lines if line.startswith("SKIPPED:")]


def print_skipped(names: list[str]):
    if names:
        print(f"Skipped ({len(names)}):")
        for name in names:
            print(f"  {name}")


def run_dev(arguments: list[str]) -> int:
    result = Result("dev", skipped=[f"setup: {name}" for name in skipped_by_setup()])
    result.fault = build("dev")
    closing = [] if result.fault else run_ctest("dev", ["-LE", LONG, *arguments], result)
    print_skipped(result.skipped)
    print("".join(closing), end="", flush=True)
    if result.fault:
        print(f"scripts/test: {result.fault}", file=sys.stderr)
    return 1 if result.verdict == "failed" else 0


def run_all() -> int:
    results = [Result("setup", skipped=skipped_by_setup())]
    for stage, run in STAGES.items():
        print(f"\n==== {stage}", flush=True)
        results.append(Result(stage))
        start = time.monotonic()
        run(results[-1])
        results[-1].seconds = time.monotonic() - start
        if results[-1].fault:
            print(f"scripts/test: {stage}: {results[-1].fault}", flush=True)
    return summarise(results)


def summarise(results: list[Result]) -> int:
    print(f"\n{'Stage':<10}{'Result':<10}{'Seconds':>9}{'Passed':>9}{'Failed':>9}{'Skipped':>9}")
    for result in results[1:]:
        print(f"{result.stage:<10}{result.verdict:<10}{result.seconds:>9.1f}{result.passed:>9}"
              f"{result.failed + bool(result.fault):>9}{len(result.skipped):>9}")
    print_skipped([f"{result.stage}: {name}" for result in results for name in result.skipped])
    passed = sum(result.passed for result in results)
    failed = sum(result.failed + bool(result.fault) for result in results)
    skipped = sum(len(result.skipped) for result in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # Objects of one clone serve another one on the same machine: paths count relative to the clone.
    os.environ.setdefault("CCACHE_BASEDIR", os.getcwd())
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    try:
        sys.exit(run_all() if sys.argv[1:] == ["--all"] else run_dev(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
