// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/resilience/backoff.hpp>

#include "sidecar/net/resolver.hpp"
#include "sidecar/upstream/endpoint.hpp"

namespace outrigger::upstream {

// Which endpoints joined and left. Views hold while it is told.
struct EndpointsChanged {
    std::string_view host;
    std::vector<std::string_view> joined;
    std::vector<std::string_view> left;
    std::size_t count;   // now
};
// A name could not be looked up, or is said not to exist; what was known of it before goes on being used if `kept`. Told
// when it begins and when the reason changes.
struct NameUnresolved {
    std::string_view host;
    std::string_view why;
    bool kept;
};
// It can be looked up again.
struct NameResolved {
    std::string_view host;
};

// Who is told, on the discovery's thread.
class DiscoveryObserver {
public:
    virtual void on(const EndpointsChanged& event) noexcept = 0;
    virtual void on(const NameUnresolved& event) noexcept = 0;
    virtual void on(const NameResolved& event) noexcept = 0;

protected:
    ~DiscoveryObserver() = default;
};

// Keeps an upstream's endpoints: looks its name up, again whenever the answer has expired, and publishes what changes. All
// its addresses are endpoints; one that stays is the same endpoint as before, with all that is known of it.
//
// When nobody who knows answers, the last good answer is kept, for however long that lasts. When they say that the name
// does not exist or has no address, they must say so three times: a name server that has just started says that of every
// name. On one loop, whichever; workers are given the lists by post.
class Discovery {
public:
    struct Settings {
        std::string host;   // or an address in numbers, without brackets: never looked up
        std::uint16_t port = 0;
        Duration ttl_min = std::chrono::seconds{1};
        Duration ttl_max = std::chrono::hours{1};
        Duration ttl_unknown = std::chrono::seconds{5};    // of a hosts file's entries, and of zero: Envoy's default
        Duration ttl_negative = std::chrono::seconds{5};
        Duration give_up_after = std::chrono::seconds{30};   // a look-up that takes longer has failed
        // After a failure; the endpoints stand still meanwhile, if there are any.
        resilience::Backoff retry{.first = std::chrono::milliseconds{500},
                                  .max = std::chrono::seconds{10},
                                  .factor = 2.0,
                                  .jitter = resilience::Jitter::equal};
    };
    static constexpr std::size_t endpoints_max = 1000;   // of more addresses new ones are left out
    static constexpr int negatives_believed = 3;

    // Called on the discovery's thread with every new list, the first one as soon as anything is known.
    using Publish = std::function<void(std::shared_ptr<const EndpointList>)>;
    Discovery(Scheduler& scheduler, net::Resolver& resolver, Settings settings, Rng rng, Publish publish,
              DiscoveryObserver* observer = nullptr);

    // Until it is cancelled.
    [[nodiscard]] Task<void> run(Cancel& stop);

private:
    // Each returns when to look again.
    [[nodiscard]] Duration take(const Result<net::NameAnswer>& answer);
    [[nodiscard]] Duration take_addresses(const net::NameAnswer& answer);
    [[nodiscard]] Duration take_none(std::string_view why);
    [[nodiscard]] Duration take_failure(std::string_view why);
    [[nodiscard]] Duration lifetime(Duration ttl) const noexcept;

    void follow(std::vector<net::SocketAddress> addresses);
    void choose(std::vector<net::SocketAddress>& addresses) const;
    void say_unresolved(std::string_view why);
    void publish_none(std::string_view why);
    void tell_changes(const EndpointList& before, const EndpointList& now) const;

    Scheduler& scheduler_;
    net::Resolver& resolver_;
    const Settings settings_;
    Rng rng_;
    const Publish publish_;
    DiscoveryObserver* const observer_;
    std::shared_ptr<const EndpointList> list_;   // null: nothing is known yet
    std::uint64_t last_id_ = 0;
    bool had_endpoints_ = false;
    int negatives_ = 0;             // in a row
    std::uint32_t failures_ = 0;    // in a row
    std::string_view unresolved_;   // what was told last; empty: it is resolved
};

}   // namespace outrigger::upstream
