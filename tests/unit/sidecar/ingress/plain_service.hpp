// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sidecar/http1/writer.hpp"
#include "sidecar/ingress/service.hpp"

namespace outrigger::ingress {

// Answers every request with "ok", or the word for its fault; may be held back by its gate.
struct PlainService final : Service {
    explicit PlainService(Scheduler& scheduler) : gate{scheduler, true} {}

    Task<void> answer(Incoming& incoming) override {
        paths.emplace_back(incoming.head.path);
        draining = incoming.lifecycle.draining;
        peer = incoming.peer;
        Result<void> free = co_await gate.wait(Wait{.cancel = &incoming.cancel});
        if (!free) cut = free.error();
        if (draining || incoming.head.method == "CONNECT") incoming.stream.close_after_reply();
        if (resets) co_return incoming.stream.reset();
        // Not inside the co_await: g++ 12 evaluates both branches of a conditional there.
        const std::string_view body = free ? "ok" : to_string(free.error().reason);
        co_await send(incoming, 200, body);
    }
    Task<void> refuse(Incoming& incoming, Fault fault) override {
        refusals.push_back(fault.reason);
        incoming.stream.close_after_reply();
        co_await send(incoming, facts(fault.reason).status, to_string(fault.reason));
    }
    static Task<void> send(Incoming& incoming, int status, std::string_view body) {
        http1::ResponseHead head;
        head.status = status;
        head.body = {http1::Framing::length, body.size()};
        incoming.stream.write_head(head, incoming.arena);
        incoming.stream.write_body(body);
        incoming.stream.end_body({});
        Result<void> sent = incoming.stream.push();
        if (sent) sent = co_await incoming.stream.drained({});
        if (!sent) incoming.stream.reset();
    }

    Gate gate;
    std::vector<std::string> paths;
    std::vector<Reason> refusals;
    std::optional<Fault> cut;
    net::IpPort peer;
    bool draining = false;
    bool resets = false;
};

}   // namespace outrigger::ingress
