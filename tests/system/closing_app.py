# SPDX-License-Identifier: Apache-2.0
"""An app that closes each kept connection a random moment after its last answer: closing_app.py SEED

Prints its port. When its standard input ends it prints what it saw, as JSON: how often each POST came, how many
connections it closed, and how many of these closings crossed a request that its kernel had already received (and
acknowledged), so that nobody but this app can know that it was not read.
One thread, so that next to nothing happens between the look at a connection and its closing."""
import collections
import fcntl
import heapq
import json
import random
import select
import socket
import struct
import sys
import termios
import time

MOST_REST = 0.004            # seconds; about as long as the callers pause
LISTEN_BACKLOG = 512


class ClosingApp:
    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=LISTEN_BACKLOG)
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.poll.register(sys.stdin, select.EPOLLIN)
        self.connections, self.received = {}, {}
        self.ends = []                                   # heap of (when, descriptor, its turn)
        self.turns = collections.Counter()               # an end is void when its connection has gone on
        self.seen = collections.Counter()
        self.closed = self.crossed = 0

    def run(self):
        print(self.listener.getsockname()[1], flush=True)
        while True:
            wait = max(0.0, self.ends[0][0] - time.monotonic()) if self.ends else None
            events = self.poll.poll(wait)
            for descriptor, _ in events:
                if descriptor == sys.stdin.fileno():
                    return
                if descriptor == self.listener.fileno():
                    self.accept()
                elif descriptor in self.connections:
                    self.read(descriptor)
            while self.ends and self.ends[0][0] <= time.monotonic():
                _, descriptor, turn = heapq.heappop(self.ends)
                if descriptor in self.connections and self.turns[descriptor] == turn:
                    self.close(descriptor)

    def accept(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        descriptor = connection.fileno()
        self.connections[descriptor], self.received[descriptor] = connection, b""
        self.turns[descriptor] += 1
        self.poll.register(connection, select.EPOLLIN)

    def close(self, descriptor):
        connection = self.connections.pop(descriptor)
        self.turns[descriptor] += 1
        self.closed += 1
        unread = fcntl.ioctl(connection, termios.FIONREAD, b"\0\0\0\0")
        connection.close()
        self.crossed += struct.unpack("i", unread)[0] > 0

    def forget(self, descriptor):
        self.turns[descriptor] += 1
        self.connections.pop(descriptor).close()

    def read(self, descriptor):
        connection = self.connections[descriptor]
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            return self.forget(descriptor)
        self.turns[descriptor] += 1                      # a request has begun: no end before its answer
        self.received[descriptor] += data
        head, empty_line, body = self.received[descriptor].partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not empty_line or len(body) < length:
            return
        self.received[descriptor] = body[length:]
        if head.startswith(b"POST"):
            self.seen[body[:length].decode()] += 1
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        end = time.monotonic() + self.rng.random() * MOST_REST
        heapq.heappush(self.ends, (end, descriptor, self.turns[descriptor]))


app = ClosingApp(int(sys.argv[1]))
app.run()
print(json.dumps({"seen": app.seen, "closed": app.closed, "crossed": app.crossed}))
