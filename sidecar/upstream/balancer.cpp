// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/balancer.hpp"

#include <algorithm>
#include <chrono>

namespace outrigger::upstream {
namespace {

using Candidate = Candidates::Candidate;

constexpr double least_weight = 0.1;   // of what begins: Envoy's min_weight_percent
constexpr int redraws_max = 8;         // where all are weak, the last one drawn is as good as any

// The candidates without the one to be avoided.
class Field {
public:
    Field(const Candidates& among, EndpointId avoided, Instant now, Rng& rng) noexcept
        : among_{among}, now_{now}, rng_{rng}, count_{among.all().size()}, ramping_{among.ramping(now)} {
        if (avoided != EndpointId::none && count_ > 1) leave_out(avoided);
    }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] bool leaves_one_out() const noexcept { return left_out_ != nobody; }
    [[nodiscard]] bool has(std::size_t place) const noexcept { return place != left_out_; }
    [[nodiscard]] const Candidate& operator[](std::size_t i) const noexcept {
        return among_.all()[i < left_out_ ? i : i + 1];
    }
    [[nodiscard]] bool accepts(const Candidate& candidate) noexcept {
        return !ramping_ || rng_.fraction() < among_.weight(candidate, now_);
    }
    [[nodiscard]] std::size_t draw() noexcept {
        std::size_t drawn = rng_.below(count_);
        for (int redraws = 0; redraws < redraws_max && !accepts((*this)[drawn]); ++redraws) drawn = rng_.below(count_);
        return drawn;
    }
    // While endpoints ramp up, the same one may come again: else, of two, the one that shall get little is drawn always.
    [[nodiscard]] std::size_t draw_another(std::size_t first) noexcept {
        if (ramping_) return draw();
        const std::size_t drawn = rng_.below(count_ - 1);
        return drawn < first ? drawn : drawn + 1;
    }

private:
    void leave_out(EndpointId avoided) noexcept {
        const std::span<const Candidate> all = among_.all();
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].endpoint->id() == avoided) {
                left_out_ = i;
                --count_;
            }
    }

    static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

    const Candidates& among_;
    const Instant now_;
    Rng& rng_;
    std::size_t left_out_ = nobody;
    std::size_t count_;
    const bool ramping_;
};

// The turn goes over all of them, whoever is left out this time.
const Candidate& next_in_turn(std::span<const Candidate> all, Field& field, std::size_t& turn, Choice& why) noexcept {
    if (field.count() > 1) why.by = Choice::By::turn;
    const Candidate* last = nullptr;
    for (std::size_t passed = 0; passed < all.size(); ++passed) {
        const std::size_t place = turn++ % all.size();
        if (!field.has(place)) continue;
        last = &all[place];
        if (field.accepts(*last)) break;
    }
    return *last;
}

double cost(const Endpoint& endpoint, Instant now) noexcept {
    const double latency = endpoint.latency().estimate(now);
    const double calls = endpoint.in_flight();
    if (latency == 0.0 && calls > 0.0) return Balancer::cost_unknown + calls;
    return latency * (calls + 1.0);
}

// Of two drawn at random the better one; the first one if neither is.
template <class Load>
const Candidate& better_of_two(Field& field, Load load, Choice::By by, Choice& why) noexcept {
    if (field.count() == 1) return field[0];
    const std::size_t first = field.draw();
    const std::size_t second = field.draw_another(first);
    why.by = first == second ? Choice::By::chance : by;
    const auto of_first = load(*field[first].endpoint);
    const auto of_second = load(*field[second].endpoint);
    why.own = static_cast<float>(std::min(of_first, of_second));
    why.other = static_cast<float>(std::max(of_first, of_second));
    return of_second < of_first ? field[second] : field[first];
}

const Candidate& picked_by(config::BalanceMethod method, Field& field, const Candidates& among, std::size_t& turn,
                           Instant now, Choice& why) noexcept {
    switch (method) {
        case config::BalanceMethod::round_robin: return next_in_turn(among.all(), field, turn, why);
        case config::BalanceMethod::least_request:
            return better_of_two(field, [](const Endpoint& endpoint) { return endpoint.in_flight(); }, Choice::By::calls,
                                 why);
        case config::BalanceMethod::ewma:
            return better_of_two(field, [now](const Endpoint& endpoint) { return cost(endpoint, now); },
                                 Choice::By::cost, why);
    }
    return among.all().front();
}

}   // namespace

void Candidates::refresh(const EndpointList& list, const Settings& settings, Instant now) {
    all_.clear();
    settings_ = settings;
    good_until_ = never;
    ramp_ends_ = Instant::min();
    known_ = list.all.size();
    ejected_ = 0;
    for (std::size_t place = 0; place < list.all.size(); ++place) {
        const Endpoint& endpoint = *list.all[place];
        if (settings.heeds_ejections && endpoint.ejected_until() > now) {
            good_until_ = std::min(good_until_, endpoint.ejected_until());
            ++ejected_;
            continue;
        }
        if (const Instant began = endpoint.began(settings.heeds_ejections); began != Instant::min())
            ramp_ends_ = std::max(ramp_ends_, after(began, settings.slow_start));
        all_.push_back({&endpoint, place});
    }
    panic_ = panics(ejected_, known_, settings.panic_above);
    if (!panic_) return;
    all_.clear();
    ramp_ends_ = Instant::min();   // every one is needed
    for (std::size_t place = 0; place < list.all.size(); ++place) all_.push_back({list.all[place].get(), place});
}

double Candidates::weight(const Candidate& candidate, Instant now) const noexcept {
    const Instant began = candidate.endpoint->began(settings_.heeds_ejections);
    if (began == Instant::min() || now >= after(began, settings_.slow_start)) return 1.0;
    if (now <= began) return least_weight;
    return std::max(least_weight, std::chrono::duration<double>{now - began} / settings_.slow_start);
}

const Candidate& Balancer::pick(const Candidates& among, EndpointId avoided, Instant now, Rng& rng,
                                Choice& why) noexcept {
    Field field{among, avoided, now, rng};
    why = {.by = Choice::By::only,
           .avoided = field.leaves_one_out(),
           .panic = among.panic(),
           .ramping = among.ramping(now),
           .known = static_cast<std::uint16_t>(among.known()),
           .ejected = static_cast<std::uint16_t>(among.ejected())};
    const Candidate& picked = picked_by(method_, field, among, turn_, now, why);
    if (why.ramping) why.share = static_cast<float>(among.weight(picked, now));
    return picked;
}

}   // namespace outrigger::upstream
