# SPDX-License-Identifier: Apache-2.0
"""A caller that speaks HTTP/1.1 byte by byte, and believes nothing."""
import select
import socket
import struct
from dataclasses import dataclass, field

BODILESS = (204, 304)


class Broken(Exception):
    """The connection ended, or went wrong, inside a message. `received` is what came of the body."""

    def __init__(self, why: str, received: bytes = b""):
        super().__init__(why)
        self.received = received


class Headers(list):
    """(name, value) in their order."""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self if key.lower() == name.lower()]

    def __getitem__(self, name):
        if isinstance(name, int):
            return super().__getitem__(name)
        found = self.all(name)
        if len(found) > 1:
            raise AssertionError(f"{name} comes {len(found)} times: {found}")
        return found[0] if found else None


@dataclass
class Head:
    start: str
    headers: Headers

    @classmethod
    def parse(cls, text: bytes) -> "Head":
        lines = text.decode("latin-1").split("\r\n")
        fields = (line.split(":", 1) for line in lines[1:])
        return cls(lines[0], Headers(tuple(part.strip(" \t") for part in field) for field in fields))


@dataclass
class Reply:
    version: str
    status: int
    headers: Headers
    body: bytes = b""
    framing: str = "none"                    # none, length, chunked, close
    trailers: Headers = field(default_factory=Headers)
    interim: list = field(default_factory=list)


class ByteReader:
    """Buffered reading from a socket, for either side."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.buffer = b""

    def fill(self) -> bool:
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, marker: bytes) -> bytes:
        """Up to the marker, which is taken too. Empty at a clean end; Broken at one in between."""
        while marker not in self.buffer:
            if not self.fill():
                if self.buffer:
                    raise Broken(f"ended inside {self.buffer[:100]!r}", self.buffer)
                return b""
        found, self.buffer = self.buffer.split(marker, 1)
        return found

    def exactly(self, count: int) -> bytes:
        parts, have = [self.buffer], len(self.buffer)
        self.buffer = b""
        while have < count:
            data = self.socket.recv(min(1 << 20, count - have))
            if not data:
                raise Broken(f"ended {count - have} bytes early", b"".join(parts))
            parts.append(data)
            have += len(data)
        whole = b"".join(parts)
        self.buffer = whole[count:]
        return whole[:count]

    def chunk(self) -> bytes:
        """One chunk's data; empty: the last one, whose trailers come next."""
        line = self.until(b"\r\n")
        if not line:
            raise Broken("ended between two chunks")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return b""
        data = self.exactly(size)
        if self.exactly(2) != b"\r\n":
            raise Broken("a chunk without its end", data)
        return data

    def chunked(self) -> tuple[bytes, Headers]:
        parts = []
        try:
            while data := self.chunk():
                parts.append(data)
        except (Broken, OSError) as error:
            raise Broken(str(error), b"".join(parts) + getattr(error, "received", b"")) from error
        lines = []
        while line := self.until(b"\r\n"):
            lines.append(line)
        return b"".join(parts), Head.parse(b"\r\n".join([b"", *lines])).headers if lines else Headers()

    def rest(self) -> bytes:
        while self.fill():
            pass
        found, self.buffer = self.buffer, b""
        return found


class Caller:
    """One connection to the sidecar."""

    def __init__(self, address, timeout: float = 20.0):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = ByteReader(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def ask(self, data: bytes, method: str = "GET") -> Reply:
        self.send(data)
        return self.reply(method)

    def head(self) -> Reply:
        """The next head, an interim one too."""
        text = self.reader.until(b"\r\n\r\n")
        if not text:
            raise Broken("closed instead of a reply")
        head = Head.parse(text)
        version, status, _ = (head.start + " ").split(" ", 2)
        return Reply(version, int(status), head.headers)

    def reply(self, method: str = "GET") -> Reply:
        """The next final reply, whole."""
        interim = []
        while (reply := self.head()).status < 200:
            interim.append(reply)
        reply.interim = interim
        return self.body(reply, method)

    def body(self, reply: Reply, method: str = "GET") -> Reply:
        coding, length = reply.headers["Transfer-Encoding"], reply.headers["Content-Length"]
        if method == "HEAD" or reply.status in BODILESS:
            return reply
        if coding is not None:
            if length is not None:
                raise Broken("both Transfer-Encoding and Content-Length")
            reply.framing = "chunked"
            reply.body, reply.trailers = self.reader.chunked()
        elif length is not None:
            reply.framing = "length"
            reply.body = self.reader.exactly(int(length))
        else:
            reply.framing = "close"
            reply.body = self.reader.rest()
        return reply

    def closed(self) -> bool:
        """Waits for the other side's end; False if bytes come instead."""
        if self.reader.buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def silent(self, seconds: float) -> bool:
        """Nothing comes, and it is not closed, for so long."""
        return not self.reader.buffer and not select.select([self.socket], [], [], seconds)[0]

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class ObedientCaller:
    """Keeps its connection, and opens another one when it was told `Connection: close`, never else."""

    def __init__(self, address):
        self.address, self.caller = address, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ask(self, data: bytes, method: str = "GET") -> Reply:
        self.caller = self.caller or Caller(self.address)
        reply = self.caller.ask(data, method)
        if (reply.headers["Connection"] or "").lower() == "close":
            self.close()
        return reply

    def close(self):
        if self.caller:
            self.caller.close()
        self.caller = None


def get(path: str = "/", *fields: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: shop.test", *fields, "", ""]).encode("latin-1")


def post(path: str, body: bytes, *fields: str, method: str = "POST") -> bytes:
    return get(path, f"Content-Length: {len(body)}", *fields, method=method) + body


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
