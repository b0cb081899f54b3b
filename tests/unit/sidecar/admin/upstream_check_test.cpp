// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/upstream_check.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/task.hpp>

#include "tests/unit/sidecar/upstream/some_endpoints.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;
using health::Status;
using resilience::Verdict;
using upstream::some_endpoints;

// An upstream and its check, in manual time. A circuit opens with the first failure and rests for 5 s.
class WatchedUpstream {
public:
    explicit WatchedUpstream(config::Outlier outlier = {.consecutive = 1,
                                                        .eject_for = 30s,
                                                        .max_ejected = 100_percent,
                                                        .panic = 100_percent})
        : shared_{"users",
                  {.outlier = outlier,
                   .breaker = resilience::Breaker{.consecutive = 1, .open_for = 5s, .jitter = 0_percent, .probes = 1}},
                  &circuit_} {
        running_.start(check_.run(stop_));
        loop_.run();
    }
    ~WatchedUpstream() {
        stop_.cancel(Fault{Reason::draining, "the test ends"});
        loop_.run();
    }

    void endpoints(std::shared_ptr<const upstream::EndpointList> list) {
        shared_.set_endpoints(std::move(list));
        tell();
    }
    void call(Verdict verdict) {
        auto permit = shared_.breaker()->try_acquire(loop_.clock().now(), rng_);
        ASSERT_TRUE(permit);
        permit->settle(verdict, loop_.clock().now(), rng_);
        loop_.run();
    }
    void eject(const std::shared_ptr<upstream::Endpoint>& endpoint) {
        shared_.settle(*endpoint, Verdict::failure, 1ms, loop_.clock().now());
        tell();
    }
    void pass(Duration length) { loop_.advance(length); }
    [[nodiscard]] upstream::Upstream& shared() noexcept { return shared_; }

    [[nodiscard]] const health::Standing& standing() {
        pages_ = registry_.pages();
        return *pages_->checks.at(0);
    }
    [[nodiscard]] Status status() { return standing().status; }
    [[nodiscard]] std::string message() { return standing().outcome.message; }
    [[nodiscard]] std::size_t changes() const { return registry_.transitions().size(); }

private:
    struct Circuit final : resilience::CircuitObserver {
        explicit Circuit(UpstreamCheck& told) : check{told} {}
        void on(const resilience::CircuitEvent&) noexcept override { check.changed(); }
        UpstreamCheck& check;
    };
    void tell() {
        check_.changed();
        loop_.run();
    }

    ManualLoop loop_;
    Rng rng_{1};
    Cancel stop_;
    health::Registry registry_;
    Circuit circuit_{check_};
    upstream::Upstream shared_;
    UpstreamCheck check_{loop_.scheduler(), registry_, registry_.add("users", {.damping = {1, 1}}), shared_};
    std::shared_ptr<const health::Pages> pages_;
    Child<void> running_;
};

TEST(UpstreamCheck, is_not_checked_until_something_is_known) {
    WatchedUpstream users;
    users.pass(1h);
    EXPECT_EQ(users.status(), Status::unchecked);
    users.endpoints(some_endpoints(2));
    EXPECT_EQ(users.status(), Status::up);
}

TEST(UpstreamCheck, follows_the_circuit_and_is_degraded_once_it_has_rested) {
    WatchedUpstream users;
    users.endpoints(some_endpoints(2));
    users.call(Verdict::failure);
    EXPECT_EQ(users.status(), Status::down);
    EXPECT_EQ(users.message(), "the circuit is open: too many failures in a row");
    users.pass(4999ms);
    EXPECT_EQ(users.status(), Status::down);
    users.pass(1ms);
    EXPECT_EQ(users.status(), Status::degraded) << "without any call, so that calls come";
    users.call(Verdict::success);
    EXPECT_EQ(users.status(), Status::up);
    EXPECT_EQ(users.message(), "");
}

TEST(UpstreamCheck, a_name_that_does_not_resolve_is_down_with_its_reason) {
    WatchedUpstream users;
    auto none = std::make_shared<upstream::EndpointList>();
    none->why_none = {Reason::dns_failed, "the name does not exist"};
    users.endpoints(none);
    EXPECT_EQ(users.status(), Status::down);
    EXPECT_EQ(users.message(), "no endpoint is known: the name does not exist");
    users.endpoints(some_endpoints(1));
    EXPECT_EQ(users.status(), Status::up);
}

TEST(UpstreamCheck, ejected_endpoints_count_until_they_are_back) {
    WatchedUpstream users;
    const auto list = some_endpoints(2);
    users.endpoints(list);
    users.eject(list->all[0]);
    EXPECT_EQ(users.status(), Status::up) << "the other one gets the calls";
    users.pass(10s);
    users.eject(list->all[1]);
    EXPECT_EQ(users.status(), Status::down);
    EXPECT_EQ(users.message(), "all endpoints are ejected");
    users.pass(20s);
    EXPECT_EQ(users.status(), Status::up) << "the first one is back, which nobody told";
    users.pass(10s);
    EXPECT_EQ(users.standing().outcome.details.back(), (health::Detail{"ejected", std::int64_t{0}}));
}

TEST(UpstreamCheck, ejected_endpoints_are_no_trouble_while_so_many_are_that_all_get_calls) {
    WatchedUpstream users{{.consecutive = 1, .eject_for = 30s, .max_ejected = 100_percent, .panic = 50_percent}};
    const auto list = some_endpoints(2);
    users.endpoints(list);
    users.eject(list->all[0]);
    users.pass(10s);
    users.eject(list->all[1]);
    EXPECT_EQ(users.status(), Status::up);
    EXPECT_EQ(users.standing().outcome.details.back(), (health::Detail{"ejected", std::int64_t{2}}));
}

TEST(UpstreamCheck, what_changes_nothing_is_no_news) {
    WatchedUpstream users;
    users.endpoints(some_endpoints(2));
    const std::size_t before = users.changes();
    const health::Standing* const standing = &users.standing();
    for (int i = 0; i < 10; ++i) users.endpoints(some_endpoints(2));
    EXPECT_EQ(users.changes(), before);
    EXPECT_EQ(&users.standing(), standing) << "no page is made again";
}

}  // namespace
}  // namespace outrigger::admin
