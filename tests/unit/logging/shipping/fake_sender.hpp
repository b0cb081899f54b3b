// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "logging/shipping/sender.hpp"

namespace outrigger::logging {

// A sender without a receiver: the test says what becomes of each parcel.
class FakeSender final : public Sender {
public:
    using Answer = std::function<Outcome(Parcel)>;

    [[nodiscard]] bool ready() const noexcept override { return under_way.size() < window; }
    [[nodiscard]] bool answers_each_parcel() const noexcept override { return together; }
    void send(Parcel parcel, Instant) override {
        sent.push_back(parcel.lines);
        under_way.push_back(std::move(parcel));
    }
    void advance(Instant, std::vector<Outcome>& ended) override {
        while (answer && !under_way.empty()) {
            ended.push_back(answer(take()));
            if (ended.back().kind == Outcome::Kind::lost) under_way.clear();
        }
        for (Outcome& outcome : ready_outcomes) ended.push_back(std::move(outcome));
        ready_outcomes.clear();
    }

    // The first parcel under way ends so.
    void end(Outcome::Kind kind, std::string detail = "no") {
        ready_outcomes.push_back({.kind = kind, .parcel = take(), .detail = std::move(detail)});
    }
    void lose() {
        under_way.clear();
        ready_outcomes.push_back({.kind = Outcome::Kind::lost, .detail = "broken"});
    }

    std::size_t window = 1;
    bool together = false;               // small batches may share a parcel
    Answer answer;                       // at once; without it parcels stay under way
    std::vector<std::string> sent;
    std::deque<Parcel> under_way;
    std::vector<Outcome> ready_outcomes;

private:
    Parcel take() {
        Parcel parcel = std::move(under_way.front());
        under_way.pop_front();
        return parcel;
    }
};

inline Outcome delivered(Parcel parcel) { return {.kind = Outcome::Kind::delivered, .parcel = std::move(parcel)}; }
inline Outcome failed(Parcel parcel) {
    return {.kind = Outcome::Kind::again, .parcel = std::move(parcel), .detail = "refused"};
}
// As Logstash does it: the whole parcel, if a bad record is in it.
inline Outcome unless_bad(Parcel parcel) {
    const bool bad = parcel.lines.find("bad") != std::string::npos;
    return {
        .kind = bad ? Outcome::Kind::refused : Outcome::Kind::delivered, .parcel = std::move(parcel), .detail = "bad"};
}

}   // namespace outrigger::logging
