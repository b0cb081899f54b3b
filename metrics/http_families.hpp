// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server_summary.hpp>
#include <outrigger/metrics/source.hpp>
#include "http_shard.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace outrigger::metrics {

enum class HttpSide : std::uint8_t { server, client };

// How many label sets there may be, of all that share the budget.
class SeriesBudget {
public:
    // Throws std::invalid_argument unless it is 1 to 100,000.
    explicit SeriesBudget(std::uint32_t series_max);
    [[nodiscard]] std::uint32_t series_max() const noexcept { return series_max_; }
    [[nodiscard]] bool take() noexcept {
        if (used_.fetch_add(1, std::memory_order_relaxed) < series_max_) return true;
        used_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }

private:
    const std::uint32_t series_max_;
    std::atomic<std::uint32_t> used_{0};
};

// All shards of one server, or of one upstream, and the label sets they share. On the server side a source by
// itself; the upstreams of the client side make one page together.
class HttpFamilies final : public Source {
public:
    HttpFamilies(HttpSide side, std::string upstream, std::shared_ptr<SeriesBudget> budget);
    explicit HttpFamilies(std::uint32_t series_max)
        : HttpFamilies{HttpSide::server, {}, std::make_shared<SeriesBudget>(series_max)} {}

    // A shard for one recorder, and back. A shard that came back keeps its counts and serves the next
    // recorder, so that threads that come and go leave neither gaps nor garbage.
    [[nodiscard]] HttpShard& take();
    void give_back(const HttpShard& shard) noexcept;

    // The one series with these labels; the `other` series if it would be one too many.
    [[nodiscard]] const HttpSeries& admit(HttpSeries wanted);

    void collect(std::vector<MetricFamily>& into) const override;
    [[nodiscard]] std::vector<const HttpShard*> shards() const;
    [[nodiscard]] const std::string& upstream() const noexcept { return upstream_; }
    [[nodiscard]] std::uint64_t active() const;
    [[nodiscard]] HttpServerSummary summary() const;

private:
    struct Lent {
        std::unique_ptr<HttpShard> shard;
        bool in_use = false;
    };
    using Key = std::tuple<HttpMethod, std::string, int, int>;

    void finish(HttpSeries& series) const;

    const HttpSide side_;
    const std::string upstream_;   // client side only
    const std::shared_ptr<SeriesBudget> budget_;
    HttpSeries overflow_;

    std::mutex series_mutex_;  // recorders that meet a new label set; a scrape never takes it
    std::map<Key, HttpSeries> series_;

    mutable std::mutex shards_mutex_;  // recorders that begin and end, scrapes; never held while recording
    std::vector<Lent> shards_;
};

}  // namespace outrigger::metrics
