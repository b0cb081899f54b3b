// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <httplib.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/middleware/client_call.hpp>
#include <outrigger/middleware/deadline_watch.hpp>
#include <outrigger/middleware/no_sigpipe.hpp>
#include <outrigger/resilience/call.hpp>
#include <outrigger/resilience/http_reply.hpp>

// Calls of cpp-httplib's client through a pipeline. Header only: it is compiled against the httplib.h that the program
// has (0.11.4 and later), and what releases differ in is found out by the compiler.
namespace outrigger::middleware {
namespace detail {

// ---- What releases of cpp-httplib differ in

template <class Request>
[[nodiscard]] auto& progress_of(Request& request) {
    if constexpr (requires { request.download_progress; })
        return request.download_progress;
    else
        return request.progress;
}

// ---- One attempt

// The bodies of replies that may be followed by another attempt wait here up to this size. A larger one goes to the
// caller's receiver, and no attempt follows.
inline constexpr std::size_t held_max = std::size_t{1} << 20;

// What a request's own functions are told: one reply's head and body, the last one's.
class ReplyFilter {
public:
    explicit ReplyFilter(const httplib::Request& given) : given_{given} {}
    ReplyFilter(const ReplyFilter&) = delete;
    ReplyFilter& operator=(const ReplyFilter&) = delete;

    void stand_before(httplib::Request& request) {
        request.response_handler = [this](const httplib::Response& reply) { return head(reply); };
        if (given_.content_receiver)
            request.content_receiver = [this](const char* data, std::size_t size, auto offset, auto total) {
                return body(data, size, offset, total);
            };
        progress_of(request) = [this](auto current, auto total) {
            if (cut()) return false;
            const auto& own = progress_of(given_);
            return !own || own(current, total) || cancel();
        };
    }
    // The attempt must end; from any thread. A client that follows a redirection to another host does so by one of its
    // own, which nobody can stop from outside, but whose reply comes through here.
    void cut_off() noexcept { cut_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool cut() const noexcept { return cut_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool head_came() const noexcept { return reply_ != nullptr; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }   // by the request's own functions
    [[nodiscard]] bool delivered() const noexcept { return delivered_; }

    // No attempt follows. False: the request's own functions want no more.
    [[nodiscard]] bool release(const httplib::Response& reply) {
        if (reply.status != status_) return true;   // a fallback's
        if (!std::exchange(holds_, false)) return true;
        delivered_ = true;
        if (given_.response_handler && !given_.response_handler(reply)) return cancel();
        const std::string held = std::exchange(held_, {});
        if (held.empty() || given_.content_receiver(held.data(), held.size(), 0, held.size())) return true;
        return cancel();
    }

private:
    bool head(const httplib::Response& reply) {
        reply_ = &reply;
        status_ = reply.status;
        holds_ = resilience::assess_status(reply.status).retry != resilience::Retryable::no;
        if (cut()) return false;
        if (holds_ || !given_.response_handler || given_.response_handler(reply)) return true;
        return cancel();
    }
    template <class Size>
    bool body(const char* data, std::size_t size, Size offset, Size total) {
        if (cut()) return false;
        if (holds_ && held_.size() + size <= held_max) {
            held_.append(data, size);
            return true;
        }
        if (!release(*reply_)) return false;
        delivered_ = true;
        return given_.content_receiver(data, size, offset, total) || cancel();
    }
    bool cancel() noexcept {
        cancelled_ = true;
        return false;
    }

    const httplib::Request& given_;
    std::atomic<bool> cut_{false};
    const httplib::Response* reply_ = nullptr;
    int status_ = 0;
    bool holds_ = false;
    bool delivered_ = false;
    bool cancelled_ = false;
    std::string held_;
};

// Why there is no reply, by the table of verdict.hpp. `begun`: of the reply's head enough came to know that the request
// was seen.
[[nodiscard]] inline Fault fault_of(httplib::Error error, resilience::Call& call, bool begun, Instant now) {
    using resilience::Retryable;
    using resilience::Verdict;
    Fault fault{Reason::upstream_reset, "the connection ended before the reply was whole"};
    Retryable retry = begun ? Retryable::no : Retryable::if_safe;
    switch (error) {
        case httplib::Error::Connection:
        case httplib::Error::ConnectionTimeout:
        case httplib::Error::BindIPAddress:
            fault = {Reason::connect_failed, "no connection could be made"};
            if (!begun) retry = Retryable::always;
            break;
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification:
            fault = {Reason::upstream_tls_failed, "the TLS handshake failed"};
            if (!begun) retry = Retryable::always;
            break;
        case httplib::Error::ExceedRedirectCount:
            fault = {Reason::upstream_protocol_error, "more redirections than the client follows"};
            retry = Retryable::no;
            break;
        case httplib::Error::UnsupportedMultipartBoundaryChars:
        case httplib::Error::Compression:
            call.attempt_means({Verdict::neutral, Retryable::no});
            return {Reason::bad_request, "the request could not be written"};
        default: break;   // reading, writing, and what later releases add
    }
    call.attempt_means({Verdict::failure, retry});
    if (call.deadline() <= now) return {Reason::attempt_timeout, "no whole reply came in time"};
    return fault;
}

// Makes each connect, read and write end in time.
template <class Client>
void bound(Client& client, std::chrono::milliseconds left, Duration connect_timeout) {
    const auto connect = std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(left, connect_timeout));
    client.set_connection_timeout(connect);
    client.set_read_timeout(left);
    client.set_write_timeout(left);
}

template <class Client>
[[nodiscard]] Result<httplib::Response> attempt(Client& client, httplib::Request& request, ReplyFilter& filter,
                                                resilience::Call& call, const Clock& clock,
                                                const ClientCallOptions& options) {
    filter.stand_before(request);
    const auto cut = [&client, &filter] {
        filter.cut_off();
        client.stop();
    };
    const auto left = time_left(call, clock.now());
    if (left)
        bound(client, *left, options.connect_timeout);
    else if (options.connect_timeout != Duration::max())
        client.set_connection_timeout(options.connect_timeout);
    std::optional<DeadlineWatch> watch;
    if (left || call.stop_token().stop_possible())
        watch.emplace(left ? after(clock.now(), *left) : never, call.stop_token(), cut);
    const NoSigpipe meanwhile;   // a request that is cut while it is written
    httplib::Response reply;
    httplib::Error error = httplib::Error::Success;
    // Cut from outside, a reply without a length looks whole.
    const bool whole = client.send(request, reply, error) && !filter.cut();
    watch.reset();
    if (filter.cancelled()) {
        call.attempt_means({resilience::Verdict::neutral, resilience::Retryable::no});
        return Fault{Reason::caller_left, "a function of the request wanted no more"};
    }
    // A redirection that could not be followed: what it led to may have been reached.
    const bool redirected = reply.status >= 300 && reply.status < 400;
    if (!whole) return fault_of(error, call, filter.head_came() || redirected, clock.now());
    assess_reply(call, reply.status, reply.get_header_value("Retry-After"), clock.wall());
    if (filter.delivered()) call.not_idempotent();
    return reply;
}

[[nodiscard]] inline bool idempotent(const httplib::Request& request, const ClientCallOptions& options) {
    if (options.idempotent) return *options.idempotent;
    if (request.content_provider_) return false;   // nobody knows whether it can be asked twice
    return resilience::is_idempotent(request.method) || request.has_header("Idempotency-Key");
}

inline void add_ids(httplib::Request& request, const CallIds& ids) {
    if (!request.has_header("traceparent")) request.set_header("traceparent", std::string{ids.traceparent()});
    if (!request.has_header("X-Request-Id")) request.set_header("X-Request-Id", std::string{ids.request_id()});
}

}   // namespace detail

// Makes an HTTP call through a pipeline:
//
//     httplib::Client client{"users", 8080};
//     httplib::Request request;
//     request.method = "GET";
//     request.path = "/users/7";
//     Result<httplib::Response> reply =
//         call(users, client, request, {.route = "/users/{id}", .telemetry = &telemetry});
//     if (!reply) return cached(reply.error().reason);
//
// What an attempt's end means is the same for all: connect and TLS failures are repeated with any method; a connection
// that ends before the reply's head, and 502, 503 and 504, if the call may be made twice (GET, HEAD, OPTIONS, PUT,
// DELETE, TRACE, an Idempotency-Key, or options.idempotent); 429 then too, and only with a Retry-After that fits. A
// body that is cut is never repeated. A reply is a value whatever its status: the last one passes through unchanged.
// Faults are for what got no reply: refusals of the pipeline, timeouts, failures of the connection.
//
// The whole call ends by its deadline, whatever the server does. The time left becomes the client's timeouts (which
// stay changed, since the client does not tell what they were: give each call of a client a deadline, or none). A
// thread watches each attempt that has a deadline or a stop token, cuts it then, and ends with it. (The client's own
// set_max_timeout() does not bound a whole call: not a reply that comes fast, nor a request that is read slowly.) What
// nobody can cut, and what each takes the time left at most, is a connect to each of a name's addresses, with TLS the
// pauses of a handshake, and after a redirection to another host the pauses of the reply; the resolver takes what the
// system's settings say. A reply of that other host is cut when its head is whole and at each piece of its body; not
// while its head drips, nor in a body that has neither a receiver nor a length.
//
// Over TLS, newer releases of cpp-httplib (0.18 is one) send a request once more by themselves, whatever its method,
// if the server closes the connection when the request has been written: one attempt for the pipeline, and no setting
// turns that off.
//
// A receiver and a response handler of the request see one reply: that of an attempt that no other follows. The bodies
// of 429, 502, 503 and 504 wait for that in memory up to 1 MiB; a larger one is delivered and not repeated.
//
// The pipeline is shared by all threads. The client is one thread's at a time: have one for each thread, or a lock
// around the call. `client` is an httplib::Client, SSLClient or what has their functions. Exceptions are those of the
// request's own functions (a failure, retried like one), std::bad_alloc, and std::system_error where there can be no
// thread.
template <class Pipeline, class Client>
[[nodiscard]] Result<httplib::Response> call(Pipeline& pipeline, Client& client, const httplib::Request& request,
                                             const ClientCallOptions& options = {}) {
    ClientCall call{pipeline.name(), request.method, request.path, options, pipeline.clock()};
    call.request_is(Bytes{request.body.size()});
    std::optional<detail::ReplyFilter> filter;
    const auto one_attempt = [&](resilience::Call& now) {
        call.attempted(now);
        httplib::Request copy = request;
        if (options.propagate) detail::add_ids(copy, call.ids());
        filter.emplace(request);
        return detail::attempt(client, copy, *filter, now, pipeline.clock(), options);
    };
    Result<httplib::Response> reply = pipeline.run(
        one_attempt,
        {.deadline = options.deadline, .stop = options.stop, .idempotent = detail::idempotent(request, options)});
    if (!reply) {
        call.failed(reply.error());
        return reply;
    }
    if (filter && !filter->release(*reply)) {
        const Fault left{Reason::caller_left, "a function of the request wanted no more"};
        call.failed(left);
        return left;
    }
    call.replied(reply->status, Bytes{reply->body.size()});
    return reply;
}

}   // namespace outrigger::middleware
