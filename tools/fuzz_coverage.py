#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of the HTTP/1 parsers the seeds of the fuzz targets cover; fails below 95% of the lines.

Usage: fuzz_coverage.py [--missed]     --missed prints the lines that no seed reaches
Run in the repository's root. Builds the targets below build/coverage with clang's own coverage, and runs each one on
its seeds, once. Exit code 77: a tool, or a runtime library of the compiler, is missing."""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

LEAST = 95.0                           # per cent of the lines, of all files together and of each one
TARGETS = ("http1_request_fuzz", "http1_response_fuzz", "http1_chunked_fuzz")
FOLDER = pathlib.Path("sidecar/http1")
FILES = ("parser.cpp", "request_head.hpp", "response_head.hpp", "partial_head.hpp", "head_lines.hpp", "scan.hpp",
         "framing.hpp", "target.hpp", "body_decoder.cpp", "trailers.cpp")
COMPILER = "clang++-19"
TOOLS = (COMPILER, "llvm-profdata-19", "llvm-cov-19")
LIBRARIES = ("libclang_rt.fuzzer", "libclang_rt.profile")
BUILD = pathlib.Path("build/coverage")
SKIPPED = 77


def run(*command, **more) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, **more)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        sys.exit(f"fuzz_coverage: {command[0]} ended with {done.returncode}")
    return done.stdout


def build() -> list[pathlib.Path]:
    run("cmake", "--preset", "coverage")
    run("cmake", "--build", BUILD, "--target", *TARGETS)
    return [next(path for path in BUILD.rglob(target) if path.is_file()) for target in TARGETS]


def profile(programs: list[pathlib.Path]) -> pathlib.Path:
    """Runs each target on its seeds only."""
    merged, parts = BUILD / "seeds.profdata", []
    for program in programs:
        parts.append(BUILD / f"{program.name}.profraw")
        run(program.absolute(), "-runs=0", pathlib.Path("tests/fuzz/corpus", program.name), stderr=subprocess.DEVNULL,
            env={**os.environ, "LLVM_PROFILE_FILE": str(parts[-1])})
    run("llvm-profdata-19", "merge", "-o", merged, *parts)
    return merged


def cover(command: str, programs: list[pathlib.Path], profile_data: pathlib.Path, *more) -> str:
    objects = [argument for program in programs[1:] for argument in ("-object", program)]
    return run("llvm-cov-19", command, programs[0], *objects, "-instr-profile", profile_data, *more,
               *(FOLDER / name for name in FILES), stderr=subprocess.DEVNULL)      # the targets share names


def report(programs: list[pathlib.Path], profile_data: pathlib.Path) -> bool:
    """Prints the table; whether all is well."""
    found = json.loads(cover("export", programs, profile_data, "-summary-only"))["data"][0]
    rows = {pathlib.Path(entry["filename"]).name: entry["summary"]["lines"] for entry in found["files"]}
    rows["all"] = found["totals"]["lines"]
    well = True
    print(f"{'File':<22}{'Lines':>7}{'Covered':>9}{'Per cent':>10}")
    for name in (*FILES, "all"):
        lines = rows.get(name, {"count": 0, "covered": 0, "percent": 0.0})
        enough = lines["percent"] >= LEAST
        well = well and enough
        print(f"{name:<22}{lines['count']:>7}{lines['covered']:>9}{lines['percent']:>10.1f}"
              f"{'' if enough else '  too little'}")
    return well


def print_missed(programs: list[pathlib.Path], profile_data: pathlib.Path):
    for line in cover("show", programs, profile_data).splitlines():
        if line.startswith("/") or re.match(r"^ *\d+\| +0\|", line):
            print(line)


def missing_here() -> list[str]:
    """The tools, or, with them, the compiler's libraries that are not installed."""
    if tools := [tool for tool in TOOLS if not shutil.which(tool)]:
        return tools
    folder = subprocess.run([COMPILER, "-print-resource-dir"], capture_output=True, text=True).stdout.strip()
    return [library for library in LIBRARIES if not glob.glob(f"{folder}/lib/*/{library}*.a")]


def main() -> int:
    if missing := missing_here():
        print(f"SKIPPED: coverage by fuzz seeds: {', '.join(missing)} not installed")
        return SKIPPED
    programs = build()
    profile_data = profile(programs)
    well = report(programs, profile_data)
    if "--missed" in sys.argv[1:]:
        print_missed(programs, profile_data)
    if not well:
        print(f"fuzz_coverage: below {LEAST} %; --missed shows the lines. Seeds are in tests/fuzz/corpus.",
              file=sys.stderr)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
