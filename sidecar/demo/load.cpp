// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/load.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace outrigger::demo {
namespace {

// The sidecar of the demo answers sooner, whatever the shop does.
constexpr Duration answer_within = std::chrono::seconds{5};

Duration spacing(Rate rate) { return Duration{static_cast<Duration::rep>(1e9 / rate.per_second())}; }

}  // namespace

Load::Load(LoadSettings settings, const Clock& clock)
    : settings_{std::move(settings)},
      clock_{clock},
      began_{clock.now()},
      working_{settings_.threads},
      next_{began_},
      last_answer_{began_},
      clients_(settings_.threads) {
    for (std::size_t i = 0; i < settings_.threads; ++i)
        threads_.emplace_back([this, i] { work(clients_[i], Rng{settings_.seed + i}); });
}

Load::~Load() { pauses_.stop(); }

std::optional<Instant> Load::next_turn() {
    const std::lock_guard lock{mutex_};
    const Instant turn = std::max(next_, clock_.now());
    if (turn - began_ >= settings_.duration) return std::nullopt;
    next_ = turn + spacing(settings_.rate);
    return turn;
}

void Load::work(Client& client, Rng rng) {
    for (auto turn = next_turn(); turn && pauses_.wait(*turn - clock_.now()); turn = next_turn()) {
        const Planned planned = next_request(rng, settings_.server, ++numbers_);
        const Response response = client.send(planned.request, answer_within);
        const std::lock_guard lock{mutex_};
        tally_.count(planned, response);
        last_answer_ = clock_.now();
    }
    --working_;
}

Load::Progress Load::progress() const {
    const std::lock_guard lock{mutex_};
    return {.elapsed = clock_.now() - began_,
            .requests = tally_.requests(),
            .errors = tally_.errors(),
            .finished = working_ == 0};
}

Results Load::stop() {
    pauses_.stop();
    threads_.clear();  // joins
    clients_.clear();  // an idle connection would hold up whoever serves it
    const std::lock_guard lock{mutex_};
    return tally_.results(last_answer_ - began_);
}

}  // namespace outrigger::demo
