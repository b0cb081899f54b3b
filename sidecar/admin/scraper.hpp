// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/metrics/page.hpp>
#include <outrigger/metrics/registry.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sidecar/admin/app_metrics.hpp"
#include "sidecar/admin/scrape_metrics.hpp"

namespace outrigger::admin {

// Something that is made from a collection of all metrics.
struct ScrapeForm {
    metrics::PageFormat format = metrics::PageFormat::text;
    bool gzip = false;
    bool cardinality = false;   // instead of a page: JSON about the series of each family
    bool push = false;          // instead: what a Pushgateway takes

    [[nodiscard]] constexpr bool is_page() const noexcept { return !cardinality && !push; }
    [[nodiscard]] constexpr std::size_t index() const noexcept {
        if (!is_page()) return metrics::page_format_count * 2 + push;
        return static_cast<std::size_t>(format) * 2 + gzip;
    }
    static constexpr std::size_t count = metrics::page_format_count * 2 + 2;
};

// Series per family as JSON, the largest first.
[[nodiscard]] std::string cardinality_json(std::span<const metrics::MetricFamily> families);

// Makes pages from the registry, elsewhere: collecting, writing and compressing a large page takes longer than a probe
// may wait. Scrapes at the same time share one collection, and each form is made once for it; so however many scrape,
// at most one collection is in progress. Bound to the thread of `home`.
class Scraper {
public:
    // `desk`: where the work is done. Both must outlive this; what was posted there must have run before this ends.
    // `app`: refreshed before each collection, until `stop`; null: there is none.
    Scraper(const metrics::Registry& registry, ScrapeMetrics& own, Executor& desk, Scheduler& home,
            AppMetrics* app = nullptr, Cancel* stop = nullptr) noexcept
        : registry_{registry}, own_{own}, desk_{desk}, home_{home}, app_{app}, stop_{stop} {}
    Scraper(const Scraper&) = delete;
    Scraper& operator=(const Scraper&) = delete;

    using Bytes = std::shared_ptr<const std::string>;
    // Never null. Fault: the wait's own, or overloaded when there is no memory. What was begun is finished
    // nevertheless, and serves those who come meanwhile.
    [[nodiscard]] Task<Result<Bytes>> make(ScrapeForm form, Wait wait);

private:
    struct Made {
        Bytes bytes;             // null: not yet, or there was no memory for it
        std::size_t plain = 0;   // its size before compression
    };
    struct Waiting {
        explicit Waiting(Scheduler& scheduler, std::size_t index) : gate{scheduler}, form{index} {}
        Gate gate;
        std::size_t form;
        Made made;
    };
    // One collection and what was made from it.
    struct Round {
        explicit Round(Cancel* stop) noexcept : enough{stop} {}

        std::array<bool, ScrapeForm::count> asked{};
        std::array<Made, ScrapeForm::count> made{};
        std::size_t outstanding = 0;   // asked for and not made
        bool refreshing = false;       // the app is being asked; then the forms wait here
        std::vector<ScrapeForm> held;
        Instant app_until = never;     // when the app's time ends, of all who ask the earliest
        Cancel enough;                 // ends asking the app
        Cancel refreshed;              // ends those who would
        // The desk's own.
        bool collected = false;
        std::vector<metrics::MetricFamily> families;
        std::array<Bytes, metrics::page_format_count> pages{};   // before compression
    };
    void ask(ScrapeForm form, Instant deadline);
    void hurry_app(const std::shared_ptr<Round>& round, Instant deadline);
    void give_to_desk(std::shared_ptr<Round> round, ScrapeForm form);
    [[nodiscard]] Task<void> refresh(std::shared_ptr<Round> round);
    [[nodiscard]] Task<void> end_refresh(std::shared_ptr<Round> round, Instant at);
    // On the desk.
    [[nodiscard]] Made work(Round& round, ScrapeForm form) const noexcept;
    [[nodiscard]] Made work_out(Round& round, ScrapeForm form) const;
    void deliver(const std::shared_ptr<Round>& round, std::size_t form, Made made);

    const metrics::Registry& registry_;
    ScrapeMetrics& own_;
    Executor& desk_;
    Scheduler& home_;
    AppMetrics* app_;
    Cancel* stop_;
    std::shared_ptr<Round> round_;   // the one in progress
    std::list<Waiting*> waiting_;
    TaskGroup tasks_;
};

}  // namespace outrigger::admin
