// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/pages.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include <outrigger/metrics/page.hpp>

#include "sidecar/admin/front_page.hpp"
#include "sidecar/admin/requests_page.hpp"
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/writer.hpp"
#include "sidecar/proxy/local_reply.hpp"

namespace outrigger::admin {

// An answer, whole. With a fault it is the problem document of that fault instead.
struct Pages::Page {
    int status = 200;
    std::string_view content_type;
    std::string body;
    std::string_view cache_control = "no-store";
    bool gzip = false;
    std::string_view vary;
    std::string_view allow;                 // for method_not_allowed
    std::optional<Fault> fault;
    std::optional<ScrapeForm> scrape = {};   // the body is still to be made
    Scraper::Bytes made = {};                // instead of `body`
};

namespace {

using namespace std::chrono_literals;
using ingress::Incoming;

struct Place {
    std::string_view path;
    enum class What : std::uint8_t {
        health, live, ready, startup, group, metrics, front, config, cardinality, health_history,
        heartbeat, drain_state, drain, quit, spool,
        requests, upstreams
    } what;
    bool from_anywhere = false;   // other hosts may see it
    bool posted = false;          // POST, else GET and HEAD
};
using What = Place::What;

constexpr std::array places{
    Place{"/health", What::health, true},          Place{"/health/live", What::live, true},
    Place{"/health/ready", What::ready, true},     Place{"/health/startup", What::startup, true},
    Place{"/livez", What::live, true},             Place{"/readyz", What::ready, true},
    Place{"/startupz", What::startup, true},       Place{"/metrics", What::metrics, true},
    Place{"/", What::front},                       Place{"/api/config", What::config},
    Place{"/api/metrics/cardinality", What::cardinality},
    Place{"/api/spool", What::spool},
    Place{"/api/requests", What::requests},        Place{"/api/upstreams", What::upstreams},
    Place{"/api/health", What::health_history},    Place{"/api/drain", What::drain_state},
    Place{"/drain", What::drain, false, true},     Place{"/quit", What::quit, false, true},
};

// In front of the name of a group of checks, and of a check that a job reports to.
constexpr std::string_view groups = "/health/";
constexpr std::string_view heartbeats = "/api/heartbeat/";

std::optional<Place> place_of(std::string_view path, const Sources& sources) {
    const auto* fixed = std::find_if(places.begin(), places.end(), [&](const Place& p) { return p.path == path; });
    if (fixed != places.end()) return *fixed;
    if (path.starts_with(groups) && sources.health.pages()->find(path.substr(groups.size())))
        return Place{path, What::group, true};
    if (path.starts_with(heartbeats) && sources.heartbeats.contains(path.substr(heartbeats.size())))
        return Place{path, What::heartbeat, false, true};
    return std::nullopt;
}

// Takes as long for a wrong token as for a right one of the same length.
bool same_secret(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
    return difference == 0;
}

// A page of another site, open in a browser on this machine, can make it POST here.
bool from_another_site(const http1::RequestHead& head) noexcept {
    const std::string_view origin = http1::value_of(head.fields, "Origin");
    const std::size_t host = origin.find("//");
    return !origin.empty() && (host == std::string_view::npos || origin.substr(host + 2) != head.host);
}

// All fields of the name as one value.
std::string values_of(const http1::RequestHead& head, std::string_view name) {
    std::string values;
    for (const http1::Field& field : head.fields.all()) {
        if (!http1::same_name(field.name, name)) continue;
        if (!values.empty()) values += ',';
        values += field.value;
    }
    return values;
}

ScrapeForm wanted_form(const http1::RequestHead& head) {
    return {metrics::negotiate_format(values_of(head, "Accept")),
            metrics::accepts_gzip(values_of(head, "Accept-Encoding"))};
}

// A scrape that is not answered by then has failed for the server anyway; a server says what it will wait, and the
// answer has to reach it before.
constexpr Duration scrape_timeout_max = 10s;
Duration scrape_timeout(const http1::RequestHead& head) {
    const std::string_view said = http1::value_of(head.fields, "X-Prometheus-Scrape-Timeout-Seconds");
    double seconds = 0.0;
    const auto read = std::from_chars(said.data(), said.data() + said.size(), seconds);
    if (read.ec != std::errc{} || !(seconds > 0.0 && seconds < 1e6)) return scrape_timeout_max;
    const std::chrono::duration<double> usable{seconds * 0.9};
    return std::min(scrape_timeout_max, std::chrono::duration_cast<Duration>(usable));
}

constexpr auto links = [] {
    std::array<Link, places.size() - 1> all{};   // without the front page itself
    std::size_t count = 0;
    for (const Place& place : places)
        if (place.what != What::front) all[count++] = {place.path, place.posted};
    return all;
}();

}  // namespace

bool Pages::may_see_all(const Incoming& incoming) const noexcept {
    // Somebody on this machine who only passes on what others ask speaks for those others.
    const bool passed_on = !incoming.head.forwarded_for.empty() ||
                           !http1::value_of(incoming.head.fields, "Forwarded").empty() ||
                           !http1::value_of(incoming.head.fields, "Via").empty();
    if ((incoming.peer.is_loopback() && !passed_on) || sources_.exposed) return true;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view given = http1::value_of(incoming.head.fields, "Authorization");
    return !sources_.token.empty() && given.size() > scheme.size() &&
           http1::same_name(given.substr(0, scheme.size()), scheme) &&
           same_secret(given.substr(scheme.size()), sources_.token);
}

Pages::Page Pages::page(const Incoming& incoming) const {
    const std::string_view target = incoming.head.path;
    const std::string_view path = target.substr(0, std::min(target.find('?'), target.size()));
    const std::optional<Place> place = place_of(path, sources_);
    if (!(place && place->from_anywhere) && !may_see_all(incoming))
        return {.fault = Fault{Reason::not_exposed, "ask from the machine itself, with the token, or set admin.expose"}};
    if (!place) return {.fault = Fault{Reason::not_found, "the front page / lists what there is"}};

    const std::string_view method = incoming.head.method;
    const bool allowed = place->posted ? method == "POST" : method == "GET" || method == "HEAD";
    if (!allowed)
        return {.allow = place->posted ? "POST" : "GET, HEAD",
                .fault = Fault{Reason::method_not_allowed, place->posted ? "use POST" : "use GET or HEAD"}};

    if (place->posted && from_another_site(incoming.head))
        return {.fault = Fault{Reason::not_exposed, "a page of another site asked for it"}};

    const std::string_view query = target.substr(std::min(path.size() + 1, target.size()));
    const health::Format format = health::format_of(query, http1::value_of(incoming.head.fields, "Accept"));
    const auto health_page = [format](const health::Page& shown) {
        const health::Document& document = shown.in(format);
        return Page{.status = document.status,
                    .content_type = health::content_type(format),
                    .body = document.body,
                    .cache_control = health::document_cache_control};
    };
    const auto pages = sources_.health.pages();
    switch (place->what) {
        case What::health: return health_page(pages->health);
        case What::live: return health_page(pages->live);
        case What::ready: return health_page(pages->ready);
        case What::startup: return health_page(pages->startup);
        case What::group: {
            const health::Page* group = pages->find(path.substr(groups.size()));
            return health_page(group ? *group : pages->health);   // no check ever goes away
        }
        case What::metrics: return {.scrape = wanted_form(incoming.head)};
        case What::front: return front(incoming.worker.scheduler.now());
        case What::config: return {.content_type = "application/json", .body = sources_.config_json};
        case What::spool: return {.content_type = "application/json", .body = sources_.spool_json()};
        case What::requests:
            return {.content_type = "application/json",
                    .body = requests_json(sources_.journal, query)};
        case What::upstreams: return {.content_type = "application/json", .body = sources_.upstreams_json()};
        case What::cardinality: return {.content_type = "application/json", .scrape = ScrapeForm{.cardinality = true}};
        case What::health_history: return {.content_type = "application/json", .body = history_json(sources_.health)};
        case What::heartbeat:
            sources_.heartbeats.find(path.substr(heartbeats.size()))->second->beat(incoming.worker.scheduler.now());
            return {.content_type = "text/plain; charset=utf-8", .body = "heard\n"};
        case What::drain_state: return {.content_type = "application/json", .body = to_json(sources_.drain_state())};
        case What::drain:
            sources_.drain(false);
            return {.status = 202, .content_type = "text/plain; charset=utf-8", .body = "draining\n"};
        case What::quit:
            sources_.drain(true);
            return {.status = 202, .content_type = "text/plain; charset=utf-8", .body = "draining, then ending\n"};
    }
    return {};
}

Pages::Page Pages::front(Instant now) const {
    const auto pages = sources_.health.pages();
    return {.content_type = "text/html; charset=utf-8",
            .body = front_page({.service = sources_.service,
                                .version = sources_.version,
                                .uptime = now - sources_.started,
                                .ready = pages->ready.status == 200,
                                .drain = sources_.drain_state(),
                                .health = pages->health.body,
                                .traffic = sources_.traffic.summary(),
                                .upstreams = sources_.upstreams(),
                                .links = links})};
}

Task<void> Pages::scrape(const Incoming& incoming, Page& page) const {
    const ScrapeForm form = *page.scrape;
    const Wait wait{after(incoming.worker.scheduler.now(), scrape_timeout(incoming.head)), &incoming.cancel,
                    Reason::overloaded};
    Result<Scraper::Bytes> made = co_await sources_.scraper.make(form, wait);
    if (!made) {
        page.fault = made.error();
        co_return;
    }
    page.made = std::move(*made);
    if (form.cardinality) co_return;
    page.content_type = metrics::content_type(form.format);
    page.gzip = form.gzip;
    page.vary = "Accept, Accept-Encoding";
}

// In pieces: the outbox copies what the caller does not take at once, and the loop has others to serve.
Task<Result<void>> Pages::send_body(Incoming& incoming, std::string_view body) const {
    constexpr std::size_t piece_max = 64 * 1024;
    for (bool first = true; !body.empty(); first = false) {
        if (!first) co_await Yield{incoming.worker.scheduler};
        const std::string_view piece = body.substr(0, piece_max);
        body.remove_prefix(piece.size());
        incoming.stream.write_body(piece);
        Result<void> sent = incoming.stream.push();
        const Wait wait{after(incoming.worker.scheduler.now(), sources_.idle), &incoming.cancel};
        if (sent) sent = co_await incoming.stream.drained(wait);
        if (!sent) co_return sent;
    }
    co_return Result<void>{};
}

Task<void> Pages::send(Incoming& incoming, Page page) const {
    const bool to_head = incoming.head.method == "HEAD";
    Result<void> sent;
    if (incoming.lifecycle.draining) incoming.stream.close_after_reply();
    if (page.fault) {
        const proxy::LocalReply reply{*page.fault, proxy::explain(*page.fault, {}, incoming.arena), {}};
        proxy::write_local_reply(reply, incoming.stream, incoming.arena, to_head, page.allow);
    } else {
        http1::ResponseHead head;
        head.status = page.status;
        head.reason_phrase = http1::reason_phrase(page.status);
        const std::string_view body = page.made ? *page.made : page.body;
        head.body = {http1::Framing::length, body.size()};
        // Four fields: there is room.
        (void)head.fields.add("Content-Type", page.content_type);
        if (page.gzip) (void)head.fields.add("Content-Encoding", "gzip");
        (void)head.fields.add("Cache-Control", page.cache_control);
        if (!page.vary.empty()) (void)head.fields.add("Vary", page.vary);
        incoming.stream.write_head(head, incoming.arena);
        if (!to_head) sent = co_await send_body(incoming, body);
        incoming.stream.end_body({});
    }
    if (sent) sent = incoming.stream.push();
    const Wait wait{after(incoming.worker.scheduler.now(), sources_.idle), &incoming.cancel};
    if (sent) sent = co_await incoming.stream.drained(wait);
    if (!sent) incoming.stream.reset();
}

Task<void> Pages::answer(Incoming& incoming) {
    // No page reads a body, so what follows it on the connection would be out of step; what follows CONNECT was meant for
    // its tunnel (RFC 9931).
    const http1::BodyPlan& body = incoming.head.body;
    if (body.framing == http1::Framing::chunked || body.length > 0 || incoming.head.method == "CONNECT")
        incoming.stream.close_after_reply();
    Page answered = page(incoming);
    if (answered.scrape && !answered.fault) co_await scrape(incoming, answered);
    co_await send(incoming, std::move(answered));
}

Task<void> Pages::refuse(Incoming& incoming, Fault fault) {
    incoming.stream.close_after_reply();
    Page refusal;   // named: g++ 12 destroys an aggregate temporary inside a co_await twice
    refusal.fault = fault;
    co_await send(incoming, std::move(refusal));
}

}  // namespace outrigger::admin
