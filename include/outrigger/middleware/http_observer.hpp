// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/logging/context.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/learned_routes.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/access_policy.hpp>

// What a server of whichever framework tells about the requests it serves. cpp-httplib has it ready made (httplib.hpp);
// for another one it is a few lines:
//
//   HttpObserver observer{registry, log};                                // one per server
//   ...
//   HttpExchange exchange = observer.begin({.method = "GET", .target = "/orders/7?full=1", .client_ip = "10.0.0.9"});
//   const WorkingFor scope{exchange};                                    // what this thread logs carries its ids
//   exchange.route("/orders/:id");
//   response.set("X-Request-Id", exchange.request_id());
//   ...
//   exchange.end({.status = 200, .request_body = Bytes{0}, .response_body = Bytes{512}});
namespace outrigger::middleware {

// A request, when its head has been read. What is empty is unknown.
struct IncomingRequest {
    std::string_view method = {};          // as it came
    std::string_view target = {};          // path and query
    std::string_view client_ip = {};       // who the connection is with
    std::uint16_t client_port = 0;
    std::string_view host = {};            // Host or :authority, with its port
    std::string_view user_agent = {};
    std::string_view http_version = {};    // "1.1"
    std::string_view request_id = {};      // X-Request-Id: taken over if it is 1 to 128 visible ASCII characters
    std::string_view traceparent = {};     // W3C trace context: continued if it is well-formed. Empty if several came
    std::string_view forwarded_for = {};   // X-Forwarded-For; see HttpObserverSettings::proxies_in_front
    // The views hold until the exchange has ended or was discarded. Otherwise they need to hold during begin() only: what
    // is needed is copied.
    bool lasting = false;
};

// How an exchange ended.
struct HttpAnswer {
    int status = 0;                             // as it was sent; 0: none was
    std::optional<Bytes> request_body = {};     // nothing: not known
    std::optional<Bytes> response_body = {};
    std::optional<Reason> reason = {};          // why it broke, where that is known: becomes error_type
};

struct HttpObserverSettings {
    AccessPolicy access = AccessPolicy::all();   // which requests get a line in the log
    // Proxies in front of this server that append to X-Forwarded-For: with 2, the client is the last but one address in
    // it. 0: the field is not believed, since anybody can write it.
    std::uint32_t proxies_in_front = 0;
    // Templates learned from paths that were given no route, and label sets of a metric: what comes later is `other`.
    std::uint32_t routes_max = metrics::LearnedRoutes::routes_max_default;
    std::uint32_t series_max = metrics::HttpServerSettings{}.series_max;
    const Clock* clock = nullptr;                // another one than the machine's, for tests; must outlive the observer
};

class HttpObserver;
class WorkingFor;

// One request from its head to its answer's last byte. Belongs to one thread at a time, and may wander from one to the
// next. Destroyed without end(), it counts as abandoned: no status, caller_left. After end() or discard(), and moved
// from, nothing but destruction and assignment make sense.
class HttpExchange {
public:
    HttpExchange(HttpExchange&&) noexcept;
    HttpExchange& operator=(HttpExchange&&) noexcept;
    ~HttpExchange();

    // What the answer's X-Request-Id says, and log records: the caller's, or 32 random digits. Views hold as long as
    // the exchange, moved or not.
    [[nodiscard]] std::string_view request_id() const noexcept;
    [[nodiscard]] std::string_view trace_id() const noexcept;      // 32 hexadecimal digits
    [[nodiscard]] std::string_view span_id() const noexcept;       // 16: this exchange's own span
    [[nodiscard]] std::string_view traceparent() const noexcept;   // for calls that are made to serve it

    // Which of the server's routes serves it: "/orders/{id}", "/orders/:id" or a regular expression, see
    // route_pattern.hpp. For text that comes from the program, never from callers: each is kept. The latest counts.
    void route(std::string_view pattern) noexcept;
    void route(metrics::HttpRoute of_the_observer) noexcept;

    // Serving it has thrown: an error record with the text, at once, and the text in the access line. It still ends
    // with what is answered then.
    void failed(const std::exception& what) noexcept;
    void failed(std::string_view what) noexcept;

    // The answer's head is out, or the connection upgraded: its duration is measured until here, and the stream's
    // begins.
    void stream_began(metrics::StreamKind kind) noexcept;

    // Metrics and access line. Allocates only for what is new: a label set, a route.
    void end(const HttpAnswer& answer) noexcept;
    // It is nobody's business (a probe, a scrape): neither metric nor line.
    void discard() noexcept;

private:
    friend class HttpObserver;
    friend class WorkingFor;
    class Parts;
    explicit HttpExchange(std::unique_ptr<Parts> parts) noexcept;
    std::unique_ptr<Parts> parts_;
};

// The instruments and the access log of one server: http_server_* as http_server.hpp says (those that the registry
// shares among its servers), and a line per request where the logger's records go (dataset outrigger.access). The lines
// are not subject to the logger's level and sampling, but to `access`; its redaction holds for their queries, and its
// service for service.name.
//
// A cheap handle; copies share. Thread-safe: any number of exchanges at once, begun and ended on any threads. Eight
// locks that threads spread over are held for the making of a line, not for I/O. No hidden thread. Shares in what it
// needs of registry and logger: either may end before it, and exchanges may end after it.
class HttpObserver {
public:
    // Throws std::invalid_argument for a routes_max or series_max that is out of range, or another series_max than that
    // of the registry's first server.
    HttpObserver(metrics::Registry& registry, const logging::Logger& log, const HttpObserverSettings& settings = {});

    // Throws std::bad_alloc only.
    [[nodiscard]] HttpExchange begin(const IncomingRequest& request) const;

    // A route of the program's, for HttpExchange::route(): once, instead of a look-up per request. It holds as long as
    // this observer, its copies and its exchanges. Past 1000 routes it is `other`.
    [[nodiscard]] metrics::HttpRoute route(std::string_view pattern) const;

private:
    friend class HttpExchange;
    class Core;
    std::shared_ptr<Core> core_;
};

// This thread works for an exchange, until the end of the scope: what it logs carries trace.id, span.id and
// http.request.id, and calls of this library continue its trace. As logging::TraceContext: scopes belong to the thread
// that made them, end in reverse order, and must not live across a coroutine's suspension. The exchange must outlive
// it.
class WorkingFor {
public:
    // Throws std::bad_alloc.
    explicit WorkingFor(const HttpExchange& exchange);
    ~WorkingFor();
    WorkingFor(const WorkingFor&) = delete;
    WorkingFor& operator=(const WorkingFor&) = delete;

    // Of this thread's innermost scope; empty: it works for none.
    [[nodiscard]] static std::string_view current_traceparent() noexcept;
    [[nodiscard]] static std::string_view current_request_id() noexcept;

private:
    const HttpExchange::Parts* const parts_;
    const WorkingFor* const outer_;
    const logging::TraceContext log_context_;
};

}   // namespace outrigger::middleware
