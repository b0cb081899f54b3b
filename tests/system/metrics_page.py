# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the Prometheus text format 0.0.4: what it accepts, every scraper accepts."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"')
SAMPLE = re.compile(rf"^({NAME})(?:\{{(.*)\}})? (\S+)$")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count"),
            "counter": ("",), "gauge": ("",), "untyped": ("",)}


class Malformed(Exception):
    pass


class MetricsPage:
    """samples: (name, labels) -> value; types: family -> type."""

    def __init__(self, text: str):
        self.types: dict[str, str] = {}
        self.samples: dict[tuple[str, frozenset], float] = {}
        helped, seen, family = set(), [], None
        if not text.endswith("\n"):
            raise Malformed("the page does not end with a line's end")
        for line in text.split("\n")[:-1]:
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                if name in helped:
                    raise Malformed(f"two HELP lines: {line}")
                helped.add(name)
            elif line.startswith("# TYPE "):
                family = self._type(line)
                seen.append(family)
            elif not line.startswith("#"):
                self._sample(line, family)
        self._check_histograms()

    def _type(self, line: str) -> str:
        match = re.match(rf"^# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)$", line)
        if not match or match[1] in self.types:
            raise Malformed(f"a wrong or second TYPE: {line}")
        if match[2] == "counter" and not match[1].endswith("_total"):
            raise Malformed(f"a counter without _total: {line}")
        self.types[match[1]] = match[2]
        return match[1]

    def _sample(self, line: str, family):
        match = SAMPLE.match(line)
        if not match or family is None:
            raise Malformed(f"not a sample below its TYPE: {line!r}")
        if match[1] not in [family + suffix for suffix in SUFFIXES[self.types[family]]]:
            raise Malformed(f"{match[1]} stands below the TYPE of {family}")
        labels = self._labels(match[2] or "", line)
        key = (match[1], frozenset(labels.items()))
        if key in self.samples:
            raise Malformed(f"twice: {line}")
        self.samples[key] = float(match[3].replace("Inf", "inf"))

    @staticmethod
    def _labels(text: str, line: str) -> dict:
        labels, at = {}, 0
        while at < len(text):
            match = LABEL.match(text, at)
            if not match or match[1] in labels:
                raise Malformed(f"a wrong label: {line}")
            labels[match[1]] = match[2].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
            at = match.end()
            if at < len(text) and text[at] != ",":
                raise Malformed(f"no comma between labels: {line}")
            at += 1
        return labels

    def _check_histograms(self):
        for family in (name for name, kind in self.types.items() if kind == "histogram"):
            series: dict[frozenset, list] = {}
            for (name, labels), value in self.samples.items():
                if name == family + "_bucket":
                    rest = dict(labels)
                    bound = float(rest.pop("le").replace("Inf", "inf"))
                    series.setdefault(frozenset(rest.items()), []).append((bound, value))
            for labels, buckets in series.items():
                buckets.sort()
                counts = [count for _, count in buckets]
                if buckets[-1][0] != math.inf or counts != sorted(counts):
                    raise Malformed(f"{family} {dict(labels)}: buckets do not add up: {buckets}")
                if self.samples.get((family + "_count", labels)) != counts[-1]:
                    raise Malformed(f"{family} {dict(labels)}: the count is not the last bucket's")
                if (family + "_sum", labels) not in self.samples:
                    raise Malformed(f"{family} {dict(labels)}: no sum")

    def series(self, name: str, **labels) -> list[tuple[dict, float]]:
        """All samples of this name that carry these labels; a value None: the label is absent."""
        return [(dict(found), value) for (sample, found), value in self.samples.items()
                if sample == name and all(dict(found).get(key) == wanted for key, wanted in labels.items())]

    def sum(self, name: str, **labels) -> float:
        return sum(value for _, value in self.series(name, **labels))

    def count(self, histogram: str, **labels) -> int:
        return int(self.sum(histogram + "_count", **labels))

    def value(self, name: str, **labels) -> float:
        found = self.series(name, **labels)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} samples of {name} {labels}, expected one")
        return found[0][1]
