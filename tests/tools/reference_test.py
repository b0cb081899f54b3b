#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/reference_pages.py's own tests: what it reads from pages, records and sources."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import reference_pages

PAGE = """# HELP calls_total Calls, by end.
# TYPE calls_total counter
calls_total{upstream="a,b=\\"c",outcome="ok"} 1
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{le="1"} 1
"""
FIELDS = "! @timestamp  date\n  user.name  string\n  event.type  [string]\n"


class ReferenceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("tests/conformance/ecs/fields.txt", FIELDS)

    def write(self, path: str, text: str):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def missing(self, source: str) -> list[str]:
        self.write("middleware/a.cpp", source)
        return reference_pages.missing(self.root, {"metrics": [{"name": "outrigger_known"}], "events": [{"action": "well-known"}]})

    def test_families_of_a_page_have_type_help_and_labels(self):
        calls, took = reference_pages.families(PAGE)
        self.assertEqual((calls["name"], calls["type"], calls["help"]), ("calls_total", "counter", "Calls, by end."))
        self.assertEqual((calls["labels"], took["labels"]), (["outcome", "upstream"], []))

    def test_fields_are_listed_with_the_records_that_have_them(self):
        page = reference_pages.fields_page([{"kind": "call", "record": {"user": {"name": "a"}}}],
                                           reference_pages.field_list(self.root))
        self.assertIn("| `@timestamp` | date | all |\n| `user.name` | string | call |\n| `event.type` | strings | yours |", page)

    def test_a_kind_of_record_that_nobody_explains_is_an_error(self):
        with self.assertRaises(SystemExit):
            reference_pages.fields_page([{"kind": "new", "record": {}}], {})

    def test_what_the_sources_name_and_no_page_has_is_told_with_its_place(self):
        for name, what in (('"outrigger_new_total"', "metric outrigger_new_total"), ('"http_server_new"', "metric http_server_new"),
                           ('field("user.new", 1)', "field user.new"), ('"something-new"', "action something-new")):
            self.assertEqual([fault.split(" is on")[0] for fault in self.missing(f"int a;\nuse({name});\n")],
                             [f"middleware/a.cpp:2: error: the {what}"])

    def test_what_is_known_and_what_comments_say_is_no_fault(self):
        self.assertEqual(self.missing('use("outrigger_known"); field("user.name", "well-known");   // "outrigger_new"'), [])


if __name__ == "__main__":
    unittest.main()
