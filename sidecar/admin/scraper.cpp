// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/scraper.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include <outrigger/metrics/cardinality.hpp>
#include <outrigger/metrics/push.hpp>

namespace outrigger::admin {

std::string cardinality_json(std::span<const metrics::MetricFamily> families) {
    using Json = nlohmann::ordered_json;
    Json document{{"series", std::size_t{0}}, {"families", Json::array()}};
    std::size_t series = 0;
    for (const metrics::FamilyCardinality& family : metrics::cardinality(families)) {
        series += family.series;
        Json labels = Json::array();
        for (const metrics::LabelCardinality& label : family.labels)
            labels.push_back({{"name", label.name}, {"values", label.distinct}, {"examples", label.examples}});
        Json entry{{"name", family.name}, {"type", to_string(family.type)}, {"series", family.series}};
        if (family.series_max != 0) {
            entry["series_max"] = family.series_max;
            entry["folded"] = family.folded;
        }
        entry["labels"] = std::move(labels);
        document["families"].push_back(std::move(entry));
    }
    document["series"] = series;
    return document.dump() + "\n";
}

Task<Result<Scraper::Bytes>> Scraper::make(ScrapeForm form, Wait wait) {
    const Instant began = home_.now();
    if (round_) own_.coalesced();
    ask(form, wait.deadline);
    Waiting waiting{home_, form.index()};
    waiting.made = round_->made[form.index()];
    if (!waiting.made.bytes) {
        const auto place = waiting_.insert(waiting_.end(), &waiting);
        const Result<void> ready = co_await waiting.gate.wait(wait);
        waiting_.erase(place);
        if (!ready) {
            if (wait.cancel && wait.cancel->requested()) co_return ready.error();
            own_.timed_out();
            co_return Fault{wait.expiry, "the page was not ready in time"};
        }
    }
    if (!waiting.made.bytes) co_return Fault{Reason::overloaded, "there is no memory for the page"};
    if (form.is_page()) own_.made(form.format, home_.now() - began, waiting.made.plain);
    co_return std::move(waiting.made.bytes);
}

// Sees to it that the form is being made, for the round in progress or a new one.
void Scraper::ask(ScrapeForm form, Instant deadline) {
    const bool is_new = !round_;
    if (is_new) round_ = std::make_shared<Round>(stop_);
    const std::shared_ptr<Round> round = round_;
    if (is_new && app_) {
        round->refreshing = true;
        tasks_.spawn(refresh(round));
    }
    if (round->refreshing) hurry_app(round, deadline);
    if (std::exchange(round->asked[form.index()], true)) return;
    ++round->outstanding;
    if (round->refreshing)
        round->held.push_back(form);
    else
        give_to_desk(round, form);
}

// An app that is slow must not cost the scrape: it has half of the time at most, of whoever has the least.
void Scraper::hurry_app(const std::shared_ptr<Round>& round, Instant deadline) {
    const Instant now = home_.now();
    const Duration half = deadline == never ? app_->timeout() : (deadline - now) / 2;
    const Instant until = after(now, std::min(half, app_->timeout()));
    if (until >= round->app_until) return;
    round->app_until = until;
    tasks_.spawn(end_refresh(round, until));
}

Task<void> Scraper::refresh(std::shared_ptr<Round> round) {
    co_await app_->refresh(Wait{.cancel = &round->enough});
    round->refreshing = false;
    round->refreshed.cancel(Fault{Reason::draining, "the app has been asked"});
    for (const ScrapeForm form : std::exchange(round->held, {})) give_to_desk(round, form);
}

Task<void> Scraper::end_refresh(std::shared_ptr<Round> round, Instant at) {
    const Result<void> paused = co_await Pause{home_, at - home_.now(), Wait{.cancel = &round->refreshed}};
    if (paused) round->enough.cancel(Fault{Reason::timeout, "the app's page was not there in time"});
}

void Scraper::give_to_desk(std::shared_ptr<Round> round, ScrapeForm form) {
    post(desk_, [this, form, round = std::move(round)]() mutable {
        Made made = work(*round, form);
        Executor& home = home_.executor();
        post(home, [this, form, round = std::move(round), made = std::move(made)]() mutable {
            deliver(round, form.index(), std::move(made));
        });
    });
}

Scraper::Made Scraper::work(Round& round, ScrapeForm form) const noexcept {
    try {
        return work_out(round, form);
    } catch (const std::exception&) {   // no memory: the scrape fails, the process goes on
        return {};
    }
}

Scraper::Made Scraper::work_out(Round& round, ScrapeForm form) const {
    if (!round.collected) {
        round.families = registry_.collect();
        round.collected = true;   // not before: collect() may have found no memory, and the next form tries again
    }
    if (form.cardinality) return {std::make_shared<const std::string>(cardinality_json(round.families)), 0};
    if (form.push) return {std::make_shared<const std::string>(metrics::push_body(round.families)), 0};
    Bytes& plain = round.pages[static_cast<std::size_t>(form.format)];
    if (!plain) plain = std::make_shared<const std::string>(metrics::write_page(round.families, form.format));
    if (!form.gzip) return {plain, plain->size()};
    return {std::make_shared<const std::string>(metrics::gzip(*plain)), plain->size()};
}

void Scraper::deliver(const std::shared_ptr<Round>& round, std::size_t form, Made made) {
    if (!made.bytes) round->asked[form] = false;   // there was no memory: whoever asks next tries again
    round->made[form] = std::move(made);
    for (Waiting* waiting : waiting_) {
        if (waiting->form != form) continue;
        waiting->made = round->made[form];
        waiting->gate.open();
    }
    if (--round->outstanding > 0) return;
    round_.reset();   // the next scrape collects anew
    // Freeing 100,000 series takes milliseconds, which the probes shall not wait for.
    post(desk_, [freed = std::move(round->families)] {});
}

}  // namespace outrigger::admin
