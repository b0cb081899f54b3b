# SPDX-License-Identifier: Apache-2.0
"""The main job with real peers: a Node application, called by curl."""
import hashlib
import json
import pathlib
import subprocess
import tempfile

import requirements
from node_app import NodeApp
from system_case import SystemTest

CURL = ("curl", "--silent", "--noproxy", "*")
SIZES = (0, 1, 1024, 70_000, 5_000_000)


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


class CurlTest(SystemTest):
    def setUp(self):
        self.app = NodeApp()
        self.addCleanup(self.app.stop)
        self.proxy = self.sidecar(self.app)
        self.proxy.wait_ready()
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.calls = 0

    def curl(self, *arguments, count: int = 1) -> bytes:
        self.calls += count
        command = [*CURL, "--show-error", "--max-time", "30", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout

    def tearDown(self):
        self.assert_logged(self.proxy, self.calls)

    def test_methods(self):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            picture = json.loads(self.curl("-X", method, self.proxy.url("/mirror")))
            self.assertEqual(picture["method"], method)
        head = self.curl("--head", self.proxy.url("/fixed?size=4321")).decode()
        self.assertTrue(head.startswith("HTTP/1.1 200"), head)
        self.assertIn("content-length: 4321", head.lower())

    def test_uploads(self):
        for size in SIZES:
            file = self.folder / f"up{size}"
            file.write_bytes(pattern(size))
            for way in ("--data-binary", "--upload-file"):
                for chunked in ((), ("-H", "Transfer-Encoding: chunked")):
                    if size == 0 and way == "--upload-file" and chunked:
                        continue                     # curl 7.88 sends no last chunk then, to nobody
                    with self.subTest(size=size, way=way, chunked=bool(chunked)):
                        value = f"@{file}" if way == "--data-binary" else str(file)
                        picture = json.loads(self.curl(way, value, *chunked, self.proxy.url("/mirror")))
                        self.assertEqual((picture["length"], picture["sha256"]),
                                         (size, hashlib.sha256(pattern(size)).hexdigest()))

    def test_downloads(self):
        for size in SIZES:
            for way in ("fixed", "chunked"):
                with self.subTest(size=size, way=way):
                    self.assertEqual(self.curl(self.proxy.url(f"/{way}?size={size}")), pattern(size))
        self.assertEqual(self.curl("--http1.0", self.proxy.url("/chunked?size=70000")), pattern(70_000))

    def test_an_upload_that_waits_for_100(self):
        file = self.folder / "up"
        file.write_bytes(pattern(70_000))
        waits = ("-H", "Expect: 100-continue", "--expect100-timeout", "20")
        picture = json.loads(self.curl(*waits, "--data-binary", f"@{file}", self.proxy.url("/mirror")))
        self.assertEqual(picture["length"], 70_000)

    def test_an_offer_of_http_2_is_let_pass(self):
        self.assertEqual(self.curl("--http2", self.proxy.url("/")), b"hello")

    def test_many_on_one_connection(self):
        urls = [self.proxy.url(f"/fixed?size={size}") for size in range(50)]
        body = self.curl(*urls, count=50)
        self.assertEqual(len(body), sum(range(50)))

    def test_an_event_stream_shows_its_first_event_at_once(self):
        self.calls += 2
        stream = subprocess.Popen([*CURL, "--no-buffer", self.proxy.url("/events")], stdout=subprocess.PIPE)
        self.addCleanup(stream.stdout.close)
        self.addCleanup(stream.kill)
        count = 1
        while self.curl("--data-binary", "one", self.proxy.url("/publish"), count=0) == b"0":
            count += 1                               # until the stream has arrived at the app
        self.assertEqual(stream.stdout.readline(), b"data: one\n")
        self.curl("-X", "POST", self.proxy.url("/publish"), count=0)
        self.assertEqual(stream.wait(20), 0)
        self.calls += count


if __name__ == "__main__":
    requirements.main("node", "curl")
