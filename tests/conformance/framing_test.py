#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever both Node's http and our codec accept, both frame alike: framing_test.py HTTP1_FRAMING

Requests and responses made from a seed go to both. What only one of them refuses is counted; where both go on, each
message must be the same to both: its first line, its fields, its body, its trailers, and whether it is whole.
OUTRIGGER_SEED, 1 unless given, chooses the cases; OUTRIGGER_CASES says how many of each kind there are."""
import collections
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
import requirements                                                          # noqa: E402
from framers import framed                                                   # noqa: E402
from messages import Messages                                                # noqa: E402

FOLDER = pathlib.Path(__file__).parent
CASES = int(os.environ.get("OUTRIGGER_CASES", "4000"))
SEED = int(os.environ.get("OUTRIGGER_SEED", "1"))
# Node takes a tab behind `chunked` for a part of the coding's name, and such a response for one that lasts until its
# connection ends; to RFC 9110, section 5.6.3, it is white space. What goes on from here says `chunked`, nothing else.
TAB_IN_CODING = re.compile(rb"transfer-encoding:[^\r\n]*\t", re.IGNORECASE)
LEAST_ALIKE = 0.2            # else the cases say little


def fields_of(message: dict) -> list:
    """Without Host where the target replaces it (RFC 9112, section 3.2.2): ours then shows what goes on."""
    pairs = list(zip(message["fields"][::2], message["fields"][1::2]))
    return [pair for pair in pairs if pair[0].lower() != "host"] if message.get("absolute") else pairs


def difference(ours: dict, theirs: dict, last: bool) -> str:
    """'' or what the two disagree about in a message that both took."""
    for key in ("method", "target", "status", "phrase"):
        if ours.get(key) != theirs.get(key):
            return f"{key}: ours {ours.get(key)!r}, Node's {theirs.get(key)!r}"
    theirs = {**theirs, "absolute": ours.get("absolute")}
    if fields_of(ours) != fields_of(theirs):
        return f"fields: ours {fields_of(ours)}, Node's {fields_of(theirs)}"
    if ours["complete"] and theirs["complete"] and ours["trailers"] != theirs["trailers"]:
        return f"trailers: ours {ours['trailers']}, Node's {theirs['trailers']}"
    if not last and ours["body"] != theirs["body"]:
        return f"body: ours {ours['body']!r}, Node's {theirs['body']!r}"
    return ""


def verdict(ours: dict, theirs: dict) -> tuple[str, str]:
    """The case's class, and what is wrong with it."""
    mine, other = ours["messages"], theirs["messages"]
    refused = [name for name, result in (("ours", ours), ("Node", theirs)) if result["end"] == "refused"]
    for number, pair in enumerate(zip(mine, other)):
        # The last one before a refusal may have been cut by it anywhere.
        last = bool(refused) and number + 1 in (len(mine), len(other))
        if why := difference(*pair, last):
            return "differ", f"message {number}: {why}"
        cut = [name for name, result, message in zip(("ours", "Node"), (ours, theirs), pair)
               if result["end"] == "refused" and not message["complete"]]
        if cut:
            return "refused by " + " and ".join(refused), ""
        if pair[0]["complete"] != (pair[1]["complete"]):
            return "differ", f"message {number}: whole for {'us' if pair[0]['complete'] else 'Node'} only"
        if pair[0]["complete"] and pair[0]["body"] != pair[1]["body"]:
            return "differ", f"message {number}: body: ours {pair[0]['body']!r}, Node's {pair[1]['body']!r}"
        if pair[0].get("answer_decides"):
            return "alike", ""
    if refused:
        return "refused by " + " and ".join(refused), ""
    if ours["end"] == "closed" and len(other) >= len(mine):
        return "alike", ""
    if len(mine) != len(other):
        return "differ", f"ours {len(mine)} messages ({ours['end']}), Node's {len(other)} ({theirs['end']})"
    return "alike", ""


class FramingTest(unittest.TestCase):
    def compare(self, kind: str, cases: list[tuple[bytes, bool]]):
        ours = framed([FRAMING], kind, cases)
        theirs = framed(["node", str(FOLDER / "node_framing.mjs")], kind, cases)
        classes, faults = collections.Counter(), []
        for (case, _), mine, other in zip(cases, ours, theirs):
            name, why = verdict(mine, other)
            if why and kind == "responses" and TAB_IN_CODING.search(case):
                name, why = "a tab in the coding", ""
            classes[name] += 1
            if why:
                faults.append(f"{why}\n  {case!r}\n  ours {mine['end']} {mine['why']}, "
                              f"Node's {other['end']} {other.get('why', '')}")
        counts = ", ".join(f"{count} {name}" for name, count in classes.most_common())
        print(f"{kind}, OUTRIGGER_SEED={SEED}: {counts}", flush=True)
        self.assertEqual(len(faults), 0, "\n".join(faults[:5]))
        self.assertGreater(classes["alike"], LEAST_ALIKE * len(cases))

    def test_requests(self):
        messages = Messages(SEED)
        self.compare("requests", [(messages.requests(), False) for _ in range(CASES)])

    def test_responses(self):
        messages = Messages(SEED)
        self.compare("responses", [(messages.responses(), number % 10 == 0) for number in range(CASES)])


if __name__ == "__main__":
    FRAMING = sys.argv.pop(1)
    requirements.main("node", outrigger=False)
