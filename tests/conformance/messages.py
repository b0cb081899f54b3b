# SPDX-License-Identifier: Apache-2.0
"""Requests and responses of every kind, good ones and bad ones, from a seed."""
import random

ENDS = [b"\n", b"\r", b"\r\r\n", b" \r\n", b"\t\r\n", b"\n\r\n", b"\0\r\n"]
METHODS = [b"GET"] * 8 + [b"POST"] * 8 + [
    b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"PURGE", b"M-SEARCH", b"PROPFIND",
    b"get", b"FOO", b"G T", b"GE\x01T", b"", b"CONNECT", b"PRI", b"QUERY", b"SOURCE",
]
TARGETS = [b"/"] * 8 + [
    b"/a?b=c&d", b"/%00", b"/a\"<>\\^`{|}", b"/\x80\xff", b"/a#b", b"/a b", b"*", b"a", b"", b"http://shop.test/x",
    b"http://shop.test", b"https://a:80/?q", b"http://a?b", b"ftp://a/", b"//a/b", b"http://u@a/", b"/" + b"x" * 300,
    b"/\t", b"/\x7f", b"/\x01",
]
VERSIONS = [b"HTTP/1.1"] * 24 + [b"HTTP/1.0"] * 4 + [
    b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1.",
    b"HTTP/ 1.1", b"HTTQ/1.1", b"", b"RTSP/1.0", b"ICE/1.0",
]
LENGTHS = [b"%d"] * 12 + [
    b"0%d", b"+%d", b"-%d", b" %d ", b"%d,%d", b"%d, %d", b"0x%d", b"%d\t", b"%d.0", b"%de0", b"%d;", b"%d a", b"",
    b"%d\x0b", b"18446744073709551616", b"9223372036854775807", b"9223372036854775808", b"1844674407370955161%d",
]
CODINGS = [b"chunked"] * 12 + [
    b"Chunked", b"CHUNKED ", b"\tchunked", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked,",
    b",chunked", b"chunked;q=1", b"identity", b"identity, chunked", b"xchunked", b"chunkedx", b"\x0bchunked",
    b"chunked\x0c", b"\"chunked\"", b"chun ked", b"", b"gzip", b"deflate,chunked", b"chunked\xa0",
]
NAMES = [
    b"X-A", b"x_b", b"Accept", b"Cookie", b"X-Long-Name-Of-A-Field-That-Nobody-Reads", b"!#$%&'*+-.^_`|~9", b"X A",
    b"X\x00", b"X\x80", b"", b"X-A ", b" X-A", b"X(A", b"X\tA", b"User-Agent", b"TE", b"Trailer", b"Keep-Alive",
    b"Proxy-Connection",
]
VALUES = [
    b"v", b"", b"  v  ", b"\tv\t", b"a b\tc", b"\xe4\xf6\xfc", b"a\x00b", b"a\x01b", b"a\x7fb", b"a\rb", b"a\nb",
    b"a,b;c=\"d\"", b"x" * 200, b"a\r\n b", b"a\r\n\tb", b"a\n b", b":", b"v\x0b", b"\x85v", b"\xa0v\xa0",
    b"trailers",
]
CONNECTIONS = [
    b"close", b"keep-alive", b"Keep-Alive, X-A", b"upgrade", b"close, keep-alive", b"Upgrade, close", b"", b",",
    b"X-A", b"content-length", b"transfer-encoding", b"keep-alive\x01", b"closed", b"CLOSE ",
]
SIZES = [b"%x"] * 30 + [
    b"%X", b"0%x", b"000000000000%x", b"00000000000000000000%x", b"0x%x", b"+%x", b"-%x", b" %x", b"%x ", b"%x\t",
    b"%xg", b"", b"1%x", b"ffffffffffffffff", b"7fffffffffffffff", b"8000000000000000", b"10000000000000000",
]
EXTENSIONS = [b""] * 40 + [
    b";a", b";a=b", b";a=\"b;c\"", b" ;a", b"; a = b", b";", b";a=", b";a=\"b", b";a=\"b\\\"\"", b";\x00", b";a=b c",
    b";a\xff=b", b";a,b", b";a;b;c", b" ", b";a=\"\n\"", b";a=\"\r\n\"", b";=b",
]
STATUSES = [200] * 12 + [204, 304, 404, 500, 100, 101, 102, 103, 199, 201, 206, 301, 599, 999, 600, 99, 1000, 0]
PHRASES = [b" OK"] * 10 + [b" ", b"", b" a b", b" \xe4", b" a\x01", b" \t", b"  x", b" a\x00", b" a\x7f"]


class Messages:
    def __init__(self, seed: int):
        self.rng = random.Random(seed)

    def one_of(self, choices):
        return self.rng.choice(choices)

    def end(self) -> bytes:
        return self.one_of(ENDS) if self.rng.random() < 0.005 else b"\r\n"

    def lines(self, lines) -> bytes:
        return b"".join(line + self.end() for line in lines) + self.end()

    def field(self, name: bytes, value: bytes) -> bytes:
        wild = self.rng.random() < 0.01
        return name + self.one_of([b" : ", b"\t:", b"", b";", b":\r\n "] if wild else [b": "] * 4 + [b":", b":  ",
        b":\t"]) + value

    def other_fields(self) -> list[bytes]:
        fields = []
        for _ in range(self.rng.randrange(4)):
            name = self.one_of(NAMES if self.rng.random() < 0.04 else NAMES[:6])
            fields.append(self.field(name, self.one_of(VALUES if self.rng.random() < 0.04 else VALUES[:6])))
        if self.rng.random() < 0.15:
            fields.append(self.field(b"Connection", self.one_of(CONNECTIONS)))
        if self.rng.random() < 0.05:
            fields.append(self.field(b"Upgrade", self.one_of([b"websocket", b"h2c", b""])))
        return fields

    def chunked(self, body: bytes) -> bytes:
        coded, at = b"", 0
        while at < len(body):
            size = self.rng.randrange(1, len(body) - at + 1)
            coded += self.chunk_head(size) + body[at:at + size] + self.end()
            at += size
        if self.rng.random() < 0.03:
            return coded
        trailers = []
        while self.rng.random() < 0.2:
            name = self.one_of(NAMES[:8] if self.rng.random() < 0.8 else NAMES)
            trailers.append(self.field(name, self.one_of(VALUES[:6])))
        return coded + self.chunk_head(0) + self.lines(trailers)

    def chunk_head(self, size: int) -> bytes:
        wild = self.rng.random() < 0.04
        text = self.one_of(SIZES if wild else SIZES[:1])
        return (text % size if b"%" in text else text) + self.one_of(EXTENSIONS if wild else [b""]) + self.end()

    # Fields that frame, and the body that they may announce.
    def framing(self, bodies: float) -> tuple[list[bytes], bytes]:
        body = bytes(self.rng.randrange(256) for _ in range(self.rng.randrange(30)))
        if self.rng.random() < 0.2:
            body += b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
        kind = self.rng.random()
        if kind > bodies:
            return [], b""
        wild = self.rng.random() < 0.15
        text = self.one_of(LENGTHS if wild else LENGTHS[:1])
        announced = len(body) if self.rng.random() < 0.95 else self.rng.randrange(60)
        length = self.field(b"Content-Length", text.replace(b"%d", b"%d" % announced))
        coding = self.field(self.one_of([b"Transfer-Encoding", b"transfer-encoding"]),
                            self.one_of(CODINGS if wild else CODINGS[:1]))
        choice = self.rng.random()
        if choice < 0.42:
            return [length], body
        if choice < 0.85:
            return [coding], self.chunked(body)
        if choice < 0.91:
            return [length, coding], self.one_of([self.chunked(body), body])
        if choice < 0.95:
            return [length, length], body
        if choice < 0.98:
            return [coding, self.field(b"Transfer-Encoding", self.one_of(CODINGS))], self.chunked(body)
        return [self.field(b"Content_Length", b"5"), coding], self.chunked(body)

    def request(self) -> bytes:
        wild = self.rng.random() < 0.12
        line = b" ".join([self.one_of(METHODS if wild else METHODS[:16]),
        self.one_of(TARGETS if wild else TARGETS[:9]),
                          self.one_of(VERSIONS if wild else VERSIONS[:26])])
        if self.rng.random() < 0.02:
            line = line.replace(b" ", self.one_of([b"  ", b"\t", b"\x0b", b""]), 1)
        framing, body = self.framing(0.6)
        fields = framing + self.other_fields()
        if self.rng.random() < 0.985:
            fields.append(self.field(b"Host", self.one_of([b"shop.test"] * 200 + [b"", b"a b", b"a:80", b"[::1]",
            b"a, b", b"u@a"])))
        if self.rng.random() < 0.01:
            fields.append(b"Host: other.test")
        if self.rng.random() < 0.04:
            fields.append(self.field(b"Expect", self.one_of([b"100-continue", b"100-Continue", b"x"])))
        self.rng.shuffle(fields)
        before = self.one_of([b""] * 100 + [b"\r\n", b"\n", b"\r\n\r\n", b" "])
        return before + self.lines([line, *fields]) + body

    def requests(self) -> bytes:
        return self.mutated(b"".join(self.request() for _ in range(self.one_of([1, 1, 2, 3]))))

    def response(self) -> bytes:
        wild = self.rng.random() < 0.15
        status = self.one_of(STATUSES if wild else STATUSES[:22])
        version = self.one_of(VERSIONS if wild else VERSIONS[:26])
        line = version + b" %d" % status + self.one_of(PHRASES if wild else PHRASES[:11])
        framing, body = self.framing(0.85)
        if not framing and self.rng.random() < 0.7:
            body = b"until the end\r\n\r\n"[:self.rng.randrange(18)]
        return self.lines([line, *framing, *self.other_fields()]) + body

    def responses(self) -> bytes:
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" if self.rng.random() < 0.1 else b""
        return self.mutated(interim + self.response())

    def mutated(self, data: bytes) -> bytes:
        if self.rng.random() < 0.75 or not data:
            return data
        changed = bytearray(data)
        for _ in range(self.rng.choice([1, 1, 1, 2, 4])):
            at = self.rng.randrange(len(changed))
            how = self.rng.random()
            if how < 0.35:
                changed[at] = self.rng.choice(b"\r\n \t\0:,;0123456789aA\x0b\x7f\x80\xff")
            elif how < 0.6:
                changed.insert(at, self.rng.choice(b"\r\n \t\0:,;0123456789aA\x0b\x7f\x80\xff"))
            elif how < 0.85 and len(changed) > 1:
                del changed[at]
            else:
                del changed[at + 1:]
        return bytes(changed)
