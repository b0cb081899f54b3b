// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

// Preloaded, it takes libraries away from a program that loads them itself: those whose names begin with
// OUTRIGGER_ABSENT.
extern "C" void* dlopen(const char* name, int flags) {
    static const auto real = reinterpret_cast<decltype(&dlopen)>(::dlsym(RTLD_NEXT, "dlopen"));
    const char* const absent = std::getenv("OUTRIGGER_ABSENT");
    const std::size_t length = absent ? std::strlen(absent) : 0;
    if (name && length > 0 && std::strncmp(name, absent, length) == 0) return real("/nowhere/absent.so", flags);
    return real(name, flags);
}
