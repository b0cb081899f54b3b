#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what a NestJS app with @nestjs/terminus answers: recorder.py writes goldens.json anew.

Needs Node and the npm modules of this folder (scripts/setup test)."""
import http.client
import json
import pathlib
import re
import subprocess
import tempfile

from peers import Peers
from program import die_with_parent

FOLDER = pathlib.Path(__file__).parent
GOLDENS = FOLDER / "goldens.json"
PATIENCE = 20.0


def masked(body: str) -> str:
    return re.sub(r'"responseTime":\d+', '"responseTime":0', body)


def answer(address, path: str, method: str = "GET") -> dict:
    """What must be alike: status line, the headers that matter, the body without the digits of responseTime."""
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return {"status": f"HTTP/1.1 {reply.status} {reply.reason}", "type": reply.headers["Content-Type"],
                "cache": reply.headers["Cache-Control"], "body": masked(reply.read().decode())}
    finally:
        connection.close()


def routes_of(peers: Peers) -> dict:
    return json.loads(peers.fill_in((FOLDER / "routes.json").read_text()))


class TerminusApp:
    def __init__(self, routes: dict):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(routes, file)
            file.flush()
            self.process = subprocess.Popen(["node", "--no-warnings", FOLDER / "terminus_app.mjs", file.name],
                                            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
            self.address = ("127.0.0.1", int(self.process.stdout.readline() or 0))

    def ask(self, route: str) -> dict:
        return answer(self.address, f"/health/{route}")

    def begin_shutdown(self, route: str):
        self.process.terminate()
        for _ in range(1000):
            if '"status":"shutting_down"' in self.ask(route)["body"]:
                return
        raise AssertionError("the NestJS app does not say that it shuts down")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def record() -> dict:
    """The answers by route."""
    peers = Peers()
    app = None
    try:
        routes = routes_of(peers)
        app = TerminusApp(routes)
        draining = [route for route, given in routes.items() if given.get("draining")]
        goldens = {route: app.ask(route) for route in routes if route not in draining}
        app.begin_shutdown(draining[0])
        return goldens | {route: app.ask(route) for route in draining}
    finally:
        if app:
            app.stop()
        peers.stop()


def written(goldens: dict) -> str:
    return json.dumps(goldens, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    GOLDENS.write_text(written(record()))
