# SPDX-License-Identifier: Apache-2.0
"""Bodies of 5 GiB pass both ways in constant memory."""
import socket
import threading
import time

import requirements
from app import App
from caller import Caller, get
from system_case import SystemTest

SIZE = 5 << 30
CHUNKED_SIZE = 1 << 30
GROWTH_KIB = 4 * 1024        # of resident memory: two buffers of each socket's path, and what the log takes
BLOCK = bytes(4 << 20)


def discard(connection: socket.socket, count: int):
    """Throws so many bytes away, without copying them."""
    into = bytearray(1 << 20)
    while count:
        got = connection.recv_into(into, min(len(into), count), socket.MSG_TRUNC)
        if not got:
            raise OSError(f"ended {count} bytes early")
        count -= got


def send_zeros(connection: socket.socket, count: int):
    for _ in range(count // len(BLOCK)):
        connection.sendall(BLOCK)


def send_chunks(connection: socket.socket, count: int):
    for _ in range(count // len(BLOCK)):
        connection.sendall(b"%x\r\n" % len(BLOCK))
        connection.sendall(BLOCK)
        connection.sendall(b"\r\n")
    connection.sendall(b"0\r\n\r\n")


def take_chunks(reader) -> int:
    count = 0
    while data := reader.chunk():
        count += len(data)
    reader.until(b"\r\n")
    return count


def serve(connection):
    while (request := connection.head()) is not None:
        if request.headers["Transfer-Encoding"]:
            count = take_chunks(connection.reader)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            send_chunks(connection.socket, count)
        else:
            size = int(request.headers["Content-Length"] or 0)
            count = size - len(connection.reader.buffer)
            connection.reader.buffer = b""
            discard(connection.socket, count)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
            send_zeros(connection.socket, SIZE)


class LargeBodiesTest(SystemTest):
    def start(self):
        app = App(serve)
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app)
        sidecar.wait_ready()
        return sidecar

    def watched(self, sidecar, run, what: str):
        """Runs it, and holds the sidecar's memory against what it was before."""
        before, most, ended = sidecar.resident_kib(), 0, threading.Event()

        def watch():
            nonlocal most
            while not ended.wait(0.05):
                most = max(most, sidecar.resident_kib())

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        began = time.monotonic()
        try:
            run()
        finally:
            ended.set()
            watching.join()
        print(f"{what}: {time.monotonic() - began:.1f} s, {most - before} KiB of memory more", flush=True)
        self.assertGreater(most, 0)
        self.assertLess(most - before, GROWTH_KIB)

    def test_five_gibibytes_up_and_down(self):
        sidecar = self.start()

        def run():
            with Caller(sidecar.address, timeout=60) as caller:
                caller.send(get("/", f"Content-Length: {SIZE}", method="POST"))
                send_zeros(caller.socket, SIZE)
                reply = caller.head()
                self.assertEqual((reply.status, reply.headers["Content-Length"]), (200, str(SIZE)))
                discard(caller.socket, SIZE - len(caller.reader.buffer))

        self.watched(sidecar, run, "5 GiB up and down")
        line = self.assert_logged(sidecar, 1, status=200)
        self.assertEqual(line["http"]["request"]["body"]["bytes"], SIZE)
        self.assertEqual(line["http"]["response"]["body"]["bytes"], SIZE)

    def test_one_gibibyte_in_chunks_up_and_down(self):
        sidecar = self.start()

        def run():
            with Caller(sidecar.address, timeout=60) as caller:
                caller.send(get("/", "Transfer-Encoding: chunked", method="POST"))
                send_chunks(caller.socket, CHUNKED_SIZE)
                self.assertEqual(caller.head().status, 200)
                self.assertEqual(take_chunks(caller.reader), CHUNKED_SIZE)

        self.watched(sidecar, run, "1 GiB in chunks up and down")


if __name__ == "__main__":
    requirements.main()
