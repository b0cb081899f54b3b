#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fences of the documents are code: they are checked like code.

Usage: check_fences.py [--root ROOT] --yaml PROGRAM            every ```yaml fence passes `PROGRAM check`
       check_fences.py [--root ROOT] --cpp COMPILER -- FLAGS   every ```cpp fence (README.md, docs/) compiles

Words after the language: `ignore` is skipped, but counted and printed; `yaml bad` must be refused (exit 2);
`cpp FILE#NAME` is a region of a file that is compiled where it lies: what stands there between the lines
`// [readme: NAME]` and `// [readme: end]`, less its indent.
A ```cpp fence with an #include is a whole file, any other a function's body after <outrigger/outrigger.hpp>.
While a fence is checked, variables `${NAME}` hold what document_variables.json says, else a placeholder (unset
in a bad one). README.md must hold a checked fence.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
from typing import NamedTuple

YAML_DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "deploy/**/*.md", "examples/**/*.md")
CPP_DOCUMENTS = ("README.md", "docs/**/*.md")
CHECK_SECONDS, COMPILE_SECONDS = 10, 120
OPENING = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*([^`\n]*)$")
REGION = re.compile(r"([\w./-]+)#(\w+)")
VARIABLE = re.compile(r"\$\{(\w+)\}")
KNOWN_VARIABLES = pathlib.Path(__file__).with_name("document_variables.json")


class Fence(NamedTuple):
    path: str
    line: int           # of the first line inside
    language: str
    words: list[str]    # the rest of the info string
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}"


def fences_of(path: str, text: str) -> list[Fence]:
    """All fenced blocks, whatever their language; a block that is never closed ends with the document."""
    found, opened, body = [], None, []
    for number, line in enumerate(text.splitlines(), 1):
        if opened is None:
            if match := OPENING.match(line):
                opened, start, body = match, number + 1, []
            continue
        indent, marks, language, rest = opened.groups()
        if re.fullmatch(rf"[ \t]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*", line):
            found.append(Fence(path, start, language, rest.split(), "\n".join(body) + "\n"))
            opened = None
        else:
            body.append(line.removeprefix(indent))
    if opened is not None:
        found.append(Fence(path, start, opened[3], opened[4].split(), "\n".join(body) + "\n"))
    return found


def fences_in(root: pathlib.Path, patterns: tuple, language: str) -> list[Fence]:
    paths = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    found = []
    for path in paths:
        if "node_modules" not in path.parts:
            found += fences_of(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    return [fence for fence in found if fence.language == language]


def run(command: list, seconds: float, environment=None) -> tuple[int, str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds,
                              env={**os.environ, **(environment or {})})
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return -1, f"no end after {seconds} s"


def check_yaml(fence: Fence, program: str, folder: str) -> str:
    """'' or what is wrong."""
    file = pathlib.Path(folder) / f"{fence.path.replace('/', '-')}-{fence.line}.yaml"
    file.write_text(fence.text, "utf-8")
    expected = 2 if "bad" in fence.words else 0
    variables = {} if expected else dict.fromkeys(VARIABLE.findall(fence.text), "placeholder")
    variables |= json.loads(KNOWN_VARIABLES.read_text())
    code, output = run([program, "check", "-c", str(file)], CHECK_SECONDS, variables)
    if code == expected:
        return ""
    said = output.strip().replace(str(file), "fence") or "nothing"
    return f"`check` ended with {code} instead of {expected} and said:\n{said}"


def translation_unit(fence: Fence) -> str:
    origin = f'#line {fence.line} "{fence.path}"\n'
    if re.search(r"^[ \t]*#[ \t]*include\b", fence.text, re.MULTILINE):
        return origin + fence.text
    return "#include <outrigger/outrigger.hpp>\nvoid fence();\nvoid fence() {\n" + origin + fence.text + "}\n"


def region(root: pathlib.Path, file: str, name: str) -> str:
    """'' if there is none, or several."""
    marks = re.compile(rf"^[ \t]*// \[readme: {name}\]\n(.*?)^[ \t]*// \[readme: end\]$", re.MULTILINE | re.DOTALL)
    found = marks.findall((root / file).read_text("utf-8")) if (root / file).is_file() else []
    return textwrap.dedent(found[0]) if len(found) == 1 else ""


def check_region(fence: Fence, root: pathlib.Path, file: str, name: str) -> str:
    there = region(root, file, name)
    if not there:
        return f"{file} has no region [readme: {name}], or more than one"
    return "" if fence.text == there else f"differs from the region {name} of {file}, which is:\n{there}"


def check_cpp(fence: Fence, root: pathlib.Path, compiler: str, flags: list[str], folder: str) -> str:
    if match := next(filter(None, map(REGION.fullmatch, fence.words)), None):
        return check_region(fence, root, *match.groups())
    file = pathlib.Path(folder) / f"{fence.path.replace('/', '-')}-{fence.line}.cpp"
    file.write_text(translation_unit(fence), "utf-8")
    code, output = run([compiler, *flags, "-fsyntax-only", str(file)], COMPILE_SECONDS)
    return "" if code == 0 else f"does not compile:\n{output.strip()}"


def report(fences: list[Fence], check, language: str) -> int:
    """Checks all but the ignored ones, two at a time; prints each failure and one closing line."""
    ignored = [fence for fence in fences if "ignore" in fence.words]
    checked = [fence for fence in fences if "ignore" not in fence.words]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        faults = [(fence, fault) for fence, fault in zip(checked, pool.map(check, checked)) if fault]
    for fence in ignored:
        print(f"{fence}: ignored, as its info string says")
    for fence, fault in faults:
        print(f"{fence}: error: {fault}")
    right = len(checked) - len(faults)
    print(f"{language} fences: {right} right, {len(faults)} wrong, {len(ignored)} ignored")
    if not any(fence.path == "README.md" for fence in checked):
        print(f"README.md:1: error: no ```{language} fence to check; a newcomer starts with one")
        return 1
    return 1 if faults else 0


def main(arguments: list[str]) -> int:
    split = arguments.index("--") if "--" in arguments else len(arguments)
    own, flags = arguments[:split], arguments[split + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("."))
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--yaml", metavar="PROGRAM")
    mode.add_argument("--cpp", metavar="COMPILER")
    given = parser.parse_args(own)
    with tempfile.TemporaryDirectory() as folder:
        if given.yaml:
            fences = fences_in(given.root, YAML_DOCUMENTS, "yaml")
            return report(fences, lambda fence: check_yaml(fence, given.yaml, folder), "yaml")
        fences = fences_in(given.root, CPP_DOCUMENTS, "cpp")
        return report(fences, lambda fence: check_cpp(fence, given.root, given.cpp, flags, folder), "cpp")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
