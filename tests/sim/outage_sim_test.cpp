// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/resilience/retry.hpp>

#include "sidecar/upstream/cluster.hpp"
#include "tests/unit/sidecar/memory_connector.hpp"
#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

// The outage drill, in manual time: three endpoints, of which one dies and comes back, and then one turns slow and
// recovers. What callers see with the policies and without. Attempts are made as conduct() makes them, but a reply is
// only the time it takes.
namespace outrigger::sim {
namespace {

using namespace std::chrono_literals;
using resilience::Verdict;
using upstream::Cluster;
using upstream::Endpoint;
using upstream::Lease;

constexpr Duration every = 5ms;   // a call
constexpr Duration part = 10s;    // of the timeline
constexpr std::size_t parts = 15;

struct Server {
    bool dead = false;
    Duration takes = 20ms;
    std::array<int, parts> calls{};
};

struct Policies {
    std::string name;
    upstream::Upstream::Settings upstream;
    resilience::Retry retry;
};

class Drill {
public:
    explicit Drill(const Policies& policies)
        : upstream_{"shop", policies.upstream}, retrying_{policies.retry}, cluster_{worker_, upstream_, dial(), limits_, {}} {
        upstream_.set_endpoints(list_);
        cluster_.update(list_);
    }

    void run() {
        for (std::size_t i = 0; i < parts * (part / every); ++i) {
            part_ = i / static_cast<std::size_t>(part / every);
            play(static_cast<std::int64_t>(i) * every);
            tasks_.spawn(call());
            loop_.advance(every);
            watch_the_return();
        }
        loop_.advance(1min);
        EXPECT_EQ(tasks_.running(), 0u);
    }

    [[nodiscard]] int errors() const {
        int sum = 0;
        for (const int count : failed) sum += count;
        return sum;
    }
    static constexpr int calls = static_cast<int>(parts * (part / every));

    std::array<int, parts> failed{};   // calls, by when they began
    int attempts = 0;
    double most_after_return = 0;      // the share of calls that an endpoint got in its first second back
    std::array<Server, 3> servers;

private:
    class Connecting final : public upstream::Connector {
    public:
        Connecting(Drill& drill, Server& server) : drill_{drill}, server_{server} {}
        Task<Result<std::unique_ptr<net::Stream>>> connect(Wait) override {
            if (server_.dead) co_return Fault{Reason::connect_failed, "connect", ECONNREFUSED};
            auto [ours, theirs] = net::MemoryStream::pair(drill_.loop_.scheduler());
            co_return std::unique_ptr<net::Stream>{std::move(ours)};
        }
        [[nodiscard]] std::string_view name() const noexcept override { return "in memory"; }

    private:
        Drill& drill_;
        Server& server_;
    };
    Cluster::Dial dial() {
        return [this](const Endpoint& endpoint) { return std::make_unique<Connecting>(*this, server_of(endpoint.id())); };
    }
    Server& server_of(upstream::EndpointId id) { return servers.at(static_cast<std::size_t>(id) - 1); }

    void play(Duration at) {
        servers[0].dead = at >= 20s && at < 48s;
        servers[1].takes = at >= 70s && at < 98s ? 3s : 20ms;
    }

    Task<void> call() {
        const std::size_t began_in = part_;
        const Instant deadline = after(now(), 2s);
        upstream::Tried tried;
        retrying_.record_call(now());
        resilience::EndedAttempt ended{.safe = true, .deadline = deadline};
        for (;; ++ended.number) {
            ended.assessment = co_await attempt(deadline, tried);
            resilience::RetryDecision next = retrying_.before_next(ended, now(), worker_.rng);
            if (!next) break;
            (void)co_await Pause{loop_.scheduler(), next->length(), {}};
            next->start();
            ended.backoff = next->backoff();
        }
        failed.at(began_in) += ended.assessment.verdict != Verdict::success;
    }

    Task<resilience::Assessment> attempt(Instant deadline, upstream::Tried& tried) {
        const Instant limit = after(now(), retrying_.settings().per_try_timeout.value_or(2s));
        const Wait wait = Wait{deadline}.until(limit, Reason::attempt_timeout);
        Result<Lease> lease = co_await cluster_.pick(Cluster::Reuse::allowed, wait, &tried);
        if (lease || lease.error().reason != Reason::circuit_open) ++attempts;
        if (!lease) co_return resilience::assess(lease.error());
        Server& server = server_of(tried.endpoint());
        ++server.calls.at(part_);
        if (after_return_ && tried.endpoint() == upstream::EndpointId{1}) ++got_after_return_;
        Result<void> replied = co_await Pause{loop_.scheduler(), server.takes, wait};
        resilience::Assessment assessment;
        if (!replied) assessment = resilience::assess(replied.error());
        lease->settle(assessment.verdict, now());
        co_return assessment;
    }

    // The second that begins when the endpoint that had died is given calls again.
    void watch_the_return() {
        const Instant until = list_->all[0]->ejected_until();
        after_return_ = until != Instant::min() && now() >= until && now() < until + 1s;
        if (!after_return_) return;
        most_after_return = std::max(most_after_return, got_after_return_ / double(1s / every));
    }
    [[nodiscard]] Instant now() { return loop_.scheduler().now(); }

    ManualLoop loop_;
    net::Worker worker_{loop_.scheduler(), Rng{42}, {}, {}};
    http1::HeadLimits limits_;
    std::shared_ptr<const upstream::EndpointList> list_ = upstream::some_endpoints(3);
    upstream::Upstream upstream_;
    resilience::Retrying retrying_;
    Cluster cluster_;
    TaskGroup tasks_;
    std::size_t part_ = 0;
    bool after_return_ = false;
    int got_after_return_ = 0;
};

const Policies policies_on{"on", {}, {.per_try_timeout = 500ms}};
const Policies policies_off{"off",
                            {.balance = config::BalanceMethod::round_robin, .outlier = {.shadow = true}, .breaker = std::nullopt},
                            {.attempts = 1, .budget = std::nullopt}};

TEST(OutageDrill, callers_see_next_to_nothing_of_an_endpoint_that_dies_and_of_one_that_turns_slow) {
    Drill with{policies_on};
    with.run();
    Drill without{policies_off};
    without.run();

    std::puts("  seconds        failed calls of 2000   calls of the 1st, 2nd and 3rd endpoint, with policies");
    std::puts("              with policies   without");
    for (std::size_t i = 0; i < parts; ++i)
        std::printf("%4zu to %3zu %14d %11d %12d %6d %6d\n", i * 10, i * 10 + 10, with.failed[i], without.failed[i],
                    with.servers[0].calls[i], with.servers[1].calls[i], with.servers[2].calls[i]);
    std::printf("attempts: %d and %d for %d calls\n", with.attempts, without.attempts, Drill::calls);

    EXPECT_GT(without.errors(), Drill::calls / 10);
    EXPECT_LE(with.errors(), Drill::calls / 1000);
    const double seconds = Drill::calls * (every / 1ms) / 1000.0;
    EXPECT_LE(with.attempts, Drill::calls * 1.2 + 1.0 * (seconds + 10)) << "the retry budget";
    EXPECT_GT(with.most_after_return, 0.0);
    EXPECT_LT(with.most_after_return, 0.15) << "an even share is a third";
    for (const Server& server : with.servers) EXPECT_NEAR(server.calls[parts - 1], 667, 100) << "all is well again";
}

}   // namespace
}   // namespace outrigger::sim
