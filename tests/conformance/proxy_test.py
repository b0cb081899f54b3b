#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What good and bad messages become on their way through the real program: proxy_test.py HTTP1_FRAMING

Requests: the app must get exactly those that our codec takes, each well-formed in the strictest sense, and nothing of
what is refused: nothing can be smuggled past the proxy. Answers: a caller must get each one that our codec takes as it
is, else a 502 or a body that is visibly cut, and nothing of it on its next request.
OUTRIGGER_SEED, 1 unless given, chooses the cases; OUTRIGGER_CASES says how many there are."""
import collections
import os
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
import requirements                                                          # noqa: E402
from caller import Broken, ObedientCaller, get                               # noqa: E402
from framers import framed                                                   # noqa: E402
from messages import Messages                                                # noqa: E402
from system_case import SystemTest                                           # noqa: E402

CASES = int(os.environ.get("OUTRIGGER_CASES", "2000"))
SEED = int(os.environ.get("OUTRIGGER_SEED", "1"))
REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21\x22\x24-\x7e]+ HTTP/1\.1")
VISIBLE, BLANK = rb"\x21-\x7e\x80-\xff", rb" \t"
FIELD_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*(?:[" + VISIBLE + rb"](?:[" + VISIBLE + BLANK +
                        rb"]*[" + VISIBLE + rb"])?)?[ \t]*")


def cut_where_the_answer_decides(case: bytes, expected: dict) -> tuple[bytes, list[dict], bool]:
    """What to send, the messages in it that are whole, and whether the proxy then closes."""
    whole = [message for message in expected["messages"] if message["complete"]]
    for number, message in enumerate(whole):
        if message["answer_decides"]:
            return case[:message["end"]], whole[:number + 1], False
    return case, whole, expected["end"] in ("refused", "closed")


class ProxyTest(SystemTest):
    def note(self, connection):
        """Serves a connection and keeps what comes on it; what is not perfect is a fault."""
        while (head := connection.reader.until(b"\r\n\r\n")):
            line, *fields = head.split(b"\r\n")
            if not REQUEST_LINE.fullmatch(line) or not all(map(FIELD_LINE.fullmatch, fields)):
                self.faults.append(head)
            names = [field.split(b":")[0].lower() for field in fields]
            lengths = [field.split(b":")[1].strip() for field in fields if field.lower().startswith(b"content-length:")]
            codings = [field for field in fields if field.lower().startswith(b"transfer-encoding:")]
            if names.count(b"host") != 1 or len(lengths) + len(codings) > 1:
                self.faults.append(head)
            body = b""
            if codings:
                body, _ = connection.reader.chunked()
            elif lengths:
                body = connection.reader.exactly(int(lengths[0]))
            method, path, _ = line.decode("latin-1").split(" ")
            self.seen.append((method, path, body.decode("latin-1")))
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (b"" if method == "HEAD" else b"ok"))

    def send(self, address, case: bytes, answers: int, ends: bool):
        """Everything at once; then waits for so many answers, or for the end where one is due."""
        with socket.create_connection(address, timeout=20) as caller:
            received = b""
            try:
                caller.sendall(case)
                while ends or received.count(b"HTTP/1.1 200 ") < answers:
                    data = caller.recv(65536)
                    if not data:
                        break
                    received += data
            except ConnectionError:
                pass                                                 # closed before all was sent

    def test_the_app_gets_what_the_codec_takes_and_nothing_else(self):
        messages = Messages(SEED)
        cases = [messages.requests() for _ in range(CASES)]
        expectations = framed([FRAMING], "requests", [(case, False) for case in cases])
        self.seen, self.faults = [], []
        sidecar = self.serve(self.note)
        taken = 0
        for case, expected in zip(cases, expectations):
            self.seen.clear()
            sent, whole, ends = cut_where_the_answer_decides(case, expected)
            self.send(sidecar.address, sent, len(whole), ends)
            wanted = [(message["method"], message["path"], message["body"]) for message in whole]
            self.assertEqual(self.seen, wanted, f"OUTRIGGER_SEED={SEED}: {sent!r}\n{expected['end']} {expected['why']}")
            taken += len(whole)
        self.assertEqual(self.faults, [], f"OUTRIGGER_SEED={SEED}")
        print(f"OUTRIGGER_SEED={SEED}: {CASES} connections, {taken} requests taken", flush=True)
        self.assertGreater(taken, CASES / 2)

    def test_callers_get_what_the_codec_takes_or_are_told(self):
        messages = Messages(SEED)
        cases = [(messages.responses(), number % 10 == 0) for number in range(CASES)]
        expectations = framed([FRAMING], "responses", cases)

        def serve(connection):
            while (request := connection.head()) is not None:
                if request.target == "/sound":
                    connection.reply(200, b"sound")
                    continue
                number = int(request.target[1:])
                connection.send(cases[number][0])
                expected = expectations[number]
                # An answer that says where it ends leaves the connection open, with whatever follows it.
                if expected["end"] != "closed" or expected["messages"][-1]["until_close"]:
                    return

        sidecar = self.serve(serve, {"inbound": {"timeout": "5s"}})
        counts = collections.Counter()
        with ObedientCaller(sidecar.address) as caller:
            for number, ((case, to_head), expected) in enumerate(zip(cases, expectations)):
                what = f"OUTRIGGER_SEED={SEED}: {case!r}\n{expected['end']} {expected['why']}"
                method = "HEAD" if to_head else "GET"
                final = expected["messages"][-1] if expected["messages"] else {"status": 0}
                whole = expected["end"] == "closed" and final["status"] != 101       # which nobody has asked for
                try:
                    reply = caller.ask(get(f"/{number}", method=method), method)
                except (Broken, ConnectionError):
                    self.assertFalse(whole, what)
                    caller.close()
                    counts["cut"] += 1
                else:
                    found = (reply.status, reply.body.decode("latin-1"))
                    if whole:
                        self.assertEqual(found, (final["status"], final["body"]), what)
                    else:
                        self.assert_told(reply, method, what)
                    counts["passed" if whole else "told"] += 1
                sound = caller.ask(get("/sound"))
                self.assertEqual((sound.status, sound.body), (200, b"sound"), what)
        print(f"OUTRIGGER_SEED={SEED}: {dict(counts)}", flush=True)
        self.assertGreater(counts["passed"], CASES / 5)

    def assert_told(self, reply, method: str, what: str):
        self.assertEqual(reply.status, 502, what)
        if method != "HEAD":
            self.assertEqual(reply.headers["Content-Type"], "application/problem+json", what)


if __name__ == "__main__":
    FRAMING = sys.argv.pop(1)
    requirements.main()
