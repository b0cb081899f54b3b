// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/upstreams.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

config::Upstream upstream(const Shop& shop, Callee callee) {
    const std::string host = callee == Callee::users ? users_host : "127.0.0.1";
    config::Upstream upstream;
    upstream.listen = config::Address{"127.0.0.1", 0};
    upstream.target = *config::HttpUrl::parse("http://" + host + ':' + std::to_string(shop.port(callee)));
    upstream.policies.timeout = 1s;
    return upstream;
}

config::Upstream with_policies(config::Upstream upstream, Duration duration) {
    config::Policies& policies = upstream.policies;
    policies.retry.per_try_timeout = 400ms;   // above the slowest search that is not stuck
    policies.breaker.consecutive = 5;
    policies.breaker.open_for = std::clamp<Duration>(duration / 40, 200ms, 5s);
    policies.breaker.probes = 1;   // there are few calls
    policies.outlier.consecutive = 3;
    policies.outlier.eject_for = std::clamp<Duration>(duration / 4, 1s, 30s);
    return upstream;
}

config::Upstream without_policies(config::Upstream upstream) {
    config::Policies& policies = upstream.policies;
    policies.retry.attempts = 1;
    policies.breaker.shadow = true;
    policies.outlier.shadow = true;
    return upstream;
}

}  // namespace

NamedMap<config::Upstream> shop_upstreams(const Shop& shop, Duration duration) {
    NamedMap<config::Upstream> all;
    const auto one = [&](std::size_t place) { return upstream(shop, static_cast<Callee>(place)); };
    for (std::size_t i = 0; i < callees.size(); ++i)
        all.add(std::string{callees[i]}, with_policies(one(i), duration));
    for (std::size_t i = 0; i < callees.size(); ++i)
        all.add(std::string{callees[i]}.append(bare_suffix), without_policies(one(i)));
    return all;
}

}  // namespace outrigger::demo
