#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_fences.py's own tests, with a pretended program and the real compiler."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
import check_fences

COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or "c++"

# Stands for `outrigger check -c FILE`: refuses a file with the word "wrong" or an unset variable, and ends
# with 1 for one with "crash".
PROGRAM = """#!/bin/sh
[ "$1 $2" = "check -c" ] || exit 9
grep -q crash "$3" && exit 1
grep -q wrong "$3" && { echo "$3:1: unknown key"; exit 2; }
grep -q '${SECRET}' "$3" && [ -z "$SECRET" ] && exit 2
exit 0
"""


def fence(info: str, body: str) -> str:
    return f"```{info}\n{body}\n```\n"


class CheckFencesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path: str, text: str) -> pathlib.Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def check(self, *arguments):
        command = [sys.executable, str(TOOLS / "check_fences.py"), "--root", str(self.root), *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "SECRET"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout + done.stderr

    def check_yaml(self):
        program = self.write("program", PROGRAM)
        program.chmod(0o755)
        return self.check("--yaml", str(program))

    def check_cpp(self):
        self.write("include/outrigger/outrigger.hpp", "#pragma once\nnamespace outrigger { int answer(); }\n")
        return self.check("--cpp", COMPILER, "--", "-std=c++20", f"-I{self.root}/include")

    # ---- Fences

    def test_a_fence_is_found_with_its_place_and_its_words(self):
        found = check_fences.fences_of("a.md", "text\n```yaml ignore\na: 1\n\nb: 2\n```\nmore\n")
        self.assertEqual(found, [("a.md", 3, "yaml", ["ignore"], "a: 1\n\nb: 2\n")])

    def test_an_indented_fence_loses_its_indent(self):
        found = check_fences.fences_of("a.md", "- x\n  ```yaml\n  a:\n    b: 1\n  ```\n")
        self.assertEqual(found[0].text, "a:\n  b: 1\n")

    def test_a_longer_fence_holds_shorter_ones(self):
        found = check_fences.fences_of("a.md", "````md\n```yaml\na: 1\n```\n````\n~~~cpp\nint x;\n~~~\n")
        self.assertEqual([(fence.language, fence.line) for fence in found], [("md", 2), ("cpp", 7)])

    def test_an_unclosed_fence_ends_with_the_document(self):
        self.assertEqual(check_fences.fences_of("a.md", "```yaml\na: 1")[0].text, "a: 1\n")

    def test_inline_code_is_no_fence(self):
        self.assertEqual(check_fences.fences_of("a.md", "``` `x` ```\n`yaml`\n"), [])

    # ---- YAML

    def test_right_yaml_passes(self):
        self.write("README.md", fence("yaml", "service: a"))
        self.assertEqual(self.check_yaml(), (0, "yaml fences: 1 right, 0 wrong, 0 ignored\n"))

    def test_wrong_yaml_is_named_with_its_place_and_the_programs_words(self):
        self.write("README.md", fence("yaml", "service: a"))
        for path in ("CONTRIBUTING.md", "docs/a/b.md", "deploy/kubernetes/README.md", "examples/x/README.md"):
            document = self.write(path, "\n" + fence("yaml", "wrong: 1"))
            code, output = self.check_yaml()
            self.assertEqual(code, 1, path)
            self.assertIn(f"{path}:3: error: `check` ended with 2 instead of 0", output)
            self.assertIn("fence:1: unknown key", output)
            document.unlink()

    def test_yaml_marked_bad_must_be_refused(self):
        self.write("README.md", fence("yaml", "service: a") + fence("yaml bad", "wrong: 1"))
        self.assertEqual(self.check_yaml()[0], 0)
        for body in ("service: b", "crash: 1"):
            self.write("docs/a.md", fence("yaml bad", body))
            code, output = self.check_yaml()
            self.assertEqual(code, 1, body)
            self.assertIn("instead of 2", output)

    def test_ignored_yaml_is_counted_and_printed(self):
        self.write("README.md", fence("yaml", "service: a") + fence("yaml ignore", "wrong: 1"))
        code, output = self.check_yaml()
        self.assertEqual(code, 0)
        self.assertIn("README.md:5: ignored", output)
        self.assertIn("1 right, 0 wrong, 1 ignored", output)

    def test_variables_are_set_while_a_fence_is_checked(self):
        self.write("README.md", fence("yaml", 'token: "${SECRET}"'))
        self.assertEqual(self.check_yaml()[0], 0)
        self.write("README.md", fence("yaml", 'token: a') + fence("yaml bad", 'token: "${SECRET}"'))
        self.assertEqual(self.check_yaml()[0], 0)

    def test_well_known_variables_hold_what_fits_them(self):
        program = self.write("program", '#!/bin/sh\n[ "${DATABASE_URL%%:*}" = postgres ]\n')
        program.chmod(0o755)
        self.write("README.md", fence("yaml", 'db: "${DATABASE_URL}"'))
        self.assertEqual(self.check("--yaml", str(program))[0], 0)

    def test_a_readme_without_a_fence_to_check_fails(self):
        self.write("docs/a.md", fence("yaml", "service: a"))
        for readme in ("no fence\n", fence("yaml ignore", "service: a"), fence("sh", "ls")):
            self.write("README.md", readme)
            code, output = self.check_yaml()
            self.assertEqual(code, 1, readme)
            self.assertIn("README.md:1: error: no ```yaml fence", output)

    # ---- C++

    def test_statements_and_whole_files_compile(self):
        self.write("README.md", fence("cpp", "int x = outrigger::answer();\nif (x) return;"))
        self.write("docs/a.md", fence("cpp", "#include <vector>\nstd::vector<int> list;"))
        self.assertEqual(self.check_cpp(), (0, "cpp fences: 2 right, 0 wrong, 0 ignored\n"))

    def test_cpp_that_does_not_compile_is_named_with_its_own_line(self):
        body = "int x = outrigger::answer();\nint y = missing;"
        self.write("README.md", "# Title\n\n" + fence("cpp", body))
        code, output = self.check_cpp()
        self.assertEqual(code, 1)
        self.assertIn("README.md:4: error: does not compile", output)
        self.assertIn("README.md:5:", output)
        self.assertIn("missing", output)

    def test_a_whole_file_does_not_see_our_headers_by_itself(self):
        self.write("README.md", fence("cpp", "#include <vector>\nint x = outrigger::answer();"))
        self.assertEqual(self.check_cpp()[0], 1)

    def test_ignored_cpp_is_counted(self):
        self.write("README.md", fence("cpp", "outrigger::answer();") + fence("cpp ignore", "..."))
        code, output = self.check_cpp()
        self.assertEqual(code, 0)
        self.assertIn("1 right, 0 wrong, 1 ignored", output)

    def test_a_region_of_a_file_must_be_what_stands_there(self):
        self.write("examples/a.cpp", "int main() {\n    // [readme: sum]\n    int a = 1;\n    // [readme: end]\n}\n")
        right = fence("cpp", "int whole;")
        for info, body, said in (("cpp examples/a.cpp#sum", "int a = 1;", ""),
                                 ("cpp examples/a.cpp#sum", "int a = 2;", "differs from the region sum of examples/a.cpp"),
                                 ("cpp examples/a.cpp#product", "int a = 1;", "has no region [readme: product]"),
                                 ("cpp examples/b.cpp#sum", "int a = 1;", "has no region [readme: sum]")):
            self.write("README.md", right + fence(info, body))
            code, output = self.check_cpp()
            self.assertEqual(code, 1 if said else 0, output)
            self.assertIn(said, output)

    def test_a_readme_without_cpp_fails(self):
        self.write("README.md", fence("yaml", "a: 1"))
        self.assertEqual(self.check_cpp()[0], 1)


if __name__ == "__main__":
    unittest.main()
