// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include <netinet/in.h>

#include "sidecar/upstream/balancer.hpp"
#include "sidecar/upstream/upstream.hpp"

// What an attempt pays for having many endpoints: the pick, the count of calls in flight, and the verdict.
namespace outrigger::upstream {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const EndpointList> endpoints(std::int64_t count) {
    auto list = std::make_shared<EndpointList>();
    for (std::int64_t i = 1; i <= count; ++i) {
        net::SocketAddress address;
        auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(0x0a000000U + static_cast<std::uint32_t>(i));
        address.length = sizeof v4;
        list->all.push_back(std::make_shared<Endpoint>(EndpointId{static_cast<std::uint64_t>(i)}, address));
    }
    return list;
}

void attempt(benchmark::State& state, config::BalanceMethod method) {
    Upstream upstream{"bench", {.balance = method, .outlier = {}, .breaker = std::nullopt}};
    const auto list = endpoints(state.range(0));
    upstream.set_endpoints(list);
    Instant now{1h};
    Candidates candidates;
    candidates.refresh(*list, {}, now);
    Balancer balancer{method, 0};
    Rng rng{7};
    Choice why;
    for (auto _ : state) {
        now += 10us;
        Endpoint& endpoint = *list->all[balancer.pick(candidates, EndpointId::none, now, rng, why).place];
        endpoint.begin_call();
        upstream.settle(endpoint, resilience::Verdict::success, 1ms, now);
        upstream.succeeded(endpoint);
        endpoint.end_call();
    }
}

BENCHMARK_CAPTURE(attempt, round_robin, config::BalanceMethod::round_robin)->Arg(1)->Arg(3)->Arg(100);
BENCHMARK_CAPTURE(attempt, least_request, config::BalanceMethod::least_request)->Arg(1)->Arg(3)->Arg(100);
BENCHMARK_CAPTURE(attempt, ewma, config::BalanceMethod::ewma)->Arg(1)->Arg(3)->Arg(100);

}   // namespace
}   // namespace outrigger::upstream
