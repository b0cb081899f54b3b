// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/http_observer.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <deque>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include <pthread.h>

#include <outrigger/core/rng.hpp>
#include <outrigger/logging/field.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include <outrigger/middleware/trace_parent.hpp>
#include "declared_routes.hpp"
#include "forwarded_client.hpp"

namespace outrigger::middleware {
namespace {

constexpr std::size_t text_max = 4096;   // of a request: the access line shows less
constexpr std::size_t failure_max = 1024;
constexpr std::string_view threw = "serving a request has thrown";

constinit thread_local const WorkingFor* innermost = nullptr;

}   // namespace

class HttpObserver::Core {
public:
    // What one thread at a time may use. An exchange ends in the lane where it began: there it counts as active.
    struct alignas(64) Lane {
        Lane(metrics::HttpServerInstruments& instruments, logging::Sink& sink, const logging::Logger& log,
             const AccessPolicy& access)
            : recorder{instruments.recorder()},
              rng{Rng::from_system()},
              telemetry{recorder, sink, log.service(), access, &log.redaction()} {}

        std::mutex mutex;
        metrics::HttpServerRecorder recorder;
        Rng rng;
        ExchangeTelemetry telemetry;
    };

    Core(metrics::HttpServerInstruments instruments, const logging::Logger& log, const HttpObserverSettings& settings)
        : clock_{settings.clock != nullptr ? *settings.clock : system_clock_},
          proxies_in_front_{settings.proxies_in_front},
          learned_{DeclaredRoutes::most + 1, settings.routes_max},
          log_{log},
          sink_{log.sink()} {
        for (std::size_t i = 0; i < lanes_max; ++i) lanes_.emplace_back(instruments, *sink_, log, settings.access);
    }

    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
    [[nodiscard]] std::uint32_t proxies_in_front() const noexcept { return proxies_in_front_; }
    [[nodiscard]] metrics::LearnedRoutes& learned() noexcept { return learned_; }
    [[nodiscard]] DeclaredRoutes& declared() noexcept { return declared_; }
    [[nodiscard]] const logging::Logger& log() const noexcept { return log_; }

    // This thread's, shared with few others. A thread's handle is an address, whose low bits are much the same for all.
    [[nodiscard]] Lane& lane() noexcept {
        const auto handle = std::bit_cast<std::uintptr_t>(::pthread_self());
        return lanes_[static_cast<std::size_t>((handle >> 6) * 0x9e3779b97f4a7c15U >> 61)];
    }

private:
    static constexpr std::size_t lanes_max = 8;   // as many as the logger's queue has parts

    const SystemClock system_clock_;
    const Clock& clock_;
    const std::uint32_t proxies_in_front_;
    metrics::LearnedRoutes learned_;
    DeclaredRoutes declared_;
    const logging::Logger log_;
    const std::shared_ptr<logging::Sink> sink_;
    std::deque<Lane> lanes_;
};

class HttpExchange::Parts {
public:
    Parts(std::shared_ptr<HttpObserver::Core> core, const IncomingRequest& request);

    [[nodiscard]] HttpObserver::Core& core() const noexcept { return *core_; }
    [[nodiscard]] const TraceParent& trace() const noexcept { return *trace_; }
    // A request that begins a trace has one id for both.
    [[nodiscard]] std::string_view id() const noexcept {
        if (!request_id_.empty()) return request_id_;
        return trace_->parent_span_id().empty() ? trace_->trace_id() : std::string_view{made_id_.data(), made_id_.size()};
    }

    void route(metrics::HttpRoute route) noexcept { route_ = route; }
    void failed(std::string_view what) noexcept;
    void stream_began(metrics::StreamKind kind) noexcept;
    void end(const HttpAnswer& answer) noexcept;
    void discard() noexcept {
        const std::scoped_lock lock{lane_.mutex};
        leave();
    }

private:
    void keep_texts();
    [[nodiscard]] ExchangeEnded event(const HttpAnswer& answer) const noexcept;
    void leave() noexcept {   // under the lane's lock
        active_ = {};
        active_stream_ = {};
    }

    const std::shared_ptr<HttpObserver::Core> core_;
    HttpObserver::Core::Lane& lane_;
    const Instant began_;
    const WallTime started_;
    std::optional<TraceParent> trace_;   // always, once it is constructed
    std::array<char, 32> made_id_{};     // of a request that has none in a trace that goes on
    std::optional<metrics::HttpRoute> route_;
    std::string failure_;
    std::optional<metrics::StreamKind> stream_;
    Instant head_{};                     // when the stream began
    metrics::ActiveRequest active_;
    metrics::ActiveStream active_stream_;
    std::unique_ptr<char[]> texts_;      // the views that follow, unless they last
    std::string_view method_;
    std::string_view target_;
    std::string_view client_ip_;
    std::array<char, 46> forwarded_;     // the longest address; so much of it as client_ip_ says
    std::string_view host_;
    std::string_view user_agent_;
    std::string_view http_version_;
    std::string_view request_id_;        // the caller's
    std::uint16_t client_port_ = 0;
};

HttpExchange::Parts::Parts(std::shared_ptr<HttpObserver::Core> core, const IncomingRequest& request)
    : core_{std::move(core)}, lane_{core_->lane()}, began_{core_->clock().now()}, started_{core_->clock().wall()} {
    method_ = request.method;
    target_ = request.target;
    client_ip_ = request.client_ip;
    client_port_ = request.client_port;
    host_ = request.host;
    user_agent_ = request.user_agent;
    http_version_ = request.http_version;
    if (acceptable_request_id(request.request_id)) request_id_ = request.request_id;
    if (const auto forwarded = forwarded_client(request.forwarded_for, core_->proxies_in_front()); !forwarded.empty()) {
        client_ip_ = {forwarded_.data(), forwarded.copy(forwarded_.data(), forwarded_.size())};
        client_port_ = 0;
    }
    if (!request.lasting) keep_texts();
    const std::scoped_lock lock{lane_.mutex};
    trace_.emplace(request.traceparent, lane_.rng);
    if (request_id_.empty() && !trace_->parent_span_id().empty()) made_id_ = random_id(lane_.rng);
    active_ = lane_.telemetry.begin(method_);
}

void HttpExchange::Parts::keep_texts() {
    const std::array<std::string_view*, 7> texts{&method_,     &target_,       &client_ip_, &host_,
                                                 &user_agent_, &http_version_, &request_id_};
    std::size_t size = 0;
    for (const std::string_view* const text : texts) size += std::min(text->size(), text_max);
    texts_ = std::make_unique_for_overwrite<char[]>(size);
    char* at = texts_.get();
    for (std::string_view* const text : texts) {
        *text = {at, text->copy(at, text_max)};
        at += text->size();
    }
}

ExchangeEnded HttpExchange::Parts::event(const HttpAnswer& answer) const noexcept {
    const Instant now = core_->clock().now();
    return {.method = method_,
            .path = target_,
            .route = route_ ? *route_ : core_->learned().answered(target_, answer.status),
            .status = answer.status,
            .reason = answer.reason,
            .detail = failure_,
            .request_id = id(),
            .trace_id = trace_->trace_id(),
            .span_id = trace_->span_id(),
            .parent_span_id = trace_->parent_span_id(),
            .client_ip = client_ip_,
            .client_port = client_port_,
            .user_agent = user_agent_,
            .host = host_,
            .http_version = http_version_,
            .request_body = answer.request_body,
            .response_body = answer.response_body,
            .started = started_,
            .duration = (stream_ ? head_ : now) - began_,
            .stream = stream_,
            .stream_duration = stream_ ? now - head_ : Duration{}};
}

void HttpExchange::Parts::end(const HttpAnswer& answer) noexcept {
    const ExchangeEnded ended = event(answer);
    const std::scoped_lock lock{lane_.mutex};
    leave();   // before: whoever has seen the line finds it gone
    lane_.telemetry.emit(ended);
}

void HttpExchange::Parts::failed(std::string_view what) noexcept {
    try {
        failure_ = what.substr(0, failure_max);
    } catch (const std::bad_alloc&) {
        failure_.clear();   // the line goes without
    }
}

void HttpExchange::Parts::stream_began(metrics::StreamKind kind) noexcept {
    if (stream_) return;
    stream_ = kind;
    head_ = core_->clock().now();
    const std::scoped_lock lock{lane_.mutex};
    active_stream_ = lane_.telemetry.stream_began(kind);
}

HttpExchange::HttpExchange(std::unique_ptr<Parts> parts) noexcept : parts_{std::move(parts)} {}
HttpExchange::HttpExchange(HttpExchange&&) noexcept = default;

HttpExchange& HttpExchange::operator=(HttpExchange&& from) noexcept {
    std::swap(parts_, from.parts_);
    return *this;
}

HttpExchange::~HttpExchange() {
    if (parts_) end({.reason = Reason::caller_left});
}

std::string_view HttpExchange::request_id() const noexcept { return parts_->id(); }
std::string_view HttpExchange::trace_id() const noexcept { return parts_->trace().trace_id(); }
std::string_view HttpExchange::span_id() const noexcept { return parts_->trace().span_id(); }
std::string_view HttpExchange::traceparent() const noexcept { return parts_->trace().traceparent(); }

void HttpExchange::route(std::string_view pattern) noexcept {
    try {
        route(parts_->core().declared().of(pattern));
    } catch (const std::bad_alloc&) {
        route(metrics::LearnedRoutes::other);
    }
}
void HttpExchange::route(metrics::HttpRoute of_the_observer) noexcept { parts_->route(of_the_observer); }

void HttpExchange::failed(const std::exception& what) noexcept {
    using logging::field;
    parts_->failed(what.what());
    parts_->core().log().error(threw, field(what), field("trace.id", trace_id()), field("span.id", span_id()),
                               field("http.request.id", request_id()));
}

void HttpExchange::failed(std::string_view what) noexcept {
    using logging::field;
    parts_->failed(what);
    parts_->core().log().error(threw, field("error.message", what), field("trace.id", trace_id()),
                               field("span.id", span_id()), field("http.request.id", request_id()));
}

void HttpExchange::stream_began(metrics::StreamKind kind) noexcept { parts_->stream_began(kind); }

void HttpExchange::end(const HttpAnswer& answer) noexcept {
    parts_->end(answer);
    parts_.reset();
}

void HttpExchange::discard() noexcept {
    parts_->discard();
    parts_.reset();
}

HttpObserver::HttpObserver(metrics::Registry& registry, const logging::Logger& log, const HttpObserverSettings& settings)
    : core_{std::make_shared<Core>(registry.http_server({.series_max = settings.series_max}), log, settings)} {}

HttpExchange HttpObserver::begin(const IncomingRequest& request) const {
    return HttpExchange{std::make_unique<HttpExchange::Parts>(core_, request)};
}

metrics::HttpRoute HttpObserver::route(std::string_view pattern) const { return core_->declared().of(pattern); }

WorkingFor::WorkingFor(const HttpExchange& exchange)
    : parts_{exchange.parts_.get()},
      outer_{innermost},
      log_context_{{.trace = exchange.trace_id(), .span = exchange.span_id(), .request = exchange.request_id()},
                   logging::TraceContext::Lasting::yes} {
    innermost = this;
}

WorkingFor::~WorkingFor() { innermost = outer_; }

std::string_view WorkingFor::current_traceparent() noexcept {
    return innermost == nullptr ? std::string_view{} : innermost->parts_->trace().traceparent();
}
std::string_view WorkingFor::current_request_id() noexcept {
    return innermost == nullptr ? std::string_view{} : innermost->parts_->id();
}

}   // namespace outrigger::middleware
