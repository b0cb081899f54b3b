// SPDX-License-Identifier: Apache-2.0
// What ThreadSanitizer is told in programs whose calls into this library are all that matter: a test of middleware would
// miss the locks that the library takes.

// Debian's libcpp-httplib: the sanitizer sees it read what function-local statics hold, but not the guard that orders
// that after their initialisation.
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libcpp-httplib.so\n"; }
