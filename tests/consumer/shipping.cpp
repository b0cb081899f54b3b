// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging.hpp>
#include <outrigger/shipping.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>

namespace logging = outrigger::logging;

int main() {
    const logging::MemorySpool spool{outrigger::Bytes{1 << 20}};
    std::cout << spool.identity().size() << " characters\n" << std::flush;
    {
        logging::Logger log{{.service = "orders", .ship = {.to = "stdout:"}}};   // finds the shipper, since this links it
        log.info("shipped");
        log.flush(std::chrono::seconds{5});
    }
    try {
        const logging::SqliteSpool nowhere{{.dir = "/proc/no/such/folder"}};
    } catch (const std::runtime_error& refused) {   // thrown inside the library
        std::cout << refused.what() << '\n';
        return 0;
    }
    return 1;
}
