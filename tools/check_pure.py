#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies decide from what they are given: their objects call no clock, socket, environment, file, thread or chance.

Usage: check_pure.py LIBRARY [NM]     Reads the undefined symbols of a static library with nm; exits 1 and names each
                                      one that is forbidden, 77 if there is no nm. tidy.py checks the headers.
"""
import re
import shutil
import subprocess
import sys

# What a symbol must not be, demangled and without its version; each with what it would bring in.
FORBIDDEN = [
    ("the time", r"std::chrono::.*::now\(\)|(clock_)?gettime(ofday)?|time|clock|times|timespec_get|localtime(_r)?|"
                 r"gmtime(_r)?|timerfd_\w+"),
    ("a pause", r"(nano|clock_nano|u)?sleep|std::this_thread::.*|sched_yield|p?poll|p?select|epoll_\w+|"
                r"pthread_cond_\w*wait\w*|std::condition_variable(_any)?::wait\w*\(.*|syscall"),
    ("a socket", r"socket(pair)?|connect|bind|listen|accept4?|(send|recv)(to|from|msg|mmsg)?|getaddrinfo|eventfd"),
    ("the environment", r"(secure_)?getenv|environ|__environ|getpid|uname|gethostname|sysconf"),
    ("a file", r"open(at)?(64)?|read|write|f(d|re)?open(64)?|std::basic_[io]?f(stream|ilebuf).*|std::filesystem::.*"),
    ("chance", r"s?rand(om)?(_r)?|[dlm]rand48|arc4random\w*|getrandom|getentropy|std::random_device::.*"),
    ("a thread", r"pthread_create|std::thread::.*|std::jthread::.*"),
]


def impurities(listing: str) -> list[str]:
    """One line for each forbidden symbol in what `nm --undefined-only --demangle` says."""
    found = []
    for line in listing.splitlines():
        symbol = re.match(r"\s+U (.+)$", line)
        name = re.sub(r"@.*$", "", symbol[1]).replace("::_V2::", "::") if symbol else ""
        found += [f"{name}: {what}" for what, pattern in FORBIDDEN if re.fullmatch(pattern, name)]
    return sorted(set(found))


def main() -> int:
    library, nm = sys.argv[1], shutil.which(sys.argv[2] if len(sys.argv) > 2 else "nm")
    if not nm:
        print("SKIPPED: nm is not installed")
        return 77
    done = subprocess.run([nm, "--undefined-only", "--demangle", library], capture_output=True, text=True)
    if done.returncode or " U " not in done.stdout:
        print(f"check_pure: nm found nothing in {library}: {done.stderr.strip()}", file=sys.stderr)
        return 2
    found = impurities(done.stdout)
    print("\n".join(f"{library}: error: {line}" for line in found) or f"{library}: calls nothing that is forbidden")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
