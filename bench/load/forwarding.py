# SPDX-License-Identifier: Apache-2.0
"""That a contender proxies at all, and adds the fields that it should."""
import contextlib
import pathlib
import socket
import threading
import time

import processes
from contenders import Contender
from measuring import SETTLE_SECONDS, Invalid

PROBE = b"GET /orders/7/items HTTP/1.1\r\nHost: orders.shop.example\r\n\r\n"
PROBE_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def check_forwarding(contender: Contender) -> list[str]:
    """One request through it; the names of the fields that it added."""
    heads: list[bytes] = []
    family, address = socket.AF_INET, contender.origin
    if contender.leg == "unix":
        family, address = socket.AF_UNIX, contender.origin.removeprefix("unix:")
        pathlib.Path(address).unlink(missing_ok=True)
    else:
        host, port = address.split(":")
        address = (host, int(port))
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        # A daemon: it waits for connections until the listener closes.
        threading.Thread(target=answer_probes, args=(listener, heads), daemon=True).start()
        host, port = contender.target.split(":")
        with socket.create_connection((host, int(port)), timeout=processes.PATIENCE) as caller:
            caller.sendall(PROBE)
            reply = caller.recv(65536)
        listener.shutdown(socket.SHUT_RDWR)
    time.sleep(SETTLE_SECONDS)
    if not reply.startswith(b"HTTP/1.1 200 ") or not heads:
        raise Invalid(f"{contender.name}: the first request got {reply[:300]!r}")
    names = [line.partition(b":")[0].decode().lower() for line in heads[0].split(b"\r\n")[1:] if line]
    missing = set(contender.adds) - set(names)
    if missing:
        raise Invalid(f"{contender.name}: it did not add {', '.join(sorted(missing))}")
    return sorted(set(names) - {"host"})


def answer_probes(listener: socket.socket, heads: list[bytes]):
    """Also meets health checks: those connect and send nothing."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(0.5)
                head = b""
                while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
                    head += part
                if head:
                    heads.append(head)
                    connection.sendall(PROBE_REPLY)
                    connection.recv(1)       # until the proxy or the patience ends
