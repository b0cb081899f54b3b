// SPDX-License-Identifier: Apache-2.0
#include "sidecar/route/destinations.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "sidecar/http1/parser.hpp"

namespace outrigger::route {
namespace {

using Text = std::array<char, INET6_ADDRSTRLEN + 2>;

// An IPv6 address can be written in many ways: the shortest one, in its brackets. All else stays as it is.
std::string_view shortest(std::string_view host, Text& room) noexcept {
    if (!host.starts_with('[') || host.size() > room.size()) return host;
    Text digits{};
    std::copy_n(host.data() + 1, host.size() - 2, digits.data());
    in6_addr address;
    if (::inet_pton(AF_INET6, digits.data(), &address) != 1) return host;
    room[0] = '[';
    if (!::inet_ntop(AF_INET6, &address, room.data() + 1, INET6_ADDRSTRLEN)) return host;
    const std::size_t end = std::string_view{room.data()}.size();
    room[end] = ']';
    return {room.data(), end + 1};
}

bool begins_with_whole(std::string_view path, std::string_view prefix) noexcept {
    if (!path.starts_with(prefix)) return false;
    return prefix.empty() || path.size() == prefix.size() || path[prefix.size()] == '/' ||
           path[prefix.size()] == '?';
}

// Of those with this authority that are `wanted`, the first that no other one is better than.
template <class Wanted, class Better>
std::optional<std::size_t> best(const std::vector<Destinations::Known>& known, const Authority& authority,
                                Wanted wanted, Better better) noexcept {
    Text room;
    const std::string_view host = shortest(authority.host, room);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const Destinations::Known& one = known[i];
        if (one.port != authority.port || !http1::same_name(one.host, host) || !wanted(one)) continue;
        if (!found || better(one.prefix.size(), known[*found].prefix.size())) found = i;
    }
    return found;
}

}   // namespace

Authority Authority::parse(std::string_view text, std::uint16_t default_port) noexcept {
    const std::size_t literal = text.starts_with('[') ? text.find(']') : 0;
    const std::size_t colon = std::min(text.find(':', literal), text.size());
    Authority parsed{text.substr(0, colon), default_port};
    if (colon + 1 < text.size())   // "users:" has no port either
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), parsed.port);
    return parsed;
}

std::string Authority::text() const {
    Text room;
    std::string written{shortest(host, room)};
    for (char& letter : written)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return written.append(":").append(std::to_string(port));
}

Destinations::Destinations(std::vector<Known> known) : known_{std::move(known)} {}

std::optional<std::size_t> Destinations::match(const Authority& authority,
                                               std::string_view path) const noexcept {
    const auto wanted = [path](const Known& one) {
        return !one.only_tunnels && begins_with_whole(path, one.prefix);
    };
    return best(known_, authority, wanted, std::greater{});
}

std::optional<std::size_t> Destinations::match(const Authority& authority) const noexcept {
    return best(
        known_, authority, [](const Known&) { return true; }, std::less{});
}

}   // namespace outrigger::route
