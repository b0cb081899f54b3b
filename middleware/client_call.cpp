// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/client_call.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <span>

#include <outrigger/logging/context.hpp>
#include <outrigger/resilience/http_reply.hpp>
#include <outrigger/resilience/retry_after.hpp>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

bool is_hex(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
bool is_trace_id(std::string_view text) noexcept {
    return text.size() == 32 && is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}
// It becomes the value of a header field.
bool is_request_id(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find_first_of("?#")); }

// Never all zeroes, which W3C's trace context forbids.
void write_hex(std::span<char> into, Rng& rng) noexcept {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < into.size(); ++i) {
        if (i % 16 == 0) bits = rng() | 1;
        into[i] = "0123456789abcdef"[bits & 15U];
        bits >>= 4U;
    }
}

}   // namespace

CallIds::CallIds(Rng rng) noexcept : traceparent_{}, request_{} {
    constexpr std::string_view frame = "00-................................-................-01";
    std::copy(frame.begin(), frame.end(), traceparent_.begin());
    const std::span<char> text{traceparent_};
    const logging::TraceContext::Ids current = logging::TraceContext::current();
    if (is_trace_id(current.trace))
        std::copy(current.trace.begin(), current.trace.end(), text.begin() + 3);
    else
        write_hex(text.subspan(3, 32), rng);
    write_hex(text.subspan(36, 16), rng);
    if (is_request_id(current.request)) {
        request_size_ = current.request.copy(request_.data(), request_.size());
    } else {
        request_size_ = 32;
        write_hex(std::span<char>{request_}.first(request_size_), rng);
    }
}

ClientCall::ClientCall(const std::string& upstream, std::string_view method, std::string_view target,
                       const ClientCallOptions& options, const Clock& clock)
    : upstream_{upstream},
      method_{method},
      path_{path_of(target)},
      route_{options.route},
      clock_{clock},
      began_{clock.now()},
      ids_{Rng::from_system()} {
    if (options.telemetry) running_ = options.telemetry->begin(upstream, method);
}

ClientCall::~ClientCall() { failed({Reason::call_failed, "an exception ended the call"}); }

void ClientCall::request_was(std::string_view method, std::string_view target) noexcept {
    method_ = method;
    path_ = path_of(target);
}

void ClientCall::replied(int status, Bytes body) noexcept { end({.status = status, .response_body = body}); }

void ClientCall::failed(const Fault& why) noexcept { end({.reason = why.reason, .detail = why.detail}); }

void ClientCall::end(ClientCallEnded event) noexcept {
    event.upstream = upstream_;
    event.method = method_;
    event.path = path_;
    event.route = route_;
    event.attempts = attempts_;
    event.trace_id = ids_.trace_id();
    event.span_id = ids_.span_id();
    event.request_id = ids_.request_id();
    event.request_body = request_body_;
    event.ended = clock_.wall();
    event.duration = clock_.now() - began_;
    running_.end(event);
}

std::optional<std::chrono::milliseconds> time_left(const resilience::Call& call, Instant now) noexcept {
    if (call.deadline() == never) return std::nullopt;
    const Duration left = std::clamp<Duration>(call.deadline() - now, 0ns, 24 * 24h);
    return std::chrono::floor<std::chrono::milliseconds>(left + left / 1000) + 1ms;
}

void assess_reply(resilience::Call& call, int status, std::string_view retry_after, WallTime now) noexcept {
    std::optional<Duration> pause;
    if (resilience::may_ask_for_pause(status) && !retry_after.empty())
        pause = resilience::parse_retry_after(retry_after, now);
    call.attempt_means(resilience::assess_status(status, pause), status);
}

}   // namespace outrigger::middleware
