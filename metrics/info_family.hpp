// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "family_spec.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace outrigger::metrics {

class InfoFamily final : public RegisteredFamily {
public:
    using RegisteredFamily::RegisteredFamily;

    void add(Labels labels) {
        const std::scoped_lock lock{mutex_};
        for (const auto& known : infos_)
            if (known.text() == labels.text()) return;
        infos_.push_back(std::move(labels));
    }

    void collect(std::vector<MetricFamily>& into) const override {
        MetricFamily family{.name = spec().name, .help = spec().help, .type = MetricType::info};
        const std::scoped_lock lock{mutex_};
        for (const auto& labels : infos_) family.numbers.push_back({.labels = labels, .value = 1});
        into.push_back(std::move(family));
    }

private:
    mutable std::mutex mutex_;   // registering and scrapes; nobody records here
    std::vector<Labels> infos_;
};

}  // namespace outrigger::metrics
