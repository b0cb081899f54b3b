// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics.hpp>

#include <chrono>
#include <iostream>

namespace metrics = outrigger::metrics;
using namespace std::chrono_literals;

int main() {
    metrics::Registry registry;
    metrics::HttpServerInstruments http;
    registry.absorb(http.source());
    registry.counter("work_total", "Pieces of work.").increment(3);

    metrics::HttpServerRecorder recorder = http.recorder();
    recorder.record({.method = metrics::http_method("GET"), .route = {1, "/users/{id}"}, .status = 200,
                     .duration = 12ms});
    std::cout << registry.text_page();
}
