// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <outrigger/core/task.hpp>

#include "sidecar/admin/http_call.hpp"
#include "sidecar/admin/scraper.hpp"

namespace outrigger::admin {

// Pushes the sidecar's page to a Pushgateway, replacing what this group had. On the worker's thread.
class Pusher {
public:
    struct Settings {
        std::string host;            // for the Host field
        std::string path;            // of the group
        std::string authorization;   // empty: none
        Duration timeout{};          // of one push, making the page included
    };
    Pusher(Settings settings, Scraper& scraper, upstream::Cluster& gateway, net::Worker& worker)
        : settings_{std::move(settings)}, scraper_{scraper}, gateway_{gateway}, worker_{worker} {}

    // Nothing, or why it failed: a sentence.
    [[nodiscard]] Task<std::string> push(Cancel* cancel = nullptr);

private:
    const Settings settings_;
    Scraper& scraper_;
    upstream::Cluster& gateway_;
    net::Worker& worker_;
};

}  // namespace outrigger::admin
