// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core.hpp>
#include <outrigger/metrics.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <typeinfo>
#include <vector>

// What has to be one thing on both sides of a shared library: types that are caught and cast, and static variables.
namespace metrics = outrigger::metrics;

namespace {

class Constant final : public metrics::Source {
public:
    void collect(std::vector<metrics::MetricFamily>& into) const override {
        into.push_back({.name = "constant", .help = "Ours.", .type = metrics::MetricType::gauge,
                        .numbers = {{.labels = {}, .value = 7}}});
    }
};

class Broken final : public metrics::Source {
public:
    void collect(std::vector<metrics::MetricFamily>&) const override { throw std::runtime_error{"ours"}; }
};

bool caught() {
    metrics::Registry registry;
    try {
        registry.absorb(std::shared_ptr<const metrics::Source>{});
    } catch (const std::invalid_argument&) {
        return true;
    }
    return false;
}

}   // namespace

int main() {
    const auto ours = std::make_shared<const Constant>();
    metrics::Registry registry;
    registry.absorb(ours);
    registry.absorb(std::make_shared<const Broken>());   // its exception is caught inside the library
    const std::shared_ptr<const metrics::Source> base = ours;
    const bool cast = dynamic_cast<const Constant*>(base.get()) == ours.get() &&
                      dynamic_cast<const Constant*>(registry.source().get()) == nullptr;
    std::cout << "caught " << caught() << "\ncast " << cast << "\npage\n" << registry.text_page();
}
