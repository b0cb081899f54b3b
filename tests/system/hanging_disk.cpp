// SPDX-License-Identifier: Apache-2.0
#include <sys/statvfs.h>
#include <unistd.h>

// Preloaded, it makes every file system one that hangs.
extern "C" int statvfs(const char*, struct statvfs*) noexcept {
    for (;;) ::pause();
}
