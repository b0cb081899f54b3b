// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/demo/shop.hpp"

namespace outrigger::demo {

// Notices what the policies do: looks at GET /api/upstreams again and again and says in words what has changed.
class UpstreamWatch {
public:
    explicit UpstreamWatch(const Shop& shop);

    // Between the page before and this one; of what is no such page, nothing. The upstreams without policies are left
    // out: nothing is done to them.
    [[nodiscard]] std::vector<std::string> changes(std::string_view page);

private:
    std::map<std::string, std::string, std::less<>> member_names_;   // "127.0.0.2:35691" -> "users-2"
    std::map<std::string, std::string, std::less<>> states_;         // of circuits and endpoints, by name
};

}  // namespace outrigger::demo
