// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "sidecar/net/loop.hpp"
#include "sidecar/net/resolver.hpp"

namespace outrigger::net {

// Looks names up as the machine is told to (/etc/hosts, nsswitch.conf, resolv.conf with its search domains), by c-ares on
// our loop: no thread, and nothing blocks but the reading of those files. They are read anew for each look-up, so that
// what changes in them is seen. IPv4 and IPv6 are asked for at once; once one has addresses the other is waited for only
// a little. Where there are both, those of a family that this machine has no way to are left out. `localhost` and names
// below it are 127.0.0.1 alone, or ::1 on a machine without IPv4: who means the other one writes [::1].
// Bound to the loop's thread.
class DnsResolver final : public Resolver {
public:
    struct Settings {
        std::string servers = {};                               // "127.0.0.1:53,[::1]:53"; empty: as resolv.conf says
        std::chrono::milliseconds first_try{1000};              // each further one takes twice as long
        int tries = 3;                                          // of each server
        Duration other_family = std::chrono::seconds{1};        // how long the second family is waited for
    };
    explicit DnsResolver(Loop& loop) : DnsResolver{loop, Settings{}} {}
    DnsResolver(Loop& loop, Settings settings) : loop_{loop}, settings_{std::move(settings)} {}

    [[nodiscard]] Task<Result<NameAnswer>> resolve(std::string host, Wait wait) override;

private:
    class Lookup;
    // `flags`: c-ares'. `host` must live until then.
    [[nodiscard]] Task<Result<NameAnswer>> ask(const std::string& host, int flags, Wait wait);

    Loop& loop_;
    const Settings settings_;
};

}   // namespace outrigger::net
