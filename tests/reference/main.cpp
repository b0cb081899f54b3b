// SPDX-License-Identifier: Apache-2.0
// Prints what tools/reference.py makes pages of, as JSON.
#include "facts.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>

int main() {
    namespace reference = outrigger::reference;
    try {
        const nlohmann::json facts{{"metrics", reference::metric_facts()},
                                   {"records", reference::record_facts()},
                                   {"events", reference::event_facts()}};
        std::cout << facts.dump(1) << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "reference_facts: " << error.what() << '\n';
        return 1;
    }
}
