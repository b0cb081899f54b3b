// SPDX-License-Identifier: Apache-2.0
#include <outrigger/outrigger.hpp>

#include <unistd.h>

#include <iostream>

namespace og = outrigger;

int main() {
    og::logging::Writer writer{STDERR_FILENO};
    og::metrics::Registry registry;
    registry.absorb(og::middleware::log_metrics(writer));
    auto users = og::resilience::pipeline("users", og::resilience::Retry{}, og::resilience::Breaker{});
    og::middleware::record(users, registry, og::logging::Logger{{.service = "orders"}});
    (void)users.run([](og::resilience::Call&) { return 7; });
    const auto outcome = og::middleware::push(registry, {.url = "file:///nowhere", .group = {.job = "j"}});
    std::cout << registry.text_page() << outcome.why << '\n';
    return outcome.ok ? 1 : 0;
}
