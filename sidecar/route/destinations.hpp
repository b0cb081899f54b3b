// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::route {

// Whom a URL or a CONNECT names: "users:8080".
struct Authority {
    std::string_view host;   // as it stands there, an IPv6 address in its brackets
    std::uint16_t port = 0;

    // `text`: host [":" port], as the codec has found it valid; `default_port`: where none is written.
    [[nodiscard]] static Authority parse(std::string_view text, std::uint16_t default_port) noexcept;
    // In lower case and with its port, an IPv6 address in its shortest form: the same text for the same authority.
    [[nodiscard]] std::string text() const;
};

// Which upstream is meant by a URL: by its authority, without regard to case, and by the path at which the upstream's
// target begins. Immutable once made, so every worker may read it.
class Destinations {
public:
    struct Known {
        std::string host;   // as in Authority
        std::uint16_t port = 0;
        std::string prefix;   // "/v2": paths that are it, or go on behind it with '/' or '?'; empty: all
        bool only_tunnels = false;   // callers must speak TLS with it themselves
    };
    explicit Destinations(std::vector<Known> known);

    // Its place in the list that this was made from. Of several with this authority the one with the longest prefix of
    // the path (which may carry a query): what names a part says more than what names the whole.
    [[nodiscard]] std::optional<std::size_t> match(const Authority& authority,
                                                   std::string_view path) const noexcept;
    // A tunnel has no path that could be seen: of several the one with the shortest prefix.
    [[nodiscard]] std::optional<std::size_t> match(const Authority& authority) const noexcept;
    [[nodiscard]] const std::vector<Known>& all() const noexcept { return known_; }

private:
    const std::vector<Known> known_;
};

}   // namespace outrigger::route
