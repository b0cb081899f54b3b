// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>

#include "sidecar/config/settings.hpp"

namespace outrigger::net {
class Resolver;
}  // namespace outrigger::net

namespace outrigger::sidecar {

// The sidecar cannot start, in one line for the user: what, where, which setting.
class StartError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The whole proxy: the composition root. Made, it holds its ports; run, it serves. Member order is dependency order.
class Sidecar {
public:
    // `log_fd`: where log lines go. `names`: who looks up the names of upstreams, and must outlive it; null: as the machine
    // is told to. Throws StartError.
    Sidecar(config::Settings settings, const Clock& clock, int log_fd, net::Resolver* names = nullptr);
    ~Sidecar();
    Sidecar(const Sidecar&) = delete;
    Sidecar& operator=(const Sidecar&) = delete;

    // "127.0.0.1:8080": as bound, with the port that the kernel chose where the setting says 0.
    [[nodiscard]] std::string inbound_address() const;
    [[nodiscard]] std::string admin_address() const;
    // Where the app calls this upstream; empty: there is no such upstream.
    [[nodiscard]] std::string outbound_address(std::string_view upstream) const;
    [[nodiscard]] std::size_t workers() const noexcept;

    // Serves until it is told to end and has drained. The calling thread becomes the admin thread. False: a health check
    // hangs, which the log names; the log is written, and the destructor would wait for that check.
    [[nodiscard]] bool run();

    enum class Then : std::uint8_t { live_on, end };
    // From any thread, and more than once: see "Draining" in the documentation. `cause` is for the log.
    void drain(std::string cause, Then then);
    // From any thread: drains without delay, and cuts what is not finished at once.
    void end_now();

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace outrigger::sidecar
