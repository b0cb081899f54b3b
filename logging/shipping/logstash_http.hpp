// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_sender.hpp"

namespace outrigger::logging {

// Logstash's http input: a JSON array, which its default codec takes apart into events. 200 to 204 mean that they are in
// its queue: with a queue in memory a crash of Logstash loses them. It takes them one by one: after a 500 in between
// some are in, and come again with the same event.id. Records are JSON already: what is not would be taken, too, as text
// with the tag _jsonparsefailure.
class LogstashHttp final : public HttpDialect {
public:
    [[nodiscard]] std::string target(const Destination& to) const override { return to.path.empty() ? "/" : to.path; }
    [[nodiscard]] std::string_view content_type() const noexcept override { return "application/json"; }
    void write(const Parcel& parcel, std::string& body) const override;
    [[nodiscard]] Outcome judge(long status, std::string_view answer, Parcel parcel) const override;
    [[nodiscard]] bool answers_each_record() const noexcept override { return false; }
};

}   // namespace outrigger::logging
