#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_pure.py's own tests."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import check_pure


class CheckPureTest(unittest.TestCase):
    def found(self, *symbols: str) -> list[str]:
        listing = "breaker.cpp.o:\n" + "".join(f"                 U {symbol}\n" for symbol in symbols)
        return check_pure.impurities(listing)

    def test_what_brings_the_world_in_is_found_and_named(self):
        for symbol, what in (("std::chrono::_V2::steady_clock::now()", "time"), ("clock_gettime@GLIBC_2.17", "time"),
                             ("time", "time"), ("gettimeofday", "time"), ("nanosleep", "pause"),
                             ("std::condition_variable::wait(std::unique_lock<std::mutex>&)", "pause"),
                             ("socket", "socket"), ("recvmsg", "socket"), ("getenv", "environment"),
                             ("open64", "file"), ("std::random_device::_M_getval()", "chance"),
                             ("rand", "chance"), ("getrandom", "chance"),
                             ("std::thread::_M_start_thread(std::unique_ptr<...>)", "thread")):
            found = self.found("memcpy", symbol)
            self.assertEqual(len(found), 1, symbol)
            self.assertIn(what, found[0])

    def test_what_only_computes_is_not(self):
        self.assertEqual(self.found("memcpy", "pthread_mutex_lock", "operator new(unsigned long)", "snprintf",
                                    "outrigger::Rng::open(int)", "outrigger::time()", "floor", "round", "fwrite",
                                    "std::condition_variable::notify_all()", "timeline", "randomly"), [])

    def test_defined_symbols_are_nobodys_business(self):
        self.assertEqual(check_pure.impurities("0000000000000000 T time\n                 w getenv\n"), [])


if __name__ == "__main__":
    unittest.main()
