#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the generated pages under docs/reference/ from the program, or checks that they are up to date.

Usage: reference.py PROGRAM [--check] [--root DIR]     Exits 1 if --check finds a page that differs.
"""
import argparse
import pathlib
import subprocess
import sys

# page -> the arguments that print it
PAGES = {
    "configuration.md": ["schema", "--reference"],
    "reasons.md": ["schema", "--reasons"],
    "configuration.schema.json": ["schema"],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    folder = arguments.root / "docs" / "reference"
    stale = []
    for name, command in PAGES.items():
        text = subprocess.run([arguments.program, *command], check=True, capture_output=True, text=True).stdout
        page = folder / name
        if page.exists() and page.read_text() == text:
            continue
        if arguments.check:
            stale.append(name)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            page.write_text(text)
            print(f"wrote {page}")
    for name in stale:
        print(f"docs/reference/{name}:1: error: differs from what the program prints; run tools/reference.py PROGRAM")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
