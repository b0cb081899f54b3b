# SPDX-License-Identifier: Apache-2.0
"""README shows regions of the examples. In an example a region stands between `// [readme: NAME]` and `// [readme: end]`;
in README the line `<!-- FILE: NAME -->` stands before the block that is to show it."""
import pathlib
import re
import textwrap

SHOWN = re.compile(r"^<!-- (\S+): (\w+) -->\n```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKED = re.compile(r"^ *// \[readme: (?!end\])(\w+)\]\n(.*?)^ *// \[readme: end\]\n", re.MULTILINE | re.DOTALL)


def region(root: pathlib.Path, file: str, name: str) -> str:
    found = [text for marked, text in MARKED.findall((root / file).read_text()) if marked == name]
    if len(found) != 1:
        raise SystemExit(f"README.md: error: {file} has {len(found)} regions [readme: {name}], there must be one")
    return textwrap.dedent(found[0])


def differing(root: pathlib.Path) -> list[str]:
    """A sentence for each block that is not its region."""
    text = (root / "README.md").read_text()
    return [f"README.md:{text.count(chr(10), 0, match.start()) + 1}: error: differs from {match[1]}, region {match[2]}; "
            "run tools/reference.py PROGRAM FACTS"
            for match in SHOWN.finditer(text) if match[3] != region(root, match[1], match[2])]


def write(root: pathlib.Path) -> list[str]:
    """Puts the regions into README; there is nothing to complain about."""
    page = root / "README.md"
    page.write_text(SHOWN.sub(lambda match: f"<!-- {match[1]}: {match[2]} -->\n```cpp\n{region(root, match[1], match[2])}```",
                              page.read_text()))
    return []
