// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// Preloaded, it gives a program the names that a test chose: /etc/hosts, and whom to ask for others, from the folder
// OUTRIGGER_NAMES. What the folder lacks is not there.
extern "C" FILE* fopen(const char* path, const char* mode) {
    static const auto real = reinterpret_cast<decltype(&fopen)>(::dlsym(RTLD_NEXT, "fopen"));
    const char* const folder = std::getenv("OUTRIGGER_NAMES");
    for (const char* name : {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"})
        if (folder && std::strcmp(path, name) == 0) return real((std::string{folder} + (name + 4)).c_str(), mode);
    return real(path, mode);
}
