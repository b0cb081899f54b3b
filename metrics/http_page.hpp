// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>
#include "http_families.hpp"
#include "http_totals.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace outrigger::metrics {

// The request families of one side, as a scrape finds them.
class HttpPage {
public:
    HttpPage(HttpSide side, std::uint32_t series_max);

    // What these shards, of one server or upstream, come to.
    void add(std::span<const HttpShard* const> shards, const std::string& upstream);
    void append_to(std::vector<MetricFamily>& into) &&;

private:
    MetricFamily duration_, request_body_, response_body_, active_;
    SeriesTotal other_;   // of all shards together: there is one such series
};

}  // namespace outrigger::metrics
