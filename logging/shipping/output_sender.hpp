// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/logging/output.hpp>

#include "sender.hpp"

namespace outrigger::logging {

// A descriptor: records count as delivered once it has taken them. One that is full is waited for.
class OutputSender final : public Sender {
public:
    explicit OutputSender(int fd) : output_{fd} {}   // throws std::system_error if it is not open

    [[nodiscard]] bool ready() const noexcept override { return !parcel_; }
    void send(Parcel parcel, Instant now) override;
    void advance(Instant now, std::vector<Outcome>& ended) override;
    void watch(std::vector<pollfd>& descriptors) const override;

private:
    [[nodiscard]] Output::Progress write();

    Output output_;
    std::optional<Parcel> parcel_;
    std::size_t offset_ = 0;
    bool torn_ = false;   // a write failed within a line: that ends before the next begins
};

}   // namespace outrigger::logging
