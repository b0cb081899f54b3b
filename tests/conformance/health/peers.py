# SPDX-License-Identifier: Apache-2.0
"""The dependencies that both sides check: pages of every kind, and a port that takes no more connections."""
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "system"))
from app import App, answering                                               # noqa: E402

PAGES = {
    "/ok": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokay",
    "/well": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well",
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "/loop": b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n",
    "/unchanged": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "/trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nokay\r\n0\r\nX-Sum: 1\r\n\r\n",
    "/hints": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokay",
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "/broken": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\nsorr",
    "/busy": b"HTTP/1.1 503 Out To Lunch\r\nContent-Length: 0\r\n\r\n",
    "/wordless": b"HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/cut500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 100\r\n\r\nonly this",
    "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nonly",
    "/head": b"HTTP/1.1 200 OK\r\nContent-Len",
    "/hints-only": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n",
    "/garbage": b"200 fine\r\n\r\n",
}
LAST = ("/cut", "/cut500", "/chunks", "/head", "/hints-only", "/garbage")              # the connection ends with these


class Peers:
    def __init__(self):
        self.release = threading.Event()
        self.pages = App(answering(self._answer))
        # Two connections fill a backlog of 1, which nobody accepts from; the kernel then drops whoever comes.
        self.full = socket.socket()
        self.full.bind(("127.0.0.1", 0))
        self.full.listen(1)
        self.waiting = [socket.create_connection(self.full.getsockname()) for _ in range(2)]

    def _answer(self, connection, request):
        if request.target == "/hangup":
            return False
        if request.target == "/reset":
            connection.reset()
            return False
        if request.target == "/silent":
            self.release.wait(60)
            return False
        if request.target.startswith("/hop/"):
            left = int(request.target.removeprefix("/hop/")) - 1
            connection.reply(302, b"", f"Location: /hop/{left}" if left else "Location: /ok")
            return True
        connection.send(PAGES[request.target])
        return request.target not in LAST

    def fill_in(self, text: str) -> str:
        return text.replace("PAGES", f"127.0.0.1:{self.pages.port}").replace(
            "FULL", f"127.0.0.1:{self.full.getsockname()[1]}")

    def stop(self):
        self.release.set()
        for connection in (*self.waiting, self.full):
            connection.close()
        self.pages.stop()
