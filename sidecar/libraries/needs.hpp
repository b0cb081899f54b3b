// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/config/problem.hpp"
#include "sidecar/config/settings.hpp"
#include "sidecar/libraries/library.hpp"

// Which settings need a library that is not loaded with the program.
namespace outrigger::libraries {

using Loader = const Library& (*)();

struct Need {
    std::string path;        // "health.ready.db"
    std::string_view what;   // "a postgres check"
    Loader library;
};

// `libcurl` and `libpq` are not called here.
[[nodiscard]] std::vector<Need> needs(const config::Settings& settings, Loader libcurl, Loader libpq);

// Loads what is needed. A library that is not there is a problem of each setting that needs it.
[[nodiscard]] std::vector<config::Problem> load(const std::vector<Need>& needs);

}   // namespace outrigger::libraries
