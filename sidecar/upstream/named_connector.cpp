// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/named_connector.hpp"

#include <arpa/inet.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace outrigger::upstream {
namespace {

// Looked at rather than told: the thread may outlive the loop. Few connections are made this way, none in a hurry.
constexpr Duration look_every = std::chrono::milliseconds{5};

// Such an address asks nobody.
bool is_numeric(const std::string& host) noexcept {
    in6_addr any;
    return ::inet_pton(AF_INET, host.c_str(), &any) == 1 || ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}   // namespace

// Shared with the thread that looks up, which may outlive the connector by far.
struct NamedConnector::Lookup {
    void finish(Addresses addresses) {
        const std::scoped_lock lock{mutex};
        found = std::move(addresses);
    }
    [[nodiscard]] std::optional<Addresses> outcome() const {
        const std::scoped_lock lock{mutex};
        return found;
    }

    mutable std::mutex mutex;
    std::optional<Addresses> found;
};

void NamedConnector::begin_lookup() {
    auto lookup = std::make_shared<Lookup>();
    std::thread{[lookup, resolve = resolve_, host = host_, port = port_] {
        lookup->finish(resolve(host, port));
    }}.detach();
    lookup_ = std::move(lookup);
}

Task<NamedConnector::Addresses> NamedConnector::look_up(Wait wait) {
    if (is_numeric(host_)) co_return resolve_(host_, port_);
    if (!lookup_) {
        try {
            begin_lookup();
        } catch (const std::system_error& refused) {
            co_return Fault{Reason::dns_failed, "no thread to look the name up", refused.code().value()};
        }
    }
    const std::shared_ptr<Lookup> lookup = lookup_;
    for (;;) {
        std::optional<Addresses> found = lookup->outcome();
        if (found) {
            if (lookup_ == lookup) lookup_.reset();
            co_return std::move(*found);
        }
        const Result<void> paused = co_await Pause{loop_.scheduler(), look_every, wait};
        if (!paused) co_return paused.error();
    }
}

Task<Result<std::unique_ptr<net::Stream>>> NamedConnector::connect(Wait wait) {
    Addresses addresses = co_await look_up(wait);
    if (!addresses) co_return addresses.error();
    SocketConnector found{loop_, name_, std::move(*addresses)};
    Result<std::unique_ptr<net::Stream>> stream = co_await found.connect(wait);
    co_return std::move(stream);
}

}   // namespace outrigger::upstream
