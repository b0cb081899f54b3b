// SPDX-License-Identifier: Apache-2.0
// What ThreadSanitizer is told in programs that serve by Debian's libcpp-httplib, which is not instrumented: the
// sanitizer sees it read what function-local statics hold, but not the guard that orders that after their
// initialisation. Handlers that race go unseen with it: the tests of middleware have this library as headers too.
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() { return "race:libcpp-httplib.so\n"; }
