// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sidecar/libraries/library.hpp"

// The libraries that the program loads once something needs them. They bring two dozen others along, megabytes that
// most sidecars have no use for. Whoever calls curl_easy_init() and the like calls libcurl.cpp here, which passes on.
namespace outrigger::libraries {

// Loaded by the first call; any thread. A library belongs to the process, as what is linked does.
[[nodiscard]] const Library& libcurl();
[[nodiscard]] const Library& libpq();

// A C function's way to the real one, which is looked for once: static in each instance, one for each function.
template <auto* function, class... Arguments>
auto pass_on(const Library& (&library)(), const char* name, Arguments... arguments) {
    static const auto real = reinterpret_cast<decltype(function)>(library().function(name));
    return real(arguments...);
}

}   // namespace outrigger::libraries
