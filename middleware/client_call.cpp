// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/client_call.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <outrigger/logging/context.hpp>
#include <outrigger/middleware/http_observer.hpp>
#include <outrigger/resilience/http_reply.hpp>
#include <outrigger/resilience/retry_after.hpp>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find_first_of("?#")); }

// That of the exchange that this thread works for says whether the trace is sampled; a scope of the log's within it may
// have named another trace. Broken, if there is none.
TraceParent continued(const logging::TraceContext::Ids& current, Rng& rng) noexcept {
    const std::string_view own = WorkingFor::current_traceparent();
    if (TraceParent::valid(own) && (current.trace.empty() || own.substr(3, 32) == current.trace)) return {own, rng};
    const std::string_view span =
        current.span.empty() ? std::string_view{"0000000000000001"} : current.span;   // any will do
    std::array<char, 55> text{};
    char* end = text.data();
    for (const std::string_view part : {std::string_view{"00-"}, current.trace.substr(0, 32), std::string_view{"-"},
                                        span.substr(0, 16), std::string_view{"-01"}})
        end = std::copy(part.begin(), part.end(), end);
    return {{text.data(), static_cast<std::size_t>(end - text.data())}, rng};
}

}   // namespace

CallIds::CallIds(Rng rng) noexcept : trace_{continued(logging::TraceContext::current(), rng)}, request_{} {
    const std::string_view current = logging::TraceContext::current().request;
    const std::array<char, 32> random = random_id(rng);
    const std::string_view id =
        acceptable_request_id(current) ? current : std::string_view{random.data(), random.size()};
    request_size_ = id.copy(request_.data(), request_.size());
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
    return std::chrono::floor<std::chrono::milliseconds>(left + left / 1000) + 2ms;
}

void assess_reply(resilience::Call& call, int status, std::string_view retry_after, WallTime now) noexcept {
    std::optional<Duration> pause;
    if (resilience::may_ask_for_pause(status) && !retry_after.empty())
        pause = resilience::parse_retry_after(retry_after, now);
    call.attempt_means(resilience::assess_status(status, pause), status);
}

}   // namespace outrigger::middleware
