// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/failure.hpp"

#include <cstddef>

namespace outrigger::demo {
namespace {

// Without the scheme and the authority.
std::string_view target_of(std::string_view url) {
    const auto scheme = url.find("://");
    const auto path = scheme == std::string_view::npos ? url.find('/') : url.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : url.substr(path);
}

}  // namespace

std::string_view text_member(std::string_view object, std::string_view name) noexcept {
    for (std::size_t at = object.find(name); at != std::string_view::npos; at = object.find(name, at + 1)) {
        const std::string_view after = object.substr(at + name.size());
        if (at == 0 || object[at - 1] != '"' || !after.starts_with("\":\"")) continue;
        const std::string_view text = after.substr(3);
        for (std::size_t end = 0; end < text.size(); ++end) {
            if (text[end] == '"') return text.substr(0, end);
            if (text[end] == '\\') ++end;
        }
    }
    return {};
}

Failure explain(const Request& request, const Response& response) {
    Failure failure{.request = request.method + ' ' + std::string{target_of(request.url)},
                    .status = response.status,
                    .took = response.took,
                    .reason = {},
                    .words = response.error,
                    .request_id = response.request_id.empty() ? request.request_id : response.request_id};
    if (!response.error.empty()) return failure;
    const bool by_sidecar = response.content_type.starts_with("application/problem+json");
    if (by_sidecar) failure.reason = text_member(response.body, "reason");
    failure.words = text_member(response.body, by_sidecar ? "detail" : "error");
    return failure;
}

}  // namespace outrigger::demo
