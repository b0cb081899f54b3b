// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "sidecar/config/settings.hpp"

namespace outrigger::sidecar {

// The running sidecar's admin address, for commands that ask it. Not thread-safe.
class AdminAddress {
public:
    struct Answer {
        long status = 0;             // 0: none came
        bool nobody_there = false;   // nothing listens
        std::string failure;         // why there is none
        std::string body;            // at most 64 KiB
    };

    // Throws std::bad_alloc, and std::runtime_error if libcurl cannot be loaded.
    AdminAddress(const config::Destination& where, const std::string& token);
    ~AdminAddress();

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    // Waits for at most 5 s: it answers at once, or something is wrong.
    [[nodiscard]] Answer ask(const char* method, const std::string& path);
    // A sentence about an answer that is not what it should be.
    [[nodiscard]] std::string refusal(const std::string& request, const Answer& answer) const;

private:
    class Transfer;
    std::string url_;
    std::unique_ptr<Transfer> transfer_;
};

}   // namespace outrigger::sidecar
