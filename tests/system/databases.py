# SPDX-License-Identifier: Apache-2.0
"""Real Redis and PostgreSQL servers on free ports, in folders of their own, stopped by their process ids."""
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from app import free_port
from program import die_with_parent, until

PASSWORD = "it is s3cret"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def postgres_program(name: str) -> str:
    """Debian keeps them out of PATH; '' if it is not installed."""
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), "")
    return found


def unprivileged() -> dict:
    """For subprocess: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """A process that listens on self.port, which stays the same when it is started again."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="outrigger-server-")
        self.port, self.process = free_port(), None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self):
        with open(pathlib.Path(self.folder.name) / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent, **self.identity())
        until(self._started, f"{type(self).__name__} to listen")

    def identity(self) -> dict:
        return {}

    def _started(self) -> bool:
        if self.process.poll() is not None:
            log = (pathlib.Path(self.folder.name) / "log").read_text(errors="replace")
            raise AssertionError(f"{type(self).__name__} ended with {self.process.returncode}: {log}")
        return listens(self.port)

    def freeze(self):
        """The kernel goes on accepting for it, and it says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.thaw()
            self.process.send_signal(signal.SIGINT)      # PostgreSQL: without waiting for clients
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def remove(self):
        self.stop()
        self.folder.cleanup()


class Redis(Server):
    def __init__(self, *more: str):
        super().__init__()
        self.more = list(more)
        self.start()

    def command(self) -> list[str]:
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", self.folder.name, "--requirepass", PASSWORD, *self.more]


class Postgres(Server):
    def __init__(self):
        super().__init__()
        self.data = pathlib.Path(self.folder.name) / "data"
        secret = pathlib.Path(self.folder.name) / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (self.folder.name, secret):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        made = subprocess.run([postgres_program("initdb"), "-D", self.data, "-U", "shop", "-A", "scram-sha-256",
                               "--pwfile", secret, "--no-sync", "-E", "UTF8", "--locale=C"],
                              capture_output=True, text=True, cwd=self.folder.name, **self.identity())
        if made.returncode != 0:
            raise AssertionError(f"initdb: {made.stderr}")
        self.start()

    def identity(self) -> dict:
        return unprivileged()

    def command(self) -> list[str]:
        return [postgres_program("postgres"), "-D", str(self.data), "-p", str(self.port), "-h", "127.0.0.1",
                "-k", self.folder.name, "-c", "fsync=off", "-c", "max_connections=10"]


def self_signed(folder: str, days: int) -> tuple[str, str]:
    """The files of a certificate of localhost, valid for so long, and of its key."""
    certificate, key = f"{folder}/certificate-{days}.pem", f"{folder}/key-{days}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-days", str(days), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
