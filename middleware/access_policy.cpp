// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/access_policy.hpp>

namespace outrigger::middleware {
namespace {

// FNV-1a with splitmix64's finish, as a fraction in [0, 1): trace ids that only count up spread as well as
// random ones.
double fraction_of(std::string_view trace_id) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : trace_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
    return static_cast<double>((hash ^ (hash >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace

bool AccessPolicy::picks(bool failed, Duration took, std::string_view trace_id) const noexcept {
    switch (keep_) {
        case Keep::all: return true;
        case Keep::none: return false;
        case Keep::errors: return failed;
        case Keep::sampled: break;
    }
    return failed || took >= slow_ || trace_id.empty() || fraction_of(trace_id) < share_.fraction();
}

}  // namespace outrigger::middleware
