// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_server.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::metrics {

// The templates of undeclared routes, learned from the paths that are asked for (route_template.hpp), at most so many:
// what comes later is `other`. Thread-safe; finding a template that is known takes no lock and allocates nothing.
class LearnedRoutes {
public:
    // What no template stands for.
    static constexpr HttpRoute other{0, "other"};
    // As many as Micrometer allows by default; a longer template than template_max bytes is not learned.
    static constexpr std::uint32_t routes_max_default = 100;
    static constexpr std::size_t template_max = 200;

    // Its routes' ids begin with `first_id`, behind those of the declared ones. Throws std::invalid_argument for a
    // routes_max above 10'000.
    explicit LearnedRoutes(std::uint32_t first_id = 1, std::uint32_t routes_max = routes_max_default);
    LearnedRoutes(const LearnedRoutes&) = delete;
    LearnedRoutes& operator=(const LearnedRoutes&) = delete;

    // The path's template if it is known, else `other`. The view lives as long as this object.
    [[nodiscard]] HttpRoute find(std::string_view path) const noexcept;
    // The same, but an unknown template is taken up if there is room.
    [[nodiscard]] HttpRoute learn(std::string_view path) noexcept;
    // learn() if the status says that there is such a route, else find(). A 4xx is what an invented path gets, and 501
    // an invented method: whoever tries paths out must not use up the room.
    [[nodiscard]] HttpRoute answered(std::string_view path, int status) noexcept {
        const bool real = status >= 100 && (status < 400 || status >= 500) && status != 501;
        return real ? learn(path) : find(path);
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_.load(std::memory_order_acquire); }

private:
    struct Learned {
        std::uint32_t id;
        std::uint32_t hash;
        std::string text;
    };
    [[nodiscard]] const Learned* look_up(std::string_view text, std::uint32_t hash) const noexcept;
    [[nodiscard]] HttpRoute take_up(std::string_view text, std::uint32_t hash) noexcept;

    const std::uint32_t first_id_;
    const std::size_t routes_max_;
    // Open addressing, at most half full; entries are only ever added. Published with release, read with acquire.
    std::vector<std::atomic<const Learned*>> slots_;
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;            // guards learned_ and the writing of slots_
    std::deque<Learned> learned_;   // addresses never change
};

}  // namespace outrigger::metrics
