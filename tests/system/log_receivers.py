# SPDX-License-Identifier: Apache-2.0
"""Real programs that take logs over TCP, a JSON object a line, and write to a file what they have read in it."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from program import PATIENCE, die_with_parent, until

UNPACKED = pathlib.Path(__file__).resolve().parents[2] / "build" / "peers" / "syslog-ng"    # by scripts/setup all

RSYSLOG = '''
global(workDirectory="{folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="{input}")
module(load="mmjsonparse")
template(name="parsed" type="list") {{ property(name="$!all-json-plain") constant(value="\\n") }}
ruleset(name="records") {{
    action(type="mmjsonparse" cookie="" useRawMsg="on")
    action(type="omfile" file="{out}" template="parsed")
}}
input(type="{input}" port="{port}" address="127.0.0.1" ruleset="records")
'''
SYSLOG_NG = '''
@version: 3.38
@module afsocket
@module affile
@module json-plugin
options {{ stats-freq(0); }};
source records {{ network(ip("127.0.0.1") port({port}) flags(no-parse) log-msg-size(65536)); }};
parser json {{ json-parser(prefix(".json.")); }};
destination file {{ file("{out}" template("$(format-json --scope none --key .json.* --shift-levels 2)\\n")); }};
log {{ source(records); parser(json); destination(file); }};
'''


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def syslog_ng_command():
    """The program, or why there is none."""
    if (UNPACKED / "usr/sbin/syslog-ng").exists():
        return str(UNPACKED / "usr/sbin/syslog-ng"), ""
    installed = shutil.which("syslog-ng")
    return installed or "", "" if installed else "syslog-ng is not here (scripts/setup all unpacks it)"


class Receiver:
    """Runs until stop(); its port is open once it is made."""

    def __init__(self, config: str, command, environment=None, prepare=lambda folder: None, **names):
        self.folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        folder = pathlib.Path(self.folder.name)
        self.port, self.out = free_port(), folder / "out"
        prepare(folder)
        file = folder / "config"
        file.write_text(config.format(folder=folder, out=self.out, port=self.port, **names))
        with open(folder / "err", "wb") as err:
            # A pipe that stays open: at the end of its input openssl would end.
            self.process = subprocess.Popen(command(file, folder), stdin=subprocess.PIPE, stdout=err, stderr=err,
                                            env={**os.environ, **(environment or {})}, preexec_fn=die_with_parent)
        try:
            until(self.listens, f"{command(file, folder)[0]} listens")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}: {(folder / 'err').read_text()[:2000]}") from None

    def listens(self) -> bool:
        """Looks without connecting: an empty connection would be one more that it serves."""
        pattern = re.compile(rf":{self.port:04X} 0+:0000 0A ")
        return bool(pattern.search(pathlib.Path("/proc/net/tcp").read_text()))

    def lines(self, least: int) -> list[bytes]:
        end = time.monotonic() + PATIENCE
        while True:
            found = self.out.read_bytes().splitlines() if self.out.exists() else []
            if len(found) >= least or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.stdin.close()
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def rsyslog(module: str) -> Receiver:
    return Receiver(RSYSLOG, lambda file, folder: ["rsyslogd", "-n", "-f", str(file), "-i", str(folder / "pid")], input=module)


def syslog_ng() -> Receiver:
    library = UNPACKED / "usr/lib"
    found = [str(path.parent) for path in library.rglob("libsyslog-ng-*.so.0")]
    paths = [*found, *(str(path) for path in library.glob("*-linux-gnu"))]
    modules = [str(path.parent) for path in library.rglob("libafsocket.so")]
    options = [f"--module-path={modules[0]}"] if modules else []
    return Receiver(SYSLOG_NG,
                    lambda file, folder: [syslog_ng_command()[0], "-F", "--no-caps", *options, f"--cfgfile={file}",
                                          f"--persist-file={folder}/persist", f"--pidfile={folder}/pid",
                                          f"--control={folder}/control"],
                    {"LD_LIBRARY_PATH": ":".join(paths)})


def tls() -> Receiver:
    """openssl's own server; its certificate is `ca` in its folder."""
    def prepare(folder):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key", "-out", folder / "ca",
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)

    return Receiver("{port}",
                    lambda file, folder: ["sh", "-c", f"exec openssl s_server -accept 127.0.0.1:{file.read_text()} -cert {folder}/ca "
                                                      f"-key {folder}/key -quiet >{folder}/out"],
                    prepare=prepare)
