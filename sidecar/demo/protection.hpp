// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sidecar/demo/calls.hpp"
#include "sidecar/demo/examples.hpp"
#include "sidecar/demo/figures.hpp"
#include "sidecar/demo/proxy_runner.hpp"
#include "sidecar/demo/style.hpp"

// What the demo says of the gateway's calls, in lines of at most 90 columns. Values in, text out.
namespace outrigger::demo {

// The calls with policies and without, side by side, as the gateway saw them; empty without any.
[[nodiscard]] std::string side_by_side(const Comparison& calls, Style style);

// What the policies did for it, as the sidecar counted it; empty if that could not be read.
[[nodiscard]] std::string policy_table(const std::optional<Figures>& figures, Style style);

// Two calls in words, and where to find them; empty without any.
[[nodiscard]] std::string explained(const Examples& examples, const Proxy& proxy, Style style);

}  // namespace outrigger::demo
