// SPDX-License-Identifier: Apache-2.0
#include <outrigger/outrigger.hpp>

#include <unistd.h>

#include <iostream>

namespace og = outrigger;

int main() {
    og::logging::Writer writer{STDERR_FILENO};
    og::metrics::Registry registry;
    registry.absorb(og::middleware::log_metrics(writer));
    const auto outcome = og::middleware::push(registry, {.url = "file:///nowhere", .group = {.job = "j"}});
    std::cout << registry.text_page() << outcome.why << '\n';
    return outcome.ok ? 1 : 0;
}
