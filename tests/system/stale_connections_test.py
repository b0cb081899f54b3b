# SPDX-License-Identifier: Apache-2.0
"""An app that closes kept connections at the worst moment: the race must cost no request."""
import requirements
from caller import Caller, get, post
from program import until
from system_case import SystemTest



class StaleConnections(SystemTest):
    """An app that ends each connection exactly when its second request comes."""

    def start_stale(self, ending):
        self.bodies = []

        def serve(connection):
            for number in range(2):
                if not (request := connection.head()):
                    return
                if number:
                    return connection.reset() if ending == "reset" else connection.close()
                self.bodies.append(connection.body(request))
                connection.reply(200, b"once")

        return self.serve(serve)

    def test_safe_requests_never_fail(self):
        for ending in ("close", "reset"):
            for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                with self.subTest(ending=ending, method=method):
                    sidecar = self.start_stale(ending)
                    with Caller(sidecar.address) as caller:
                        for number in range(50):
                            self.assertEqual(caller.ask(get(f"/{number}", method=method), method).status, 200)
                    # A replay is the same exchange.
                    self.assert_logged(sidecar, 50, status=200, reason=None)

    def test_no_post_is_processed_twice(self):
        for ending in ("close", "reset"):
            with self.subTest(ending):
                sidecar = self.start_stale(ending)
                with Caller(sidecar.address) as caller:
                    for number in range(50):
                        reply = caller.ask(post("/", b"%d" % number), "POST")
                        self.assertIn(reply.status, (200, 502))
                        if reply.status == 502:
                            self.assert_problem(reply, 502, "upstream_reset")
                self.assertEqual(len(self.bodies), len(set(self.bodies)))
                self.assert_logged(sidecar, 50)

    def test_an_idle_connection_that_the_app_closes_costs_nothing(self):
        def serve(connection):
            if request := connection.head():
                connection.body(request)
                connection.reply(200, b"bye")                    # and closes without having said so

        sidecar = self.serve(serve)
        with Caller(sidecar.address) as caller:
            for number in range(50):
                self.assertEqual(caller.ask(get(f"/{number}")).status, 200)
                until(lambda: not self.app.open, "the end of the app's connection")


if __name__ == "__main__":
    requirements.main()
