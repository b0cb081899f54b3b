// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/middleware/client_call.hpp>
#include <outrigger/resilience/call.hpp>

// Calls of libcurl's easy handles through a pipeline. A program that includes this links libcurl itself, 7.87 or later.
namespace outrigger::middleware {

struct CurlCallOptions {
    ClientCallOptions call = {};   // `stop` is noticed within a second, by CurlCalls at once
    // The handle's method, which libcurl tells only afterwards. Say it where it is GET or as harmless, so that
    // connections are reused. (And the gauge of calls under way has it; without it this call is _OTHER there.)
    std::string_view method = {};
    // What CURLOPT_HTTPHEADER would be given. Where it is set (a null pointer: no fields of yours), the call sends
    // these fields, traceparent and X-Request-Id, and looks here for an Idempotency-Key. Nothing: the handle's own list
    // is used as it is, and no ids are sent, since libcurl does not tell what that list is.
    std::optional<curl_slist*> headers = {};
    // Gets the body of the last reply, as CURLOPT_WRITEFUNCTION would. Null: it is in CurlReply::body.
    curl_write_callback write = nullptr;
    void* write_data = nullptr;
    Bytes body_max{std::size_t{64} << 20};   // of CurlReply::body; a larger one fails the call (call_failed)
};

struct CurlReply {
    int status = 0;
    std::string body;   // empty if CurlCallOptions::write got it
};

// One call with an easy handle, attempt by attempt: what call() and CurlCalls share. One thread's at a time.
class CurlExchange {
public:
    // The pipeline's name, the handle, the options and what they point to must outlive it. Throws std::bad_alloc.
    CurlExchange(const std::string& upstream, CURL* easy, const CurlCallOptions& options, const Clock& clock);
    ~CurlExchange();   // takes back what it set on the handle
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;

    [[nodiscard]] CURL* easy() const noexcept;
    [[nodiscard]] resilience::CallOptions call_options() const;
    // Around curl_easy_perform() or its like.
    void begin(const resilience::Call& call);
    [[nodiscard]] Result<CurlReply> end(resilience::Call& call, CURLcode code);
    // No attempt follows: delivers the body, counts and logs the call.
    [[nodiscard]] Result<CurlReply> finish(Result<CurlReply> reply);

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

// Performs the request that an easy handle was configured for through a pipeline, on this thread:
//
//     CURL* easy = curl_easy_init();
//     curl_easy_setopt(easy, CURLOPT_URL, "http://users:8080/users/7");
//     Result<CurlReply> reply =
//         call(users, easy, {.call = {.route = "/users/{id}", .telemetry = &telemetry}, .method = "GET"});
//     if (!reply) return cached(reply.error().reason);
//
// What each attempt means is as in httplib_client.hpp. A reply is a value whatever its status: the last one passes
// through unchanged, and curl_easy_getinfo() tells more of it. Faults are for what got no reply.
//
// May it be made twice? If options.call.idempotent says so; else if options.headers have an Idempotency-Key; else by
// the method that libcurl used, and then only if it followed no redirection and none of the request's body has left,
// since libcurl does not tell whether that could be read again. So say it where it can (CURLOPT_POSTFIELDS), and never
// where a CURLOPT_READFUNCTION makes the body. libcurl itself sends a request once more, whatever its method, if a
// connection that it reuses ends before the reply's first byte: so a call that is not known to be harmless beforehand,
// by options.call.idempotent, an Idempotency-Key or options.method, makes a new connection.
//
// On the handle it sets, since libcurl tells nobody what was there: CURLOPT_WRITEFUNCTION and _WRITEDATA (so your write
// function goes into the options, and stands on the handle afterwards; without one libcurl writes to stdout again),
// CURLOPT_NOSIGNAL, for what is not known to be
// harmless CURLOPT_FRESH_CONNECT (0 afterwards), where there is a deadline
// CURLOPT_TIMEOUT_MS and CURLOPT_CONNECTTIMEOUT_MS (0 afterwards), with options.headers CURLOPT_HTTPHEADER, and with a
// stop token CURLOPT_XFERINFOFUNCTION and CURLOPT_NOPROGRESS. All others stay yours; a CURLOPT_HEADERFUNCTION sees the
// heads of all attempts.
//
// The write function sees one body: that of an attempt that no other follows. The bodies of 429, 502, 503 and 504 wait
// for that in memory up to 1 MiB; a larger one is delivered and not repeated. It may not pause the transfer. What it
// throws must not leave it, as with libcurl itself.
//
// The pipeline is shared by all threads; the handle is one thread's. Throws std::bad_alloc.
template <class Pipeline>
[[nodiscard]] Result<CurlReply> call(Pipeline& pipeline, CURL* easy, const CurlCallOptions& options = {}) {
    CurlExchange exchange{pipeline.name(), easy, options, pipeline.clock()};
    const auto attempt = [&exchange, easy](resilience::Call& now) {
        exchange.begin(now);
        return exchange.end(now, ::curl_easy_perform(easy));
    };
    return exchange.finish(pipeline.run(attempt, exchange.call_options()));
}

}   // namespace outrigger::middleware
