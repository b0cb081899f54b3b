// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server_summary.hpp>
#include "http_server_shard.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace outrigger::metrics {

// All shards of one set of instruments, and the label sets they share.
class HttpServerFamilies final : public prometheus::Collectable {
public:
    explicit HttpServerFamilies(std::uint32_t series_max);

    // A shard for one recorder, and back. A shard that came back keeps its counts and serves the next
    // recorder, so that threads that come and go leave neither gaps nor garbage.
    [[nodiscard]] HttpServerShard& take();
    void give_back(const HttpServerShard& shard) noexcept;

    // The one series with these labels; the `other` series if it would be one too many.
    [[nodiscard]] const HttpSeries& admit(HttpSeries wanted);

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
    [[nodiscard]] std::uint64_t active() const;
    [[nodiscard]] HttpServerSummary summary() const;

private:
    struct Lent {
        std::unique_ptr<HttpServerShard> shard;
        bool in_use = false;
    };
    using Labels = std::tuple<HttpMethod, std::string, int, int>;

    [[nodiscard]] std::vector<const HttpServerShard*> shards() const;

    const std::uint32_t series_max_;
    const HttpSeries overflow_{.overflow = true};

    std::mutex series_mutex_;  // recorders that meet a new label set; a scrape never takes it
    std::map<Labels, HttpSeries> series_;

    mutable std::mutex shards_mutex_;  // recorders that begin and end, scrapes; never held while recording
    std::vector<Lent> shards_;
};

}  // namespace outrigger::metrics
