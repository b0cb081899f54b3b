// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrigger::demo {

// A call of the gateway, as the sidecar's journal explains it.
struct Explained {
    std::string request;   // "GET /users/17"
    std::string upstream;
    std::string sentence;
    std::string request_id;

    friend bool operator==(const Explained&, const Explained&) = default;
};

// One call that a retry saved, and one that failed; those that show the most, and of these the last.
struct Examples {
    std::optional<Explained> saved;
    std::optional<Explained> failed;
};

// From GET /api/requests. Calls without policies are left out; of what is no such page, nothing.
[[nodiscard]] Examples examples_from(std::string_view page);

}  // namespace outrigger::demo
