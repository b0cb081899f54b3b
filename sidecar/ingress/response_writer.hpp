// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <outrigger/metrics/http_server.hpp>

#include "sidecar/ingress/service.hpp"
#include "sidecar/proxy/conductor.hpp"

namespace outrigger::ingress {

// How the answer went out.
struct Written {
    int status = 0;
    std::optional<Fault> fault;   // why it is our own answer, or why it broke off
    std::string_view detail;      // the sentence for it
    Instant head_at{};            // when the reply's head was written
};

// What goes on behind the reply's head for as long as it likes; nothing: an ordinary body, or our own reply.
[[nodiscard]] std::optional<metrics::StreamKind> stream_kind(proxy::Exchange& exchange, const proxy::Reply& reply) noexcept;

// Writes a reply to the caller: our own whole, an endpoint's with back-pressure as it comes. It has ended when the last
// byte has been given to the kernel, or nobody wants it any more; and when the upload has ended.
class ReplyWriter {
public:
    // `idle`: how long no byte of it may move. All must outlive the writer.
    ReplyWriter(proxy::Exchange& exchange, proxy::Reply& reply, const Lifecycle& lifecycle, Duration idle);

    // What is there now, without waiting: mostly that is all, and it returns true. Else rest() has to be awaited.
    [[nodiscard]] bool at_once();
    [[nodiscard]] Task<void> rest();
    // Instead of both: says to CONNECT that its connection stands, and carries what comes until that ends.
    [[nodiscard]] Task<void> tunnel();
    [[nodiscard]] const Written& written() const noexcept { return written_; }

private:
    [[nodiscard]] http1::HttpClientStream& upstream() const noexcept { return reply_.lease.stream(); }
    void begin_endpoints();
    void end_endpoints(const proxy::RelayEnd& end);
    [[nodiscard]] Task<void> write_own();
    [[nodiscard]] Task<void> write_upgrade();
    [[nodiscard]] Task<void> carry(Result<void> pushed);
    [[nodiscard]] Task<void> finish_upload();
    void explain();

    proxy::Exchange& exchange_;
    proxy::Reply& reply_;
    const Duration idle_;
    std::optional<proxy::BodyRelay> relay_;   // of an endpoint's body
    std::optional<proxy::RelayEnd> end_;      // how that ended
    Written written_;
};

}  // namespace outrigger::ingress
