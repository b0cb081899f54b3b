// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/health/registry.hpp>
#include <outrigger/metrics/registry.hpp>

namespace outrigger::middleware {

// What a service shows of itself to whoever watches over it. Each may be left out, and its pages with it.
struct Exposing {
    std::optional<std::reference_wrapper<const metrics::Registry>> metrics = {};
    std::optional<std::reference_wrapper<const health::Registry>> health = {};
    std::string prefix = {};   // in front of all paths: "/internal"
};

// The pages /metrics, and /health, /health/live, /health/ready, /health/startup, /health/<page of your own>, /livez,
// /readyz, /startupz, for a server of whichever framework. Metrics in the form that is asked for (metrics/page.hpp),
// health as a terminus document, or as Accept or ?format= asks, from what the registry knows: it never waits for a
// check. Thread-safe. Shares in what it shows: when the registries have ended, /metrics shows what instruments are
// left, and /health says `shutting_down`. Sources that the registry absorbed live on as well, and are asked: what such a
// source refers to, as that of log_metrics() does to its writer, must outlive these pages, or their server.
class ExposedPages {
public:
    struct Question {
        std::string_view target;                 // path, with its query if there is one
        std::string_view accept = {};            // Accept
        std::string_view accept_encoding = {};   // Accept-Encoding; empty: the page comes as it is
    };
    struct Page {
        int status = 200;
        std::string_view content_type = {};
        std::string body = {};
        bool gzip = false;                       // Content-Encoding
        std::string_view cache_control = {};     // Cache-Control; empty: none
    };

    explicit ExposedPages(Exposing exposing);

    // The answer to a GET or HEAD; nothing: the path is none of ours. Throws std::bad_alloc.
    [[nodiscard]] std::optional<Page> page(const Question& question) const;

private:
    [[nodiscard]] Page scrape(const Question& question) const;

    const std::string prefix_;
    const std::shared_ptr<const metrics::Source> metrics_;
    const std::shared_ptr<const health::Published<health::Pages>> health_;
};

}   // namespace outrigger::middleware
