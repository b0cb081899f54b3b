// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <outrigger/health/drivers.hpp>

#include "../wall_seconds.hpp"
#include "transfer.hpp"

namespace outrigger::health {
namespace {

// Of the server's own certificate, the first one of the chain.
std::optional<WallTime> expiry_of(const Transfer& transfer) {
    curl_certinfo* chain = nullptr;
    transfer.read(CURLINFO_CERTINFO, &chain);
    if (!chain || chain->num_of_certs == 0) return std::nullopt;
    constexpr std::string_view key = "Expire date:";
    for (const curl_slist* line = chain->certinfo[0]; line; line = line->next) {
        const std::string_view text{line->data};
        if (!text.starts_with(key)) continue;
        const time_t seconds = curl_getdate(line->data + key.size(), nullptr);
        if (seconds >= 0) return wall_seconds(seconds);
    }
    return std::nullopt;
}

std::string days(Duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::days>(duration).count()) + " days";
}

class CertificateCheck {
public:
    CertificateCheck(std::string host, std::uint16_t port, Duration left)
        : origin_{.scheme = "https", .host = std::move(host), .port = port},
          left_{left},
          lookup_{origin_.host, port} {
        if (origin_.host.empty() || port == 0 || left < Duration::zero())
            throw std::invalid_argument(
                "a certificate check needs a host, a port and a time that is not negative");
    }

    Outcome run(const Probe& probe) {
        Transfer transfer;
        const bool v6 = origin_.host.find(':') != std::string::npos;
        const std::string url =
            "https://" + (v6 ? '[' + origin_.host + ']' : origin_.host) + ':' + std::to_string(origin_.port);
        transfer.set(CURLOPT_URL, url.c_str());
        transfer.set(CURLOPT_CONNECT_ONLY, 1L);
        transfer.set(CURLOPT_CERTINFO, 1L);
        transfer.set(CURLOPT_SSL_VERIFYPEER,
                     0L);   // this is about its dates; nothing is said on this connection
        transfer.set(CURLOPT_SSL_VERIFYHOST, 0L);
        const CURLcode code = transfer.perform(probe, origin_, lookup_);
        if (code != CURLE_OK) return transfer.failure(code, probe, origin_);
        const std::optional<WallTime> expiry = expiry_of(transfer);
        if (!expiry) return down("the server showed no certificate with a date");
        const Duration left = *expiry - probe.clock().wall();
        if (left < Duration::zero()) return down("the certificate expired " + days(-left) + " ago");
        if (left <= left_) return down("the certificate expires in " + days(left));
        return up();
    }

private:
    Origin origin_;
    Duration left_;
    Lookup lookup_;
};

}   // namespace

Indicator certificate(std::string host, std::uint16_t port, Duration left) {
    auto check = std::make_shared<CertificateCheck>(std::move(host), port, left);
    return {[check](const Probe& probe) { return check->run(probe); }};
}

}   // namespace outrigger::health
