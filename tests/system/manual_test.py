#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed beside the program fits it: the man page says what it says of itself, the example settings pass."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import requirements

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "outrigger.1"
OPTION = re.compile(r"--[a-z][a-z-]*")


def help_of(*command: str) -> str:
    return subprocess.run([os.environ["OUTRIGGER_PROGRAM"], *command, "--help"], capture_output=True, text=True,
                          timeout=30, check=True).stdout


def options_of(text: str) -> set[str]:
    """The long options that help declares at the beginnings of its lines."""
    return {option for line in re.findall(r"^  (-\S+)", text, re.MULTILINE) for option in OPTION.findall(line)}


def commands_of(text: str) -> list[str]:
    return re.findall(r"^  (\w\S*) ", text.partition("Subcommands:")[2], re.MULTILINE)


def declared(text: str) -> set[str]:
    """The long options at the head of a paragraph of the page's source."""
    heads = re.findall(r"^\.TP\n(.*)$", text, re.MULTILINE)
    return {option for head in heads for option in OPTION.findall(head.replace("\\-", "-"))}


class ManualTest(unittest.TestCase):
    def setUp(self):
        sections = re.split(r"^\.SH (.*)\n", PAGE.read_text(), flags=re.MULTILINE)
        self.sections = dict(zip(sections[1::2], sections[2::2]))
        parts = re.split(r"^\.SS (.*)\n", self.sections["COMMANDS"], flags=re.MULTILINE)
        self.commands = dict(zip(parts[1::2], parts[2::2]))

    def test_it_has_the_commands_of_the_program_in_their_order(self):
        self.assertEqual(list(self.commands), commands_of(help_of()))

    def test_it_has_the_options_of_each_command(self):
        self.assertEqual(declared(self.sections["OPTIONS"]), options_of(help_of()))
        for command, text in self.commands.items():
            subcommands = commands_of(help_of(command))
            wanted = options_of(help_of(command)).union(*(options_of(help_of(command, each)) for each in subcommands))
            self.assertEqual(declared(text) | {"--help"}, wanted, command)
            for each in subcommands:
                self.assertIn(each, text)

    def test_it_can_be_shown(self):
        if not shutil.which("groff"):
            requirements.skip(self, "groff is not installed")
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", PAGE], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class SettingsTest(unittest.TestCase):
    def test_the_settings_of_the_service_are_accepted(self):
        file = ROOT / "deploy" / "systemd" / "outrigger.yaml"
        done = subprocess.run([os.environ["OUTRIGGER_PROGRAM"], "check", "-c", file], capture_output=True, text=True,
                              timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    requirements.main()
