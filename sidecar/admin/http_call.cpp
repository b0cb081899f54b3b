// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/http_call.hpp"

#include <optional>
#include <utility>

#include "sidecar/proxy/local_reply.hpp"

namespace outrigger::admin {
namespace {

constexpr int interims_max = 32;   // of one answer; none has a use here

// Keeps a body, up to a size.
class KeptBody final : public http1::BodySink {
public:
    KeptBody(std::string& into, Bytes most) noexcept : into_{into}, most_{most} {}

    void write_body(std::string_view payload) noexcept override {
        if (payload.size() > most_.count() - into_.size())
            too_large_ = true;
        else
            into_ += payload;
    }
    void end_body(std::string_view) noexcept override {}
    [[nodiscard]] Result<void> push() noexcept override { return {}; }
    [[nodiscard]] bool congested() const noexcept override { return false; }
    [[nodiscard]] Task<Result<void>> drained(Wait) override { co_return Result<void>{}; }
    [[nodiscard]] bool too_large() const noexcept { return too_large_; }

private:
    std::string& into_;
    const Bytes most_;
    bool too_large_ = false;
};

void write_request(http1::HttpClientStream& stream, const HttpCall& call, net::Arena& arena) {
    http1::RequestHead head;
    head.method = call.method;
    head.path = call.path;
    head.host = call.host;
    const bool bodiless = call.method == "GET" || call.method == "DELETE";
    if (!bodiless) head.body = {http1::Framing::length, call.body.size()};
    for (const http1::Field& field : call.fields) (void)head.fields.add(field.name, field.value);   // there is room
    (void)head.fields.add("User-Agent", "outrigger");
    stream.write_head(head, arena);
    if (!bodiless) stream.write_body(call.body);
    stream.end_body({});
}

Task<Result<void>> read_final_head(http1::HttpClientStream& stream, http1::ResponseHead& head, net::Arena& arena,
                                   net::Worker& worker, Wait wait) {
    for (int interims = 0;;) {
        std::optional<Result<void>> read = stream.try_head(head, arena, worker.scratch);
        if (read && (!*read || head.status >= 200)) co_return *read;
        if (read) {
            if (++interims > interims_max) co_return Fault{Reason::upstream_protocol_error, "too many interim replies"};
            continue;
        }
        Result<void> ready = co_await stream.readable().wait(wait);
        if (!ready) co_return ready;
    }
}

Task<Result<void>> read_body(http1::HttpClientStream& stream, KeptBody& body, net::Worker& worker, Wait wait) {
    using Kind = http1::BodyProgress::Kind;
    for (;;) {
        const http1::BodyProgress progress = stream.pump_body(worker.scratch, body);
        if (progress.kind == Kind::fault) co_return progress.fault;
        if (progress.kind == Kind::end || body.too_large()) co_return Result<void>{};
        // The gate lets pass at once while there is more: the probes come first, and an endless body has a deadline
        // too.
        if (progress.kind == Kind::moved) co_await Yield{worker.scheduler};
        if (wait.deadline <= worker.scheduler.now()) co_return Fault{wait.expiry, "the body did not end in time"};
        Result<void> ready = co_await stream.readable().wait(wait);
        if (!ready) co_return ready;
    }
}

void note(HttpAnswer& answer, const Fault& fault, std::string_view endpoint, net::Arena& arena) {
    answer.cause = to_string(fault.reason);
    answer.why = proxy::explain(fault, endpoint, arena);
}

}  // namespace

Task<HttpAnswer> call(upstream::Cluster& to, net::Worker& worker, HttpCall request, Wait wait) {
    HttpAnswer answer;
    net::Arena arena{worker.pages};
    Result<upstream::Lease> lease = co_await to.pick(upstream::Cluster::Reuse::never, wait);
    if (!lease) {
        note(answer, lease.error(), to.endpoint(), arena);
        co_return answer;
    }
    http1::HttpClientStream& stream = lease->stream();
    write_request(stream, request, arena);
    Result<void> done = stream.push();
    if (done) done = co_await stream.drained(wait);
    http1::ResponseHead head;
    done = co_await read_final_head(stream, head, arena, worker, wait);   // also of one who answers without reading all
    if (done) {
        answer.status = head.status;
        answer.content_type = head.content_type;
        KeptBody body{answer.body, request.reply_max};
        done = co_await read_body(stream, body, worker, wait);
        if (body.too_large()) {
            answer.cause = "too_large";
            answer.why = "The answer is larger than " + std::to_string(request.reply_max.count()) + " bytes.";
        }
    }
    if (!done) note(answer, done.error(), to.endpoint(), arena);
    stream.reset();   // no further request: a scraper's pause is longer than most servers keep a connection
    co_return answer;
}

}  // namespace outrigger::admin
