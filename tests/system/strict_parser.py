# SPDX-License-Identifier: Apache-2.0
"""Reads a metrics page from stdin with the strict parsers of python3-prometheus-client, and prints what it understood as
JSON: [[name, type, unit, [[sample, labels, value, exemplar labels or null, exemplar value or null], ...]], ...].

Usage: strict_parser.py openmetrics|text
"""
import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser


def main():
    parse = {"openmetrics": openmetrics_parser, "text": parser}[sys.argv[1]].text_string_to_metric_families
    page = sys.stdin.buffer.read().decode("utf-8")
    families = []
    for family in parse(page):
        samples = []
        for sample in family.samples:
            exemplar = getattr(sample, "exemplar", None)
            samples.append([sample.name, sample.labels, repr(sample.value), exemplar and exemplar.labels, exemplar and exemplar.value])
        families.append([family.name, family.type, family.unit, samples])
    json.dump(families, sys.stdout)


if __name__ == "__main__":
    main()
