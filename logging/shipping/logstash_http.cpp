// SPDX-License-Identifier: Apache-2.0
#include "logstash_http.hpp"

#include <algorithm>
#include <utility>

namespace outrigger::logging {

void LogstashHttp::write(const Parcel& parcel, std::string& body) const {
    body.clear();
    body.reserve(parcel.lines.size() + 1);
    body += '[';
    body += parcel.lines;
    std::ranges::replace(body, '\n', ',');   // JSON has no newline within a line
    body.back() = ']';
}

Outcome LogstashHttp::judge(long, std::string_view, Parcel parcel) const {
    return {.kind = Outcome::Kind::delivered, .parcel = std::move(parcel)};
}

}   // namespace outrigger::logging
