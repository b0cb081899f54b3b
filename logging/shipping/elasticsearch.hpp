// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_sender.hpp"

namespace outrigger::logging {

// Elasticsearch's _bulk: `create` with the record's event.id as _id, so that what comes twice is stored once within one
// backing index: 409 means that it is there. Every item has a status of its own:
//   2xx, 409      delivered; with "failure_store": "used" set aside
//   429, 5xx      again, and only these
//   401, 403      again: credentials may change
//   404, 413, 4xx set aside with the server's words
class Elasticsearch final : public HttpDialect {
public:
    // Where records go if the destination names no index: a data stream that the templates of Elasticsearch know.
    static constexpr std::string_view default_index = "logs-outrigger-default";

    [[nodiscard]] std::string target(const Destination& to) const override;
    [[nodiscard]] std::string_view content_type() const noexcept override { return "application/x-ndjson"; }
    void write(const Parcel& parcel, std::string& body) const override;
    [[nodiscard]] Outcome judge(long status, std::string_view answer, Parcel parcel) const override;
    [[nodiscard]] bool answers_each_record() const noexcept override { return true; }
};

}   // namespace outrigger::logging
