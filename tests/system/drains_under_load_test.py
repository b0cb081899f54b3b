# SPDX-License-Identifier: Apache-2.0
"""Twenty drains while callers go on calling: no request on an accepted connection is lost."""
import itertools
import signal
import threading
import time

import requirements
from app import App, answering
from caller import Broken, ObedientCaller, get, post
from program import until
from system_case import SystemTest

DRAINS = 20
KEEPING = 6                  # callers that keep their connection until they are told to close it
CALLERS = 9                  # the others make a new one for each request
BLOCK = b"b" * 100_000
ASKED = [(get("/"), "GET", b"whole"), (post("/", b"p" * 3000), "POST", b"p" * 3000), (get("/slow"), "GET", b"whole"),
         (get("/chunked"), "GET", BLOCK), (post("/", BLOCK), "POST", BLOCK)]


def answer(connection, request):
    if request.target == "/slow":
        time.sleep(0.02)
    if request.target != "/chunked":
        return connection.reply(200, request.body or b"whole")
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in (BLOCK[:1000], BLOCK[1000:], b""):
        connection.send(b"%x\r\n%s\r\n" % (len(part), part))


class DrainsUnderLoadTest(SystemTest):
    def calls(self, sidecar, number: int):
        caller = ObedientCaller(sidecar.address)
        for turn in itertools.count(number):
            request, method, body = ASKED[turn % len(ASKED)]
            late = self.signalled.is_set() and caller.caller is None
            try:
                reply = caller.ask(request, method)
            except ConnectionRefusedError:
                return                                               # the listener has gone: the end
            except (Broken, OSError) as error:
                return self.faults.append((turn, error))
            if (reply.status, reply.body) != (200, body):
                return self.faults.append((turn, reply.status, len(reply.body)))
            self.answered.append(turn)
            if late:
                self.late.append(turn)
            if number >= KEEPING:
                caller.close()

    def drain(self, app):
        sidecar = self.sidecar(app, {"drain": {"delay": "200ms", "timeout": "20s"}})
        self.faults, self.answered, self.late, self.signalled = [], [], [], threading.Event()
        threads = [threading.Thread(target=self.calls, args=(sidecar, number), daemon=True)
                   for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        until(lambda: len(self.answered) > 50, "some traffic")
        self.signalled.set()
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        for thread in threads:
            thread.join(20)
            self.assertFalse(thread.is_alive())
        self.assertEqual(self.faults, [])
        self.assertGreater(len(self.late), 0)                        # on connections made after the signal
        self.assertEqual(len(sidecar.access_lines()), len(self.answered))
        self.assertEqual([event["outrigger"]["cut"] for event in sidecar.events("drain-ended")], [0])
        return len(self.answered)

    def test_callers_that_honour_connection_close_lose_no_request(self):
        app = App(answering(answer), backlog=512)
        self.addCleanup(app.stop)
        answered = sum(self.drain(app) for _ in range(DRAINS))
        print(f"{answered} requests in {DRAINS} drains, all answered", flush=True)


if __name__ == "__main__":
    requirements.main()
