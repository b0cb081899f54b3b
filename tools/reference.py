#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the generated pages under docs/reference/, or checks that they are up to date.

Usage: reference.py PROGRAM FACTS [--check] [--root DIR]     Exits 1 if --check finds a page that differs.
PROGRAM: the outrigger program; FACTS: reference_facts, which tests/reference builds.
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
import reference_pages                                                       # noqa: E402

# page -> the arguments with which the program prints it
PRINTED = {
    "configuration.md": ["schema", "--reference"],
    "reasons.md": ["schema", "--reasons"],
    "configuration.schema.json": ["schema"],
}


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pages(program: str, facts: dict, root: pathlib.Path) -> dict[str, str]:
    result = {name: output(program, *arguments) for name, arguments in PRINTED.items()}
    facts["metrics"] += reference_pages.sidecar_metrics(program, root, {fact["name"] for fact in facts["metrics"]})
    result["metrics.md"] = reference_pages.metrics_page(facts["metrics"])
    result["log-fields.md"] = reference_pages.fields_page(facts["records"], reference_pages.field_list(root))
    result["events.md"] = reference_pages.events_page(facts["events"])
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("facts")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    facts = json.loads(output(arguments.facts))
    faults = []
    for name, text in pages(arguments.program, facts, arguments.root).items():
        page = arguments.root / "docs" / "reference" / name
        if page.exists() and page.read_text() == text:
            continue
        if arguments.check:
            faults.append(f"docs/reference/{name}:1: error: is not what tools/reference.py PROGRAM FACTS writes; run it")
        else:
            page.write_text(text)
            print(f"wrote {page}")
    faults += reference_pages.missing(arguments.root, facts)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
