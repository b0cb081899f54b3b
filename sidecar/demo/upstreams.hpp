// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>

#include "sidecar/config/outbound_settings.hpp"
#include "sidecar/demo/shop.hpp"

namespace outrigger::demo {

inline constexpr const char* users_host = "users.shop";   // all addresses of users

// The gateway's upstreams: by Callee, first with policies, then without: one attempt each, and a breaker and an
// ejection that only look on. Rests and ejections fit a demo of this duration.
[[nodiscard]] NamedMap<config::Upstream> shop_upstreams(const Shop& shop, Duration duration);

}  // namespace outrigger::demo
