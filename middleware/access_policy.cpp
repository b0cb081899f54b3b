// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/sampling.hpp>
#include <outrigger/middleware/access_policy.hpp>

namespace outrigger::middleware {

bool AccessPolicy::picks(bool failed, Duration took, std::string_view trace_id) const noexcept {
    switch (keep_) {
        case Keep::all: return true;
        case Keep::none: return false;
        case Keep::errors: return failed;
        case Keep::sampled: break;
    }
    return failed || took >= slow_ || trace_id.empty() || logging::fraction_of(trace_id) < share_.fraction();
}

}  // namespace outrigger::middleware
