// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/posts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/writer.hpp"
#include "sidecar/intake/inflate.hpp"
#include "sidecar/proxy/local_reply.hpp"

namespace outrigger::intake {
namespace {

using namespace std::chrono_literals;
using http1::BodyProgress;

constexpr Duration try_again_in = 1s;   // commits take milliseconds, a disk that is full longer

// Gathers a body, up to a bound.
class Gathering final : public http1::BodySink {
public:
    Gathering(std::string& body, Bytes most) noexcept : body_{body}, most_{most.count()} {}
    void write_body(std::string_view payload) noexcept override {
        overflown_ = overflown_ || payload.size() > most_ - body_.size();
        if (!overflown_) body_ += payload;
    }
    void end_body(std::string_view) noexcept override {}
    [[nodiscard]] Result<void> push() noexcept override { return {}; }
    [[nodiscard]] bool congested() const noexcept override { return false; }
    [[nodiscard]] Task<Result<void>> drained(Wait) override { co_return Result<void>{}; }
    [[nodiscard]] bool overflown() const noexcept { return overflown_; }

private:
    std::string& body_;
    std::uint64_t most_;
    bool overflown_ = false;
};

constexpr std::string_view too_large = "The body, unpacked, exceeds logs.intake.body_bytes.";
constexpr std::string_view hint =
    "POST log records here: a JSON object, an array of objects, or one object a line. 202 means that they "
    "are safe.\n";

void write(ingress::Incoming& incoming, int status, std::string_view content_type, std::string_view body) {
    http1::ResponseHead head;
    head.status = status;
    head.reason_phrase = http1::reason_phrase(status);
    head.body = {http1::Framing::length, body.size()};
    (void)head.fields.add("Content-Type", content_type);
    incoming.stream.write_head(head, incoming.arena);
    if (incoming.head.method != "HEAD") incoming.stream.write_body(body);
    incoming.stream.end_body({});
}

}   // namespace

Task<void> Posts::answer(ingress::Incoming& incoming) {
    const http1::RequestHead& head = incoming.head;
    if (incoming.lifecycle.draining) incoming.stream.close_after_reply();
    if (head.method == "POST" || head.method == "PUT") {
        co_await take(incoming);
    } else {
        const bool has_body = head.body.framing == http1::Framing::chunked || head.body.length > 0;
        // Nobody reads the body, or what was meant for a tunnel (RFC 9931).
        if (has_body || head.method == "CONNECT") incoming.stream.close_after_reply();
        if (head.method == "GET" || head.method == "HEAD")
            write_hint(incoming);
        else
            write_problem(incoming, Fault{Reason::method_not_allowed}, "Log records come by POST.",
                          "POST, PUT, GET, HEAD");
    }
    co_await flush(incoming);
}

Task<void> Posts::refuse(ingress::Incoming& incoming, Fault fault) {
    incoming.stream.close_after_reply();
    write_problem(incoming, fault, proxy::explain(fault, {}, incoming.arena));
    co_await flush(incoming);
}

Task<void> Posts::take(ingress::Incoming& incoming) {
    std::string body;
    Result<void> read = co_await read_body(incoming, body);
    if (!read) {
        incoming.stream.close_after_reply();
        if (read.error().reason != Reason::body_too_large)
            co_return write_problem(incoming, read.error(), proxy::explain(read.error(), {}, incoming.arena));
        settings_.counts.refused_bad.fetch_add(1, std::memory_order_relaxed);
        co_return write_problem(incoming, read.error(), too_large);
    }
    logging::Submission submission;
    std::optional<Mistake> mistake = unpack(incoming, body);
    if (!mistake) mistake = reader_.read(body, incoming.arrived, submission);
    if (mistake) {
        settings_.counts.refused_bad.fetch_add(1, std::memory_order_relaxed);
        co_return write_problem(incoming, Fault{mistake->reason}, incoming.arena.copy(mistake->sentence));
    }
    std::string{}.swap(body);   // a commit may take its time
    if (submission.parts.empty()) co_return write_accepted(incoming, 0);
    co_await keep(incoming, std::move(submission));
}

Task<Result<void>> Posts::read_body(ingress::Incoming& incoming, std::string& body) {
    const http1::RequestHead& head = incoming.head;
    if (head.body.length > settings_.body_max.count()) co_return Fault{Reason::body_too_large};
    if (head.expects_continue) {
        http1::ResponseHead go_on;
        go_on.status = 100;
        go_on.reason_phrase = http1::reason_phrase(100);
        incoming.stream.write_interim(go_on, incoming.arena);
        Result<void> pushed = incoming.stream.push();
        if (!pushed) co_return pushed;
    }
    body.reserve(head.body.length);
    Gathering gathering{body, settings_.body_max};
    for (;;) {
        const BodyProgress progress = incoming.stream.pump_body(incoming.worker.scratch, gathering);
        if (gathering.overflown()) co_return Fault{Reason::body_too_large};
        if (progress.kind == BodyProgress::Kind::end) co_return Result<void>{};
        if (progress.kind == BodyProgress::Kind::fault) co_return progress.fault;
        if (incoming.stream.readable().is_open()) {
            co_await Yield{incoming.worker.scheduler};
            continue;
        }
        const Wait wait{after(incoming.worker.scheduler.now(), settings_.idle), &incoming.cancel,
                        Reason::request_timeout};
        Result<void> ready = co_await incoming.stream.readable().wait(wait);
        if (!ready) co_return ready;
    }
}

std::optional<Mistake> Posts::unpack(const ingress::Incoming& incoming, std::string& body) {
    const std::string_view coding = http1::value_of(incoming.head.fields, "Content-Encoding");
    if (coding.empty() || http1::same_name(coding, "identity")) return std::nullopt;
    if (!http1::same_name(coding, "gzip") && !http1::same_name(coding, "x-gzip"))
        return Mistake{Reason::not_implemented,
                       "found another Content-Encoding than gzip, expected gzip or none."};
    std::string plain;
    switch (inflate_gzip(body, settings_.body_max, plain)) {
        case Inflated::whole: body.swap(plain); return std::nullopt;
        case Inflated::broken:
            return Mistake{Reason::bad_request,
                           "found a body that is not whole gzip, as its Content-Encoding says."};
        case Inflated::too_large: break;
    }
    return Mistake{Reason::body_too_large, std::string{too_large}};
}

// Waits until the records are safe, and says so. A caller that leaves meanwhile has its records kept all the same.
Task<void> Posts::keep(ingress::Incoming& incoming, logging::Submission submission) {
    const std::uint64_t records = records_of(submission);
    Receipt receipt{incoming.worker.scheduler};
    Result<void> kept = Fault{Reason::overloaded};
    if (receipt.ask(settings_.submit, std::move(submission))) {
        const Wait wait{after(incoming.worker.scheduler.now(), settings_.idle), &incoming.cancel,
                        Reason::timeout};
        kept = co_await receipt.answered().wait(wait);
        if (kept) kept = receipt.result();
    }
    if (kept) {
        settings_.counts.accepted.fetch_add(records, std::memory_order_relaxed);
        co_return write_accepted(incoming, records);
    }
    if (kept.error().reason == Reason::timeout)
        co_return write_problem(incoming, Fault{Reason::timeout},
                                "The records were not stored in time; they may be, later.");
    if (kept.error().reason != Reason::overloaded)
        co_return write_problem(incoming, kept.error(), proxy::explain(kept.error(), {}, incoming.arena));
    settings_.counts.refused_full.fetch_add(1, std::memory_order_relaxed);
    const Fault full{Reason::rate_limited, {}, 0, Fault::in(try_again_in)};
    write_problem(incoming, full,
                  "There is no room for more log records at the moment: send the post again later.");
}

void Posts::write_accepted(ingress::Incoming& incoming, std::uint64_t records) {
    constexpr std::string_view before = "{\"accepted\":";
    std::array<char, 64> text;   // more than a number needs: g++ 12 sees no bound on what to_chars writes
    char* end = std::copy(before.begin(), before.end(), text.data());
    end = std::to_chars(end, end + 20, records).ptr;
    *end++ = '}';
    *end++ = '\n';
    const std::string_view body =
        incoming.arena.copy({text.data(), static_cast<std::size_t>(end - text.data())});
    write(incoming, 202, "application/json", body);
}

void Posts::write_hint(ingress::Incoming& incoming) {
    write(incoming, 200, "text/plain; charset=utf-8", hint);
}

// `sentence`: static, or in the arena.
void Posts::write_problem(ingress::Incoming& incoming, const Fault& fault, std::string_view sentence,
                          std::string_view allow) {
    const proxy::LocalReply reply{fault, sentence, {}};
    proxy::write_local_reply(reply, incoming.stream, incoming.arena, incoming.head.method == "HEAD", allow);
}

Task<void> Posts::flush(ingress::Incoming& incoming) {
    Result<void> sent = incoming.stream.push();
    const Wait wait{after(incoming.worker.scheduler.now(), settings_.idle), &incoming.cancel};
    if (sent) sent = co_await incoming.stream.drained(wait);
    if (!sent) incoming.stream.reset();
}

}   // namespace outrigger::intake
