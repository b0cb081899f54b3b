// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <httplib.h>

#include <outrigger/core/units.hpp>
#include <outrigger/middleware/http_observer.hpp>

// What httplib.hpp hangs into a server. Not for programs: it changes without notice.
namespace outrigger::middleware::httplib_hooks {

// ---- What differs between releases.

template <class Request>
concept NamesParameters = requires(const Request& request) { request.path_params; };   // as "/orders/:id" does
template <class Request>
concept KnowsItsRoute = requires(const Request& request) { request.matched_route; };
template <class Server>
concept ServesWebSockets = requires { typename Server::WebSocketHandler; };

// A pattern as this release understands it: before parameters had names, each was a group.
template <class Request = httplib::Request>
[[nodiscard]] std::string understood(const std::string& pattern) {
    if constexpr (NamesParameters<Request>) {
        return pattern;
    } else {
        std::string regex;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            regex += pattern[i];
            if (!pattern.substr(i).starts_with("/:")) continue;
            regex += "([^/]+)";
            i = std::min(pattern.find('/', i + 1), pattern.size()) - 1;
        }
        return regex;
    }
}

// The template that a plain registration has matched; empty: this release does not tell.
template <class Request>
[[nodiscard]] std::string_view matched_route(const Request& request) {
    if constexpr (KnowsItsRoute<Request>)
        return request.matched_route;
    else
        return {};
}

// Whether cpp-httplib compresses texts by itself.
#if defined(CPPHTTPLIB_ZLIB_SUPPORT) || defined(CPPHTTPLIB_BROTLI_SUPPORT) || defined(CPPHTTPLIB_ZSTD_SUPPORT)
inline constexpr bool compresses = true;
#else
inline constexpr bool compresses = false;
#endif

// Hooks have setters and no getters, so that those which are there would be lost. An explicit instantiation may name
// private members ([temp.spec.general]/6), and these have the same names from 0.11 to 0.41. For a release that gives them
// others there is OUTRIGGER_HTTPLIB_NO_EARLIER_HOOKS: then observe() must come before all other hooks.
struct PreRouting {
    using Type = httplib::Server::HandlerWithResponse httplib::Server::*;
};
struct PostRouting {
    using Type = httplib::Server::Handler httplib::Server::*;
};
struct OnException {
    using Type = httplib::Server::ExceptionHandler httplib::Server::*;
};
#if !defined(OUTRIGGER_HTTPLIB_NO_EARLIER_HOOKS)
PreRouting::Type member(PreRouting) noexcept;
PostRouting::Type member(PostRouting) noexcept;
OnException::Type member(OnException) noexcept;
template <class Hook, typename Hook::Type Member>
struct Named {
    friend typename Hook::Type member(Hook) noexcept { return Member; }
};
template struct Named<PreRouting, &httplib::Server::pre_routing_handler_>;
template struct Named<PostRouting, &httplib::Server::post_routing_handler_>;
template struct Named<OnException, &httplib::Server::exception_handler_>;

template <class Hook>
[[nodiscard]] auto earlier(const httplib::Server& server, Hook hook) {
    return server.*member(hook);
}
#else
[[nodiscard]] inline httplib::Server::HandlerWithResponse earlier(const httplib::Server&, PreRouting) { return {}; }
[[nodiscard]] inline httplib::Server::Handler earlier(const httplib::Server&, PostRouting) { return {}; }
[[nodiscard]] inline httplib::Server::ExceptionHandler earlier(const httplib::Server&, OnException) { return {}; }
#endif

// ---- What a request's head says.

// `lower` is in small letters, `usual` how most callers write it.
[[nodiscard]] constexpr bool same_name(std::string_view name, std::string_view usual, std::string_view lower) noexcept {
    if (name == usual) return true;
    if (name.size() != lower.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if ((static_cast<unsigned char>(name[i]) | 0x20U) != static_cast<unsigned char>(lower[i])) return false;
    return true;
}

[[nodiscard]] inline std::optional<Bytes> size_in(std::string_view text) noexcept {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return Bytes{size};
}

// The fields that matter here, found in one walk: a look-up of cpp-httplib costs as much as all of it.
struct Head {
    explicit Head(const httplib::Request& request) {
        for (const auto& [name, value] : request.headers) {
            switch (name.size()) {
                case 4: take(host, name, "Host", "host", value); break;
                case 7: take(upgrade, name, "Upgrade", "upgrade", value); break;
                case 10: take(user_agent, name, "User-Agent", "user-agent", value); break;
                case 11:
                    if (same_name(name, "traceparent", "traceparent"))
                        traceparent = traceparents++ == 0 ? value : std::string_view{};
                    break;
                case 12: take(request_id, name, "X-Request-Id", "x-request-id", value); break;
                case 14: take(content_length, name, "Content-Length", "content-length", value); break;
                case 15:
                    if (same_name(name, "X-Forwarded-For", "x-forwarded-for")) join(value);
                    break;
                case 17: take(transfer_encoding, name, "Transfer-Encoding", "transfer-encoding", value); break;
                default: break;
            }
        }
    }
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;

    std::string_view host;
    std::string_view upgrade;
    std::string_view user_agent;
    std::string_view request_id;
    std::string_view traceparent;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view forwarded_for;

private:
    static void take(std::string_view& field, std::string_view name, std::string_view usual, std::string_view lower,
                     std::string_view value) {
        if (field.empty() && same_name(name, usual, lower)) field = value;
    }
    void join(std::string_view value) {   // several fields are one with commas between
        if (forwarded_for.empty()) {
            forwarded_for = value;
        } else {
            joined_ = std::string{forwarded_for}.append(",").append(value);
            forwarded_for = joined_;
        }
    }
    int traceparents = 0;
    std::string joined_;
};

[[nodiscard]] inline HttpExchange begin(const HttpObserver& observer, const httplib::Request& request,
                                        const Head& head) {
    const std::string_view version = request.version;
    return observer.begin({.method = request.method,
                           .target = request.target,
                           .client_ip = request.remote_addr,
                           .client_port = static_cast<std::uint16_t>(request.remote_port),
                           .host = head.host,
                           .user_agent = head.user_agent,
                           .http_version = version.starts_with("HTTP/") ? version.substr(5) : version,
                           .request_id = head.request_id,
                           .traceparent = head.traceparent,
                           .forwarded_for = head.forwarded_for,
                           .lasting = true});
}

// ---- A request that is being served. Request and response live in the server's frame until its end.
class Serving {
public:
    Serving(const HttpObserver& observer, const httplib::Request& request, const httplib::Response& response)
        : Serving{observer, request, response, Head{request}} {}

    [[nodiscard]] HttpExchange& exchange() noexcept { return exchange_; }
    [[nodiscard]] bool is(const httplib::Request& request) const noexcept { return &request == &request_; }
    [[nodiscard]] bool answered() const noexcept { return answered_; }
    [[nodiscard]] bool holds(const void* place) const noexcept {
        const std::less<const void*> before;
        return !before(place, &response_) && before(place, &response_ + 1);
    }

    void route(metrics::HttpRoute route) noexcept {
        routed_ = true;
        if (!over_) exchange_.route(route);
    }
    void failed(const std::exception_ptr& thrown) noexcept {
        if (over_) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& what) {
            exchange_.failed(what);
        } catch (...) {
            exchange_.failed("what was thrown is no std::exception");
        }
    }
    // The head is about to be written.
    void answers(httplib::Response& response) {
        answered_ = true;
        if (over_) return;
        if (!response.has_header("X-Request-Id"))   // set_header() would look for line ends, which no id has
            response.headers.emplace("X-Request-Id", exchange_.request_id());
        if (const auto pattern = matched_route(request_); !routed_ && !pattern.empty()) exchange_.route(pattern);
        if (response.content_provider_ && response.get_header_value("Content-Type").starts_with("text/event-stream"))
            exchange_.stream_began(metrics::StreamKind::event_stream);
    }
    void discard() noexcept {
        if (!std::exchange(over_, true)) exchange_.discard();
    }
    // The response's end. `whole`: its content provider has provided all.
    void end(bool whole) noexcept {
        if (std::exchange(over_, true)) return;
        const bool upgraded = !answered_ && upgrades_;
        const bool cut = answered_ && provides() && !whole;
        exchange_.end({.status = upgraded ? 101 : answered_ ? response_.status : 0,
                       .request_body = received(),
                       .response_body = sent(whole),
                       .reason = cut || !(answered_ || upgraded) ? std::optional{Reason::caller_left} : std::nullopt});
    }

private:
    Serving(const HttpObserver& observer, const httplib::Request& request, const httplib::Response& response,
            const Head& head)
        : exchange_{begin(observer, request, head)},
          request_{request},
          response_{response},
          content_length_{size_in(head.content_length)},
          chunked_{!head.transfer_encoding.empty()},
          upgrades_{same_name(head.upgrade, "websocket", "websocket")} {}

    [[nodiscard]] bool provides() const noexcept {
        return response_.body.empty() && response_.content_provider_ && request_.method != "HEAD";
    }
    [[nodiscard]] std::optional<Bytes> received() const noexcept {
        if (content_length_) return content_length_;
        if (!request_.body.empty()) return Bytes{request_.body.size()};
        return chunked_ ? std::nullopt : std::optional{Bytes{0}};
    }
    [[nodiscard]] std::optional<Bytes> sent(bool whole) const noexcept {
        if (!answered_) return std::nullopt;
        if (request_.method == "HEAD") return Bytes{0};
        if (!provides()) return Bytes{response_.body.size()};
        const auto length = response_.headers.find("Content-Length");
        return whole && length != response_.headers.end() ? size_in(length->second) : std::nullopt;
    }

    HttpExchange exchange_;
    const httplib::Request& request_;
    const httplib::Response& response_;
    const std::optional<Bytes> content_length_;   // of the request
    const bool chunked_;
    const bool upgrades_;
    bool routed_ = false;
    bool answered_ = false;
    bool over_ = false;   // ended or discarded: the exchange is not looked at any more
};

// Whom this thread serves: cpp-httplib keeps a request on one thread from its head to its end.
class Here {
public:
    Here() noexcept = default;
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;
    ~Here() { leave(); }

    [[nodiscard]] static Here& of_this_thread() noexcept {
        thread_local Here here;
        return here;
    }
    // Nothing: none of ours.
    [[nodiscard]] Serving* serving(const httplib::Request& request) noexcept {
        return serving_ && serving_->is(request) ? &*serving_ : nullptr;
    }
    Serving& begin(const HttpObserver& observer, const httplib::Request& request, const httplib::Response& response) {
        leave();
        ++serial_;
        serving_.emplace(observer, request, response);
        scope_.emplace(serving_->exchange());
        return *serving_;
    }
    [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
    [[nodiscard]] bool serves(std::uint64_t serial) const noexcept { return serving_ && serial == serial_; }
    // `whole`: see Serving::end().
    void end(bool whole) noexcept {
        scope_.reset();
        serving_->end(whole);
        serving_.reset();
    }
    void discard(const httplib::Request& request) noexcept {
        if (Serving* const found = serving(request)) {
            scope_.reset();
            found->discard();
        }
    }
    [[nodiscard]] bool lies_in_its_response(const void* place) const noexcept { return serving_->holds(place); }

private:
    // One whose end nobody has told, since the program has put hooks in the place of ours, is forgotten: what it was
    // asked for is gone.
    void leave() noexcept {
        scope_.reset();
        if (serving_) serving_->discard();
        serving_.reset();
    }
    std::uint64_t serial_ = 0;
    std::optional<Serving> serving_;
    std::optional<WorkingFor> scope_;   // ends before what it works for
};

// Lies in the response as what releases a content provider's resources, and so is called by its destructor: when the
// last byte has left or the connection has broken, in all releases. A program may copy or move a response, and what
// lies in another one than the server's means nothing. So small that std::function keeps it within itself: hence its
// address says where it lies.
class AtTheEnd {
public:
    explicit AtTheEnd(const Here& here) noexcept : here_{&here}, serial_{here.serial()} {}
    void operator()(bool whole) const noexcept {
        Here& here = Here::of_this_thread();
        if (&here == here_ && here.serves(serial_) && here.lies_in_its_response(this)) here.end(whole);
    }

private:
    const Here* here_;
    std::uint64_t serial_;
};
static_assert(std::is_trivially_copyable_v<AtTheEnd> && sizeof(AtTheEnd) <= 2 * sizeof(void*));

// The same in the place of what the program's own handler put there. A copy knows itself: it was not moved here.
class AfterTheirs {
public:
    AfterTheirs(const Here& here, httplib::ContentProviderResourceReleaser theirs)
        : here_{&here}, serial_{here.serial()}, theirs_{std::move(theirs)} {}
    AfterTheirs(const AfterTheirs& other) : theirs_{other.theirs_} {}
    AfterTheirs(AfterTheirs&&) noexcept = default;
    AfterTheirs& operator=(const AfterTheirs&) = delete;
    AfterTheirs& operator=(AfterTheirs&&) = delete;
    ~AfterTheirs() = default;

    void operator()(bool whole) const {
        theirs_(whole);
        Here& here = Here::of_this_thread();
        if (&here == here_ && here.serves(serial_)) here.end(whole);
    }

private:
    const Here* here_ = nullptr;   // null: in a copy
    std::uint64_t serial_ = 0;
    httplib::ContentProviderResourceReleaser theirs_;
};

[[nodiscard]] inline bool ends_with_us(const httplib::Response& response) noexcept {
    const auto& releaser = response.content_provider_resource_releaser_;
    return releaser.target<AtTheEnd>() != nullptr || releaser.target<AfterTheirs>() != nullptr;
}
inline void end_with_us(httplib::Response& response, const Here& here) {
    auto& releaser = response.content_provider_resource_releaser_;
    if (!releaser)
        releaser = AtTheEnd{here};
    else if (!ends_with_us(response))
        releaser = AfterTheirs{here, std::move(releaser)};
}

// ---- What hangs in the server.
struct Hooks {
    using Handled = httplib::Server::HandlerResponse;

    HttpObserver observer;
    httplib::Server::HandlerWithResponse pre_routing;   // the program's own
    httplib::Server::Handler post_routing;
    httplib::Server::ExceptionHandler exception;

    // Nothing, if there is no memory: then it is served, but not seen.
    [[nodiscard]] Serving* begin(const httplib::Request& request, httplib::Response& response) const noexcept {
        try {
            Here& here = Here::of_this_thread();
            Serving& serving = here.begin(observer, request, response);
            end_with_us(response, here);
            return &serving;
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }

    [[nodiscard]] Handled before(const httplib::Request& request, httplib::Response& response) const {
        // It may come here twice: from another observe(), and if it wants to upgrade and no WebSocket has its path.
        const bool known = Here::of_this_thread().serving(request) != nullptr && ends_with_us(response);
        if (!known) (void)begin(request, response);
        return pre_routing ? pre_routing(request, response) : Handled::Unhandled;
    }

    void after(const httplib::Request& request, httplib::Response& response) const {
        Here& here = Here::of_this_thread();
        Serving* serving = here.serving(request);
        if (serving == nullptr || serving->answered()) serving = begin(request, response);   // refused before there was anything to route
        try {
            if (post_routing) post_routing(request, response);
        } catch (...) {   // nobody above would catch it
            if (serving != nullptr) serving->failed(std::current_exception());
        }
        if (serving == nullptr) return;
        serving->answers(response);
        end_with_us(response, here);   // again: a content provider may have taken our place
    }

    void thrown(const httplib::Request& request, httplib::Response& response, const std::exception_ptr& what) const {
        Serving* const serving = Here::of_this_thread().serving(request);
        if (serving != nullptr) serving->failed(what);
        try {
            if (exception) return exception(request, response, what);
        } catch (...) {   // nobody above would catch it
            if (serving != nullptr) serving->failed(std::current_exception());
        }
        response.status = 500;
    }
};

}   // namespace outrigger::middleware::httplib_hooks
