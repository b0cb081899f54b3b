// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <outrigger/core/units.hpp>
#include <outrigger/middleware/intake_counts.hpp>

#include "sidecar/ingress/service.hpp"
#include "sidecar/intake/post_reader.hpp"
#include "sidecar/intake/receipt.hpp"

namespace outrigger::intake {

// What all workers' intakes share. What it refers to outlives them.
struct IntakeSettings {
    std::string service;
    const logging::Redaction& redaction;
    Submit submit;
    middleware::IntakeCounts& counts;
    Bytes body_max{1 << 20};   // unpacked
    Duration idle{};           // how long a pause in a body, a commit, or a slow reader may take
};

// Answers posts of records: 202 once they are safe, 429 when there is no room for them, 400 with what was found and
// where; of a refused post nothing is kept. One per worker.
class Posts final : public ingress::Service {
public:
    explicit Posts(const IntakeSettings& settings)
        : settings_{settings}, reader_{settings.service, settings.redaction} {}

    [[nodiscard]] Task<void> answer(ingress::Incoming& incoming) override;
    [[nodiscard]] Task<void> refuse(ingress::Incoming& incoming, Fault fault) override;

private:
    [[nodiscard]] Task<void> take(ingress::Incoming& incoming);
    [[nodiscard]] Task<Result<void>> read_body(ingress::Incoming& incoming, std::string& body);
    [[nodiscard]] std::optional<Mistake> unpack(const ingress::Incoming& incoming, std::string& body);
    [[nodiscard]] Task<void> keep(ingress::Incoming& incoming, logging::Submission submission);
    void write_accepted(ingress::Incoming& incoming, std::uint64_t records);
    void write_hint(ingress::Incoming& incoming);
    void write_problem(ingress::Incoming& incoming, const Fault& fault, std::string_view sentence,
                       std::string_view allow = {});
    [[nodiscard]] Task<void> flush(ingress::Incoming& incoming);

    const IntakeSettings& settings_;
    PostReader reader_;
};

}   // namespace outrigger::intake
