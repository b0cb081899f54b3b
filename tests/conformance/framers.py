# SPDX-License-Identifier: Apache-2.0
"""Programs that say how they frame what comes on connections: http1_framing.cpp tells the format."""
import json
import struct
import subprocess

SECONDS = 80


def framed(command: list[str], kind: str, cases: list[tuple[bytes, bool]]) -> list[dict]:
    data = b"".join(struct.pack("<I", len(case)) + (b"H" if to_head else b"-") + case for case, to_head in cases)
    done = subprocess.run([*command, kind], input=data, capture_output=True, timeout=SECONDS)
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    lines = done.stdout.decode().split("\n")[:-1]      # splitlines() knows more ends than JSON does
    if len(lines) != len(cases):
        complaints = done.stderr.decode(errors="replace")
        raise AssertionError(f"{command}: {len(lines)} lines for {len(cases)} cases: {complaints}")
    return [json.loads(line) for line in lines]
