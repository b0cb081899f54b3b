# SPDX-License-Identifier: Apache-2.0
"""An application in threads whose every byte a test decides."""
import json
import socket
import struct
import threading
from dataclasses import dataclass

from caller import Broken, ByteReader, Head, Headers


@dataclass
class Request:
    method: str
    target: str
    version: str
    headers: Headers
    body: bytes = b""
    trailers: Headers = None
    connection: int = 0                      # its number, from 1


class Connection:
    """The app's end of one connection from the sidecar."""

    def __init__(self, accepted: socket.socket, number: int):
        self.socket, self.number = accepted, number
        self.socket.settimeout(30)
        if accepted.family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = ByteReader(accepted)

    def head(self):
        """The next request's head; None when the connection has ended."""
        try:
            text = self.reader.until(b"\r\n\r\n")
        except (Broken, OSError):
            return None
        if not text:
            return None
        head = Head.parse(text)
        method, target, version = head.start.split(" ")
        return Request(method, target, version, head.headers, connection=self.number)

    def body(self, request: Request) -> bytes:
        if request.headers["Transfer-Encoding"]:
            request.body, request.trailers = self.reader.chunked()
        elif request.headers["Content-Length"]:
            request.body = self.reader.exactly(int(request.headers["Content-Length"]))
        return request.body

    def send(self, data: bytes):
        self.socket.sendall(data)

    def reply(self, status: int = 200, body: bytes = b"", *fields: str):
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def close(self):
        self.socket.close()

    def finish(self):
        """FIN, and no reading any more."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait_for_end(self):
        """Until the sidecar closes; what it still sends is thrown away."""
        try:
            while self.socket.recv(65536):
                pass
        except OSError:
            pass


class App:
    """Listens on a free port, the given one, or a unix socket; `serve(connection)` runs in a thread for each
    connection. `heir`: of a port whose last owner had SO_REUSEPORT, as servers of cpp-httplib have."""

    def __init__(self, serve, port: int = 0, backlog: int = 128, path: str = "", host: str = "127.0.0.1", heir: bool = False):
        self.serve = serve
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if heir else socket.SO_REUSEADDR, 1)
        self.listener.bind(path or (host, port))
        self.listener.listen(backlog)
        self.port = f"unix:{path}" if path else self.listener.getsockname()[1]
        self.accepted, self.open, self.lock = 0, set(), threading.Lock()
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                connection = Connection(accepted, self.accepted)
                self.open.add(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: Connection):
        try:
            if connection.reader.fill():     # else a health probe: it connects and says nothing
                self.serve(connection)
        except (OSError, Broken, ValueError):
            pass                             # a test closes connections at any moment
        finally:
            connection.close()
            with self.lock:
                self.open.discard(connection)

    def stop(self):
        # shutdown() wakes the thread in accept(); close() alone does not.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.threads[0].join(10)
        with self.lock:
            left = list(self.open)
        for connection in left:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def answering(answer):
    """serve() that reads whole requests and calls answer(connection, request) until it returns False."""
    def serve(connection: Connection):
        while (request := connection.head()) is not None:
            connection.body(request)
            if answer(connection, request) is False:
                return
    return serve


class Mirror:
    """Answers every request with a JSON picture of it, and keeps them."""

    def __init__(self):
        self.requests: list[Request] = []

    def __call__(self, connection: Connection, request: Request):
        self.requests.append(request)
        picture = {"method": request.method, "target": request.target, "headers": list(request.headers),
                   "length": len(request.body), "connection": request.connection}
        connection.reply(200, json.dumps(picture).encode(), "Content-Type: application/json")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refusing_port(test) -> int:
    """A port that refuses connections until the test has ended: nobody else can get it, and nobody listens."""
    bound = socket.socket()
    test.addCleanup(bound.close)
    bound.bind(("127.0.0.1", 0))
    return bound.getsockname()[1]
