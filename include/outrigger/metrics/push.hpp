// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What is sent to a Pushgateway, for jobs that end before anybody could scrape them. Pure functions, thread-safe; the
// sending is outrigger/middleware/push.hpp, or yours.
namespace outrigger::metrics {

enum class PushVerb : std::uint8_t {
    replace,   // PUT: the group has these metrics and no others
    add,       // POST: replaces only the group's metrics of the same names
    remove,    // DELETE: the group goes
};
[[nodiscard]] constexpr std::string_view http_method_of(PushVerb verb) noexcept {
    switch (verb) {
        case PushVerb::replace: return "PUT";
        case PushVerb::add: return "POST";
        case PushVerb::remove: return "DELETE";
    }
    return "";
}

// The labels that all of a push's series get, and by which a Pushgateway keeps pushes apart.
struct PushGroup {
    std::string job;   // not empty
    std::vector<std::pair<std::string, std::string>> labels =
        {};   // such as instance; each name once, none of them job
};

// The path of the group: "/metrics/job/backup/instance/db%201"; a value with a slash and an empty one in base64. Throws
// std::invalid_argument, with a sentence, for an empty job and for a label's name that is not allowed or there twice.
[[nodiscard]] std::string push_path(const PushGroup& group);

// The body of a PUT or a POST, text 0.0.4, whose type is text_content_type. Without timestamps: a Pushgateway refuses
// them.
[[nodiscard]] std::string push_body(std::vector<MetricFamily> families);

}  // namespace outrigger::metrics
