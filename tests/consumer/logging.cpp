// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging.hpp>

#include <unistd.h>

#include <chrono>

using namespace std::chrono_literals;

int main() {
    outrigger::logging::Writer writer{STDOUT_FILENO};
    writer.start();
    const bool taken = writer.append("{\"message\":\"hello\"}\n");
    return taken && writer.flush(5s) ? 0 : 1;
}
