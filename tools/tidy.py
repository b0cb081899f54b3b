#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Architecture fitness: every line of code lives in its room. The rules are the tables in house.py.

Usage: tidy.py [ROOT]     Prints `path:line: error: text` and exits 1 for a broken rule; sizes are only notes.
"""
import os
import pathlib
import posixpath
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import cpp_scan
import house

CPP = (".hpp", ".cpp")
MUST_NAME_LICENSE = (".hpp", ".cpp", ".py", ".sh", ".cmake", ".js", ".mjs")
USERS = ("examples/", "tests/consumer/")               # they see what a user of the library sees
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__"}


class Source:
    """One file: its bytes, and what follows from them."""

    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.name = posixpath.basename(path)
        self.suffix = posixpath.splitext(path)[1]
        self.data = (root / path).read_bytes()
        self.is_text = b"\0" not in self.data[:8192]
        self.text = self.data.decode("utf-8", "replace") if self.is_text else ""
        self.is_cpp = self.suffix in CPP
        self.code = cpp_scan.blank(self.text) if self.is_cpp else ""
        self.room = room_of(path)

    def includes(self):
        return cpp_scan.includes(self.text, self.code)

    def line(self, hit: re.Match) -> int:
        return cpp_scan.line_of(self.text, hit.start())

    @property
    def is_public(self) -> bool:
        return self.path.startswith("include/outrigger/")

    @property
    def is_test(self) -> bool:
        return self.path.startswith(("tests/", "bench/"))

    @property
    def is_script(self) -> bool:
        return self.suffix in MUST_NAME_LICENSE or self.name == "CMakeLists.txt" or self.text.startswith("#!")


def room_of(path: str) -> str:
    """'metrics', 'sidecar/net', 'sidecar' for files directly in it, or '' outside the rooms."""
    parts = path.split("/")
    if parts[:2] == ["include", "outrigger"]:
        parts = parts[2:]
    if len(parts) < 2 or parts[0] not in house.DOORS:
        return ""
    return f"sidecar/{parts[1]}" if parts[0] == "sidecar" and len(parts) > 2 else parts[0]


class Tree:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.files = {path: Source(root, path) for path in list_files(root)}
        self.errors: list[str] = []
        self.notes: list[str] = []

    def error(self, path: str, line: int, text: str):
        self.errors.append(f"{path}:{line}: error: {text}")

    def note(self, path: str, line: int, text: str):
        self.notes.append(f"{path}:{line}: note: {text}")

    def sources(self):
        return (file for file in self.files.values() if file.is_cpp)

    def resolve(self, file: Source, included: str) -> str:
        """The repository path that an include names, or '' if it is not ours."""
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), included))
        for path in (f"include/{included}", included, beside):
            if path in self.files:
                return path
        if included.startswith("outrigger/"):
            return f"include/{included}"
        return included if room_of(included) else ""


def list_files(root: pathlib.Path) -> list[str]:
    """What git tracks or would track; without git, what lies in the folder."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, capture_output=True)
        if listed.returncode == 0:
            paths = set(listed.stdout.decode().split("\0")) - {""}
            return sorted(path for path in paths if (root / path).is_file())
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        found += [(pathlib.Path(folder) / name).relative_to(root).as_posix() for name in names]
    return sorted(found)


# ---- Doors

def check_doors(tree: Tree):
    for file in tree.sources():
        for line, bracket, included in file.includes():
            target = tree.resolve(file, included)
            refusal = refuse_ours(file, target) if target else refuse_foreign(file, bracket, included)
            if refusal:
                tree.error(file.path, line, refusal)


def refuse_ours(file: Source, target: str) -> str:
    if file.path == "sidecar/main.cpp":
        return refuse_main(target)
    public = target.startswith("include/")
    if file.is_public and not public:
        return f'a public header may include only public headers, not "{target}"'
    mine, theirs = file.room, room_of(target)
    if file.path.startswith(USERS) and theirs and not public:
        return f'users see only the public headers, not "{target}"'
    if mine and re.fullmatch(house.UMBRELLA, target):
        return "a room includes what it needs, not everything"
    if not mine or not theirs or mine == theirs:
        return ""
    my_wing, their_wing = mine.split("/")[0], theirs.split("/")[0]
    if my_wing == their_wing == "sidecar":
        return refuse_inner(mine, theirs)
    allowed = my_wing == their_wing or their_wing in house.DOORS[my_wing]
    return "" if allowed else f"{my_wing} may not include {their_wing}"


def refuse_main(target: str) -> str:
    theirs = room_of(target)
    allowed = target in house.MAIN_MAY or theirs in ("core", f"sidecar/{house.CONFIG}")
    return "" if allowed else f"main.cpp may include {', '.join(sorted(house.MAIN_MAY))}, config and core"


def refuse_inner(mine: str, theirs: str) -> str:
    if mine == "sidecar":
        return ""                                      # the composition root may include all
    if theirs == "sidecar":
        return f"{mine} may not include the composition root"
    allowed = theirs.split("/")[1] in house.SIDECAR_DOORS.get(mine.split("/")[1], set())
    return "" if allowed else f"{mine} may not include {theirs}"


def refuse_foreign(file: Source, bracket: str, included: str) -> str:
    if not re.search(r"[./]", included):
        return ""                                      # the standard library
    if file.room in house.STANDARD_LIBRARY_ONLY:
        return f"{file.room} uses only the standard library, not <{included}>"
    for pattern, product, homes, heavy in house.THIRD_PARTY:
        if not re.match(pattern, included):
            continue
        if not file.path.startswith(homes):
            return f"{product} does not belong here, only in {', '.join(homes)}"
        if heavy and file.suffix != ".cpp" and not file.is_test and not file.path.startswith(house.USERS_OWN):
            return f"<{included}> is heavy: include it only in .cpp files"
        return ""
    if re.search(house.SOCKET_HEADER, included) and file.path.startswith(house.SOCKET_FREE):
        return f"<{included}> belongs in sidecar/net: this room never sees a socket"
    if bracket == "<" and not re.match(house.SYSTEM_HEADER, included):
        return f"<{included}> is in no table of tools/house.py: declare the dependency and its rooms there"
    return ""


# ---- Calls, words, names

_BANNED = [(words, re.compile(pattern), instead, re.compile(allowed))
           for words, pattern, instead, allowed in house.BANNED]


def check_calls(tree: Tree):
    for file in tree.sources():
        for words, pattern, instead, allowed in _BANNED:
            if not any(word in file.code for word in words) or allowed.search(file.path):
                continue
            for hit in pattern.finditer(file.code):
                call = hit[0].strip().rstrip("(")
                tree.error(file.path, file.line(hit), f"'{call}' is banned, use {instead}")


def check_words(tree: Tree):
    for file in tree.files.values():
        for word in house.FORBIDDEN_WORDS:
            edge = r"(?<![\w.])" if word.startswith("/") else ""
            for hit in occurrences(file, word, edge):
                tree.error(file.path, file.line(hit), f"'{word}' means nothing outside one machine")
        for word in house.UNFINISHED if file.is_script else ():
            for hit in occurrences(file, word, r"\b"):
                tree.error(file.path, file.line(hit), f"'{word}': finish it before merging")


def occurrences(file: Source, word: str, edge: str):
    return re.finditer(edge + re.escape(word), file.text) if word in file.text else ()


def check_names(tree: Tree):
    empty = re.compile(house.EMPTY_TYPE_NAME)
    for file in tree.files.values():
        for folder in house.ROOMS_FORBIDDEN.intersection(file.path.split("/")[:-1]):
            tree.error(file.path, 1, f"'{folder}' says nothing about the contents; name the idea")
        for hit in empty.finditer(file.code):
            tree.error(file.path, file.line(hit), f"'{hit[1]}' says nothing; name the idea")


# ---- Files

def check_first_lines(tree: Tree):
    for file in tree.files.values():
        if not file.is_script:
            continue
        lines = file.text.split("\n", 2)
        first = 1 if lines[0].startswith("#!") else 0
        mark = "//" if file.suffix in (".hpp", ".cpp", ".js", ".mjs") else "#"
        if len(lines) <= first or lines[first].rstrip("\r") != f"{mark} {house.SPDX}":
            tree.error(file.path, first + 1, f"the first line is not '{mark} {house.SPDX}'")
        if file.suffix == ".hpp" and not re.search(r"^#pragma once$", file.text, re.MULTILINE):
            tree.error(file.path, 1, "header without #pragma once")


def check_homes(tree: Tree):
    home = re.compile("|".join(f"(?:{pattern})" for pattern in house.HOMES))
    for file in tree.files.values():
        if not home.fullmatch(file.path):
            tree.error(file.path, 1, "has no home: it lies in none of the places that tools/house.py names")
        if len(file.data) > house.BLOB_MAX:
            size, most = len(file.data) // 1024, house.BLOB_MAX // 1024
            tree.error(file.path, 1, f"{size} KiB; {most} KiB is the most")


def check_used(tree: Tree):
    """Every .cpp is built, every header is included, every .cpp in a room has its test."""
    built, tested = named_in_cmake(tree), tested_stems(tree)
    included = {tree.resolve(file, name) for file in tree.sources() for _, _, name in file.includes()}
    for file in tree.sources():
        if file.suffix == ".hpp":
            if file.path not in included and file.path != house.WHOLE:
                tree.error(file.path, 1, "no file includes this header")
        elif file.room or file.path.startswith("tests/unit/"):
            if file.path not in built:
                tree.error(file.path, 1, "no CMakeLists.txt names this file")
            if file.room and file.path[:-4] not in tested and file.path not in house.NO_MIRROR:
                tree.error(file.path, 1, f"no tests/unit/{file.path[:-4]}_test.cpp")


def tested_stems(tree: Tree) -> set[str]:
    """x.cpp is tested by x_test.cpp, or by some x_ASPECT_test.cpp."""
    stems = set()
    for path in tree.files:
        if path.startswith("tests/unit/") and path.endswith("_test.cpp"):
            words = path.removeprefix("tests/unit/").split("_")[:-1]
            stems.update("_".join(words[:count]) for count in range(1, len(words) + 1))
    return stems


def named_in_cmake(tree: Tree) -> set[str]:
    """The .cpp files that CMake files name: relative to themselves (* too), else by the end of the path."""
    named, all_cpp = set(), [file.path for file in tree.sources() if file.suffix == ".cpp"]
    for file in tree.files.values():
        if file.name != "CMakeLists.txt" and file.suffix != ".cmake":
            continue
        folder = posixpath.dirname(file.path)
        for token in re.findall(r"[\w./*+-]+\.cpp", re.sub(r"#[^\n]*", "", file.text)):
            exact = posixpath.normpath(posixpath.join(folder, token))
            if "*" in token:
                pattern = re.compile(re.escape(exact).replace(r"\*", "[^/]*"))
                named.update(path for path in all_cpp if pattern.fullmatch(path))
            elif exact in tree.files:
                named.add(exact)
            else:
                named.update(path for path in all_cpp if path.endswith("/" + token.lstrip("/")))
    return named


# ---- Structure and sizes

def check_structure(tree: Tree):
    for file in tree.sources():
        found = cpp_scan.structure(file.code)
        if not file.is_test:
            for line, name in sorted(set(found.mutables)):
                if (file.path, name) in house.MUTABLE_GLOBALS:
                    continue
                tree.error(file.path, line, f"'{name}' is a mutable global: make it a member of what "
                                            "the composition root owns")
        for name, line, lines in found.functions:
            if lines > house.FUNCTION_MAX and (file.path, name) != house.CONDUCT[:2]:
                tree.note(file.path, line, f"{name}() has {lines} lines; {house.FUNCTION_MAX} is the most")
        check_conduct(tree, file, found)


def check_conduct(tree: Tree, file: Source, found: cpp_scan.Structure):
    path, wanted, most = house.CONDUCT
    if file.path != path:
        return
    bodies = [function for function in found.functions if function.name == wanted]
    if not bodies:
        tree.error(path, 1, f"no {wanted}() here, the one place where the order of the policies is written")
    for function in bodies:
        if function.lines > most:
            tree.error(path, function.line, f"{wanted}() has {function.lines} lines; {most} is the most")


def check_sizes(tree: Tree):
    for file in tree.files.values():
        if not file.is_script:
            continue
        lines = file.text.splitlines()
        wide = [number for number, line in enumerate(lines, 1) if len(line) > house.COLUMNS_MAX]
        if wide:
            tree.note(file.path, wide[0], f"{len(wide)} lines wider than {house.COLUMNS_MAX} columns")
        if len(lines) > house.LINES_MAX:
            tree.note(file.path, house.LINES_MAX, f"{len(lines)} lines; {house.LINES_MAX} is the most")


CHECKS = (check_doors, check_calls, check_words, check_names, check_first_lines, check_homes, check_used,
          check_structure, check_sizes)


def check(root) -> Tree:
    tree = Tree(pathlib.Path(root))
    for rule in CHECKS:
        rule(tree)
    return tree


def main() -> int:
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    if not pathlib.Path(root).is_dir():
        print(f"tidy.py: {root} is not a folder", file=sys.stderr)
        return 2
    tree = check(root)
    counts = f"tidy: {len(tree.files)} files, {len(tree.errors)} errors, {len(tree.notes)} notes"
    print("\n".join(tree.notes + tree.errors + [counts]))
    return 1 if tree.errors else 0


if __name__ == "__main__":
    sys.exit(main())
