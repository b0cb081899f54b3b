#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of log records that misbehaves on purpose: Logstash's http input, its tcp input (json_lines), or
Elasticsearch's _bulk with an index in memory.

    faulty_receiver.py --kind http|tcp|bulk --store FILE [--port N] [--seed N] [--faults WORD=SHARE,...]
                       [--script WORD[*N],...] [--hang SECONDS] [--retry-after SECONDS] [--max-bytes N] [--poison TEXT]

It writes "listening PORT" to stdout once it does (port 0: a free one). Records go to FILE as they came, one a line, in
one write() before they are answered: what was answered survives SIGKILL. A receiver that is started again with the same
FILE goes on with it; with `bulk` it then still knows the _ids (409). SIGTERM ends it.

Faults strike whole requests (tcp: what is read at once, up to 64 KiB). By chance, with --faults 429=10%,reset=5%, drawn
from --seed; or one after the other with --script ok*3,500,hang, after which all is well. Words:

    ok            nothing
    429 500 503 401 403 413 400   that status, nothing stored; 429 and 503 with Retry-After if --retry-after is given
    hang          nothing is stored or answered for --hang seconds (30), then the connection is closed
    reset         the connection is reset while the request comes in; nothing is stored (tcp: half of it is)
    after         all is stored, and the connection is reset instead of the answer
    half          the first half is stored, then 500 (tcp: a reset)
    slow          it reads and answers slowly
    garbage       all is stored, and the answer is no HTTP (bulk: is no JSON; tcp: as `ok`, and it talks back)
    short         bulk: all is stored, but the answer speaks of one item less
    partial       bulk: every third item gets 429, every seventh 503; they are not stored
    failure_store bulk: every fifth item is said to be in the failure store; it is not stored

--max-bytes: longer bodies (unpacked) get 413. --poison: a record that contains TEXT is refused for good: http answers
400 to the whole request, bulk gives its item 400. http and bulk answer GET /count with the number of records stored.
"""
import argparse
import asyncio
import gzip
import json
import os
import random
import signal
import socket
import struct

TCP_READ = 65536


class Plan:
    """Which fault comes next."""

    def __init__(self, arguments):
        self.chance = random.Random(arguments.seed)
        self.shares = []
        for part in filter(None, arguments.faults.split(",")):
            word, share = part.split("=")
            self.shares.append((word, float(share.rstrip("%")) / 100))
        self.script = []
        for part in filter(None, arguments.script.split(",")):
            word, _, times = part.partition("*")
            self.script += [word] * int(times or 1)

    def next(self) -> str:
        if self.script:
            return self.script.pop(0)
        drawn = self.chance.random()
        for word, share in self.shares:
            drawn -= share
            if drawn < 0:
                return word
        return "ok"


class Store:
    def __init__(self, path: str):
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self.count = 0
        self.ids = set()
        self.mend(path)

    def mend(self, path: str):
        """Goes on with what an earlier receiver stored; its last line may be torn."""
        with open(path, "rb") as file:
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            os.ftruncate(self.file, len(whole))
        for line in whole.splitlines():
            self.count += 1
            self.ids.add(event_id(line))

    def add(self, lines: list[bytes]):
        if not lines:
            return
        data = b"".join(line + b"\n" for line in lines)
        while data:
            data = data[os.write(self.file, data):]
        self.count += len(lines)


def event_id(line: bytes) -> str:
    try:
        return json.loads(line).get("event", {}).get("id", "")
    except ValueError:
        return ""


def reset(writer: asyncio.StreamWriter):
    """RST instead of FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Broken(Exception):
    """The connection is to be reset."""


class HttpReceiver:
    def __init__(self, arguments, plan: Plan, store: Store):
        self.arguments, self.plan, self.store = arguments, plan, store

    async def serve(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except Broken:
            return reset(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def exchange(self, reader, writer) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if head[0].startswith("GET /count"):
            self.answer(writer, 200, str(self.store.count).encode())
            return True
        fault = self.plan.next()
        body = await self.body(reader, int(headers.get("content-length", 0)), fault)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if fault == "hang":
            await asyncio.sleep(self.arguments.hang)
            return False
        if fault == "slow":
            await asyncio.sleep(0.2)
        status, answer = self.act(fault, body)
        if fault == "garbage" and self.arguments.kind == "http":
            writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            await writer.drain()
            return False
        self.answer(writer, status, answer)
        await writer.drain()
        return True

    async def body(self, reader, size: int, fault: str) -> bytes:
        if fault == "reset":
            await reader.readexactly(size // 2)
            raise Broken
        if fault != "slow":
            return await reader.readexactly(size)
        body = b""
        while len(body) < size:
            body += await reader.read(min(size - len(body), max(size // 8, 4096)))
            await asyncio.sleep(0.02)
        return body

    def answer(self, writer, status: int, body: bytes):
        more = b""
        if status in (429, 503) and self.arguments.retry_after:
            more = f"Retry-After: {self.arguments.retry_after}\r\n".encode()
        writer.write(f"HTTP/1.1 {status} As planned\r\nContent-Length: {len(body)}\r\n".encode() + more + b"\r\n" + body)

    def act(self, fault: str, body: bytes):
        if fault.isdigit():
            return int(fault), b"as planned"
        if self.arguments.max_bytes and len(body) > self.arguments.max_bytes:
            return 413, b"too large"
        return self.store_array(fault, body)

    def store_array(self, fault: str, body: bytes):
        if not (body.startswith(b"[{") and body.endswith(b"}]")):
            return 400, b"not an array of objects"
        if self.arguments.poison and self.arguments.poison.encode() in body:
            return 400, b"poison"
        json.loads(body)
        lines = body[1:-1].replace(b"}},{\"@timestamp", b"}}\n{\"@timestamp").split(b"\n")
        if fault == "half":
            self.store.add(lines[:len(lines) // 2])
            return 500, b"half"
        self.store.add(lines)
        if fault == "after":
            raise Broken
        return 200, b"ok"


class BulkReceiver(HttpReceiver):
    def store_array(self, fault: str, body: bytes):
        lines = body.split(b"\n")
        if lines.pop() != b"" or len(lines) % 2:
            return 400, b'{"error":"the bulk request must be terminated by a newline"}'
        actions, documents = lines[0::2], lines[1::2]
        if fault == "half":
            actions, documents = actions[:len(actions) // 2], documents[:len(documents) // 2]
        items, new = [], []
        for number, (action, document) in enumerate(zip(actions, documents)):
            items.append({"create": self.item(fault, number, json.loads(action)["create"].get("_id"), document, new)})
        self.store.add(new)
        if fault == "after":
            raise Broken
        if fault == "half":
            return 500, b"half"
        if fault == "garbage":
            return 200, b'{"items": [{"create"'
        if fault == "short":
            items.pop()
        return 200, json.dumps({"errors": any(item["create"]["status"] >= 300 for item in items), "items": items}).encode()

    def item(self, fault: str, number: int, name, document: bytes, new: list) -> dict:
        if self.arguments.poison and self.arguments.poison.encode() in document:
            return {"status": 400, "error": {"type": "document_parsing_exception", "reason": "poison"}}
        if fault == "partial" and number % 3 == 1:
            return {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue full"}}
        if fault == "partial" and number % 7 == 5:
            return {"status": 503, "error": {"type": "unavailable_shards_exception", "reason": "not now"}}
        if fault == "failure_store" and number % 5 == 2:
            return {"status": 201, "failure_store": "used"}
        if name in self.store.ids:
            return {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "it is there"}}
        self.store.ids.add(name)
        new.append(document)
        return {"status": 201}


class TcpReceiver:
    def __init__(self, arguments, plan: Plan, store: Store):
        self.arguments, self.plan, self.store = arguments, plan, store

    async def serve(self, reader, writer):
        rest = b""
        try:
            while True:
                fault = self.plan.next()
                if fault == "hang":
                    await asyncio.sleep(self.arguments.hang)
                    break
                data = await reader.read(TCP_READ if fault != "slow" else 4096)
                if not data:
                    break
                if fault == "slow":
                    await asyncio.sleep(0.05)
                if fault == "garbage":
                    writer.write(b"hello?\n")
                cut = len(data) // 2 if fault in ("reset", "half") else len(data)
                *lines, rest = (rest + data[:cut]).split(b"\n")
                self.store.add(lines)
                if fault in ("reset", "half", "after"):
                    return reset(writer)
        except ConnectionError:
            pass
        writer.close()


async def run(arguments):
    plan, store = Plan(arguments), Store(arguments.store)
    kinds = {"http": HttpReceiver, "bulk": BulkReceiver, "tcp": TcpReceiver}
    receiver = kinds[arguments.kind](arguments, plan, store)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", arguments.port, limit=1 << 20)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["http", "tcp", "bulk"], required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="")
    parser.add_argument("--script", default="")
    parser.add_argument("--hang", type=float, default=30.0)
    parser.add_argument("--retry-after", default="")
    parser.add_argument("--max-bytes", type=int, default=0)
    parser.add_argument("--poison", default="")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
