// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

#include <outrigger/logging/logger.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/exposed_pages.hpp>
#include <outrigger/middleware/http_observer.hpp>
#include <outrigger/middleware/httplib_hooks.hpp>

// Servers of cpp-httplib (https://github.com/yhirose/cpp-httplib), from 0.11.4 of Debian 12 on. This header is compiled
// with your cpp-httplib; outrigger::middleware itself brings none.
//
//   httplib::Server server;
//   auto observed = middleware::observe(server, {.metrics = registry, .log = log});
//   observed.Get("/orders/:id", show_order);
//   middleware::expose(server, {.metrics = registry, .health = health});
//   server.listen("0.0.0.0", 8080);
namespace outrigger::middleware {

struct Observing {
    metrics::Registry& metrics;
    const logging::Logger& log;
    HttpObserverSettings http = {};
};

// A server that is observed. A cheap handle that need not be kept; copies share. As the server's own functions, these
// are for one thread, before listen(). The server must live when they are called.
class Observed {
public:
    using Handler = httplib::Server::Handler;
    using HandlerWithContentReader = httplib::Server::HandlerWithContentReader;

    // As those of the server, and the pattern becomes http_route in the form "/orders/{id}". "/orders/:id" is
    // understood with all releases; in those without request.path_params, such as 0.11, it is request.matches[1].
    Observed& Get(const std::string& pattern, Handler handler) {
        server_->Get(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Post(const std::string& pattern, Handler handler) {
        server_->Post(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Post(const std::string& pattern, HandlerWithContentReader handler) {
        server_->Post(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Put(const std::string& pattern, Handler handler) {
        server_->Put(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Put(const std::string& pattern, HandlerWithContentReader handler) {
        server_->Put(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Patch(const std::string& pattern, Handler handler) {
        server_->Patch(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Patch(const std::string& pattern, HandlerWithContentReader handler) {
        server_->Patch(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Delete(const std::string& pattern, Handler handler) {
        server_->Delete(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Delete(const std::string& pattern, HandlerWithContentReader handler) {
        server_->Delete(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    Observed& Options(const std::string& pattern, Handler handler) {
        server_->Options(understood(pattern), routed(pattern, std::move(handler)));
        return *this;
    }
    // Of releases that have it. The exchange's duration is the time to the upgrade, and the rest is a stream.
    template <class Server = httplib::Server, class... SubProtocols>
    requires httplib_hooks::ServesWebSockets<Server>
    Observed& WebSocket(const std::string& pattern, typename Server::WebSocketHandler handler,
                        SubProtocols&&... selector) {
        auto upgraded = [route = hooks_->observer.route(pattern), handler = std::move(handler)](
                            const httplib::Request& request, auto& socket) {
            if (auto* const serving = httplib_hooks::Here::of_this_thread().serving(request)) {
                serving->route(route);
                serving->upgraded();
            }
            handler(request, socket);
        };
        static_cast<Server*>(server_)->WebSocket(pattern, std::move(upgraded), std::forward<SubProtocols>(selector)...);
        return *this;
    }

    // The program's own hooks, in place of those it had before. (Set on the server they would end the observing.)
    Observed& set_pre_routing_handler(httplib::Server::HandlerWithResponse handler) {
        hooks_->pre_routing = std::move(handler);
        return *this;
    }
    Observed& set_post_routing_handler(Handler handler) {
        hooks_->post_routing = std::move(handler);
        return *this;
    }
    Observed& set_exception_handler(httplib::Server::ExceptionHandler handler) {
        hooks_->exception = std::move(handler);
        return *this;
    }

    [[nodiscard]] httplib::Server& server() const noexcept { return *server_; }
    [[nodiscard]] const HttpObserver& observer() const noexcept { return hooks_->observer; }

private:
    friend Observed observe(httplib::Server& server, const Observing& observing);
    Observed(httplib::Server& server, std::shared_ptr<httplib_hooks::Hooks> hooks) noexcept
        : server_{&server}, hooks_{std::move(hooks)} {}

    [[nodiscard]] static std::string understood(const std::string& pattern) {
        return httplib_hooks::understood(pattern);
    }
    // The same handler, which says first whose route it is.
    template <class... Arguments>
    [[nodiscard]] std::function<void(const httplib::Request&, Arguments...)> routed(
        const std::string& pattern, std::function<void(const httplib::Request&, Arguments...)> handler) const {
        return [route = hooks_->observer.route(pattern), handler = std::move(handler)](const httplib::Request& request,
                                                                                      Arguments... arguments) {
            if (auto* const serving = httplib_hooks::Here::of_this_thread().serving(request))
                serving->route(route);
            handler(request, arguments...);
        };
    }

    httplib::Server* server_;
    std::shared_ptr<httplib_hooks::Hooks> hooks_;
};

// From now on each request of the server is a metric and a line of the log, see HttpObserver; its answer carries
// X-Request-Id, and what its handler logs carries trace.id, span.id and http.request.id. Routes are the patterns of
// Observed; those of the server's own Get(), Post() ... where the release tells which one matched; else learned from
// paths.
//
// - Hooks: pre-routing, post-routing and exception handlers that the server has are called as before. Set later ones by
//   the Observed, not on the server. Logger, error handler and all others are not touched.
// - Time: from the whole head to the end of the answer's last byte, or of the connection. A request that is refused
//   before it comes to routing (400, 414, 416) counts with no duration.
// - Streams: an answer of text/event-stream with a content provider is a stream from its head on. A provider that was
//   not let finish its answer is `caller_left`, whoever's fault it was. A WebSocket of server.WebSocket() is one long
//   exchange with status 101; Observed::WebSocket() tells the stream apart.
// - Sizes: bodies as sent, without what chunks add; chunked ones whose length nobody says are left out.
// - Exceptions of handlers are logged as errors and handed to the program's exception handler. Without one the answer
//   is a plain 500, without the text (early releases sent it to the caller, in EXCEPTION_WHAT). Those of exception and
//   post-routing handlers, which would end the program, are logged; the answer is 500, or what it was.
//
// Throws what HttpObserver's constructor does. What hangs in the server shares in what it needs: registry, logger and
// the Observed may end before the server.
[[nodiscard]] inline Observed observe(httplib::Server& server, const Observing& observing) {
    using namespace httplib_hooks;
    auto hooks = std::make_shared<Hooks>(Hooks{.observer = {observing.metrics, observing.log, observing.http},
                                               .pre_routing = earlier(server, PreRouting{}),
                                               .post_routing = earlier(server, PostRouting{}),
                                               .exception = earlier(server, OnException{})});
    server.set_pre_routing_handler(
        [hooks](const httplib::Request& request, httplib::Response& response) {
            return hooks->before(request, response);
        });
    server.set_post_routing_handler(
        [hooks](const httplib::Request& request, httplib::Response& response) { hooks->after(request, response); });
    server.set_exception_handler(
        [hooks](const httplib::Request& request, httplib::Response& response, const std::exception_ptr& what) {
            hooks->thrown(request, response, what);
        });
    return Observed{server, std::move(hooks)};
}

// The pages of ExposedPages on this server: /metrics, /health ... They are not observed. They come after routes that
// were registered before, and after the program's pre-routing handler. A server of cpp-httplib answers as many callers
// at once as it has threads (8 by default), so that slow ones hold up probes: where that matters, expose() them on a
// server of their own, on another port.
inline void expose(httplib::Server& server, Exposing exposing) {
    std::string pattern;
    for (const char c : exposing.prefix) {
        if (std::string_view{R"(\^$.|?*+()[]{})"}.find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    pattern += exposing.health ? "/(health(/[^/]+)?|livez|readyz|startupz" : "/(metrics";
    if (exposing.health && exposing.metrics) pattern += "|metrics";
    if (!exposing.health && !exposing.metrics) return;
    const auto pages = std::make_shared<const ExposedPages>(std::move(exposing));
    server.Get(pattern + ")", [pages](const httplib::Request& request, httplib::Response& response) {
        httplib_hooks::Here::of_this_thread().discard(request);
        const std::string accept = request.get_header_value("Accept");
        std::string encodings;   // else cpp-httplib would compress what is compressed
        if constexpr (!httplib_hooks::compresses) encodings = request.get_header_value("Accept-Encoding");
        auto page = pages->page({.target = request.target, .accept = accept, .accept_encoding = encodings});
        if (!page) {
            response.status = 404;
            return;
        }
        response.status = page->status;
        if (page->gzip) response.set_header("Content-Encoding", "gzip");
        if (!page->cache_control.empty()) response.set_header("Cache-Control", std::string{page->cache_control});
        response.set_content(page->body, std::string{page->content_type});
    });
}

}   // namespace outrigger::middleware
