# SPDX-License-Identifier: Apache-2.0
"""What the tests of the app's calls to others share: a sidecar with one upstream, `users`, and what it tells of it."""
from app import App, answering, refusing_port
from caller import Caller, Reply
from program import Sidecar, until
from system_case import SystemTest

CALLS = "http_client_request_duration_seconds"


class OutboundCase(SystemTest):
    def origin(self, answer) -> App:
        """Runs answer(connection, request) for each whole request."""
        app = App(answering(answer), backlog=512)
        self.addCleanup(app.stop)
        return app

    def outbound(self, target, users=None, settings=None, app=None, **more) -> Sidecar:
        """`target`: an origin, its port, or a URL. Its calls are made at sidecar.calls."""
        if not isinstance(target, str):
            target = f"http://127.0.0.1:{target if isinstance(target, int) else target.port}"
        upstream = {"listen": "127.0.0.1:0", "target": target, **(users or {})}
        sidecar = self.sidecar(app or refusing_port(self), {"outbound": {"users": upstream}, **(settings or {})}, **more)
        host, _, port = self.upstream(sidecar)["listen"].rpartition(":")
        sidecar.calls = (host, int(port))
        until(lambda: self.upstream(sidecar)["endpoints"] or "resolved" in target, "endpoints")
        return sidecar

    @staticmethod
    def upstream(sidecar) -> dict:
        """What /api/upstreams says of it."""
        return sidecar.ask_admin("/api/upstreams").json()["upstreams"][0]

    @staticmethod
    def explained(sidecar, request_id: str) -> dict:
        """What the journal says of it; it comes a moment after the answer."""
        found = until(lambda: sidecar.ask_admin(f"/api/requests?id={request_id}").json()["requests"], "a journal entry")
        return found[0]

    @staticmethod
    def call_lines(sidecar, least: int) -> list[dict]:
        """The log's lines of calls, once there are as many."""
        def lines():
            found = [line for line in sidecar.log() if line["event"]["dataset"] == "outrigger.calls"]
            return [found] if len(found) >= least else None
        return until(lines, f"{least} lines of calls")[0]

    @staticmethod
    def call(sidecar, data: bytes, method: str = "GET") -> Reply:
        with Caller(sidecar.calls) as caller:
            return caller.ask(data, method)

    def assert_nothing_left(self, sidecar):
        """No call in progress, at no endpoint, and no slot in use."""
        def left():
            page = sidecar.metrics()
            return (page.sum("http_client_active_requests") + page.sum("outrigger_limit_in_use") +
                    sum(endpoint["calls"] for endpoint in self.upstream(sidecar)["endpoints"]))
        until(lambda: left() == 0, "the end of all calls")

    def assert_refused(self, sidecar, reply, status: int, reason: str, setting: str) -> dict:
        """A problem that names the setting that caused it; counted, and explained in the same words."""
        problem = self.assert_problem(reply, status, reason)
        self.assertIn(setting, problem["detail"])
        entry = self.explained(sidecar, problem["request_id"])
        self.assertEqual((entry["status"], entry["reason"]), (status, reason))
        self.assertIn(setting, entry["explained"])
        return entry
