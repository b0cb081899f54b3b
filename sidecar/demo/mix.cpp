// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/mix.hpp"

namespace outrigger::demo {
namespace {

constexpr unsigned total_percent() {
    unsigned sum = 0;
    for (const MixEntry& entry : mix) sum += entry.percent;
    return sum;
}
static_assert(total_percent() == 100);

constexpr std::array<std::string_view, 5> words{"paddle", "rope", "lantern", "mast", "anchor"};

std::size_t draw(Rng& rng) {
    auto ticket = static_cast<unsigned>(rng.below(100));
    std::size_t entry = 0;
    while (ticket >= mix[entry].percent) ticket -= mix[entry++].percent;
    return entry;
}

std::string some_id(Rng& rng) { return std::to_string(1 + rng.below(500)); }

// The mix's name with its blanks filled in.
Request fill_in(std::size_t entry, Rng& rng) {
    const std::string_view name = mix[entry].name;
    const auto space = name.find(' ');
    Request request{.method = std::string{name.substr(0, space)}, .url = std::string{name.substr(space + 1)}};
    if (const auto blank = request.url.find("{id}"); blank != std::string::npos)
        request.url.replace(blank, 4, some_id(rng));
    if (request.url == "/search") request.url.append("?q=").append(words[rng.below(words.size())]);
    if (request.method == "POST") request.body = "{\"user\":" + some_id(rng) + ",\"product\":\"sail\"}";
    return request;
}

}  // namespace

Planned next_request(Rng& rng, std::string_view server, std::uint64_t number) {
    Planned planned{.entry = draw(rng), .request = {}};
    planned.request = fill_in(planned.entry, rng);
    planned.request.url.insert(0, server);
    if (rng.below(3) == 0) planned.request.request_id = "demo-" + std::to_string(number);
    return planned;
}

}  // namespace outrigger::demo
