// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/pages.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <outrigger/core/manual_loop.hpp>

#include "sidecar/http1/server_stream.hpp"
#include "tests/unit/sidecar/peer.hpp"

namespace outrigger::admin {
namespace {

using namespace std::chrono_literals;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// What came back.
struct Answer {
    std::string head;
    std::string body;
    [[nodiscard]] int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }
    [[nodiscard]] bool has(std::string_view field_line) const {
        return contains(head, "\r\n" + std::string{field_line} + "\r\n");
    }
    [[nodiscard]] bool problem(std::string_view reason) const {
        return has("Content-Type: application/problem+json") &&
               contains(body, "\"reason\":\"" + std::string{reason} + "\"");
    }
};

class PagesTest : public testing::Test {
protected:
    PagesTest() : app{health.add("app")} {}
    ~PagesTest() override { loop.advance(24h); }

    // The answer to this request from this address.
    Answer ask(const std::string& request, std::size_t capacity = 1024 * 1024) {
        send(request, capacity);
        return received();
    }
    Answer get(const std::string& path, const std::string& lines = "") {
        return ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    }
    Answer other(const std::string& method, const std::string& path) {
        return ask(method + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    void send(const std::string& request, std::size_t capacity = 1024 * 1024) {
        exchange = std::make_unique<Exchange>(*this, capacity);
        exchange->caller.write(request);
        tasks.spawn(answering(*exchange));
        loop.run();
    }
    Answer received() {
        const std::string text = exchange->caller.read();
        const std::size_t end = text.find("\r\n\r\n");
        if (end == std::string::npos) return {text, ""};
        return {text.substr(0, end + 2), text.substr(end + 4)};
    }
    void from(const std::string& host) { peer = net::IpPort{net::resolve(host, 4711).value().front()}; }
    void make(bool exposed, std::string token) {
        pages.emplace(Sources{health, heartbeats, scraper, traffic, "orders", "1.2.3", loop.clock().now(), "{\"service\": \"orders\"}\n", exposed,
                              std::move(token), 60s, [] { return std::string{"{\"spool\":null}\n"}; },
                              [] { return std::string{"{\"upstreams\":[]}\n"}; },
                              [] { return std::vector<upstream::Summary>{}; }, journal,
                              [this](bool then_end) { drains.push_back(then_end); },
                              [this] { return drain_state; }});
    }

    struct Exchange {
        Exchange(PagesTest& test, std::size_t capacity) : arena{test.worker.pages} {
            auto [ours, theirs] = net::MemoryStream::pair(test.loop.scheduler(), capacity);
            connection = std::move(ours);
            caller = net::Peer{std::move(theirs)};
            inbox.emplace(*connection, test.worker.pages);
            stream.emplace(*connection, *inbox, test.limits);
        }
        net::Arena arena;
        std::unique_ptr<net::MemoryStream> connection;
        net::Peer caller;
        std::optional<http1::Inbox> inbox;
        std::optional<http1::ServerStream> stream;
        http1::RequestHead head;
        bool ended = false;
    };

    ManualLoop loop;
    net::Worker worker{loop.scheduler(), Rng{7}, {}, {}};
    http1::HeadLimits limits;
    health::Registry health;
    health::CheckHandle app;
    Heartbeats heartbeats;
    metrics::Registry metrics;
    ScrapeMetrics scrapes;
    Scraper scraper{metrics, scrapes, loop, loop.scheduler()};   // its desk is this loop
    metrics::HttpServerInstruments traffic;
    std::vector<bool> drains;
    ingress::Journal journal{{.slow = 1s}};
    DrainState drain_state;
    std::optional<Pages> pages;
    net::IpPort peer{net::resolve("127.0.0.1", 4711).value().front()};
    ingress::Lifecycle lifecycle;
    Cancel cancel;
    std::unique_ptr<Exchange> exchange;
    TaskGroup tasks;

    void SetUp() override { make(false, ""); }

private:
    Task<void> answering(Exchange& on) {
        Result<void> read = co_await on.stream->read_head(on.head, on.arena, worker.scratch, {});
        ingress::Incoming incoming{worker, *on.stream, on.head, on.arena,
                                   peer,   lifecycle,  cancel,  loop.clock().wall()};
        if (read)
            co_await pages->answer(incoming);
        else
            co_await pages->refuse(incoming, read.error());
        on.ended = true;
    }
};

struct Row {
    const char* path;
    const char* method;   // that it takes
    bool from_anywhere;
    int status;
    const char* type;
};
constexpr Row rows[]{
    {"/health", "GET", true, 503, "application/json; charset=utf-8"},
    {"/health/live", "GET", true, 200, "application/json; charset=utf-8"},
    {"/health/ready", "GET", true, 503, "application/json; charset=utf-8"},
    {"/health/startup", "GET", true, 503, "application/json; charset=utf-8"},
    {"/livez", "GET", true, 200, "application/json; charset=utf-8"},
    {"/readyz", "GET", true, 503, "application/json; charset=utf-8"},
    {"/startupz", "GET", true, 503, "application/json; charset=utf-8"},
    {"/metrics", "GET", true, 200, "text/plain; version=0.0.4; charset=utf-8"},
    {"/", "GET", false, 200, "text/html; charset=utf-8"},
    {"/api/config", "GET", false, 200, "application/json"},
    {"/api/metrics/cardinality", "GET", false, 200, "application/json"},
    {"/api/health", "GET", false, 200, "application/json"},
    {"/api/drain", "GET", false, 200, "application/json"},
    {"/drain", "POST", false, 202, "text/plain; charset=utf-8"},
    {"/quit", "POST", false, 202, "text/plain; charset=utf-8"},
};

TEST_F(PagesTest, each_page_answers_on_the_machine_itself_with_its_status_and_type) {
    for (const char* host : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"}) {
        from(host);
        for (const Row& row : rows) {
            const Answer answer = other(row.method, row.path);
            EXPECT_EQ(answer.status(), row.status) << row.path << " from " << host;
            EXPECT_TRUE(answer.has(std::string{"Content-Type: "} + row.type)) << row.path << "\n"
                                                                              << answer.head;
            EXPECT_TRUE(answer.has("Content-Length: " + std::to_string(answer.body.size()))) << row.path;
            EXPECT_FALSE(answer.body.empty()) << row.path;
            EXPECT_TRUE(exchange->stream->keeps_alive()) << row.path;
        }
    }
}

TEST_F(PagesTest, from_other_hosts_only_health_and_metrics_answer) {
    for (const char* host : {"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"}) {
        from(host);
        for (const Row& row : rows) {
            const Answer answer = other(row.method, row.path);
            EXPECT_EQ(answer.status(), row.from_anywhere ? row.status : 403) << row.path << " from " << host;
            if (!row.from_anywhere) {
                EXPECT_TRUE(answer.problem("not_exposed")) << row.path;
            }
        }
    }
    EXPECT_TRUE(drains.empty());
}

TEST_F(PagesTest, exposed_all_pages_answer_everywhere) {
    make(true, "");
    from("192.0.2.7");
    for (const Row& row : rows) EXPECT_EQ(other(row.method, row.path).status(), row.status) << row.path;
}

TEST_F(PagesTest, the_token_opens_all_pages_and_nothing_like_it_does) {
    make(false, "s3cret");
    from("192.0.2.7");
    EXPECT_EQ(get("/").status(), 403);
    EXPECT_EQ(get("/", "Authorization: Bearer s3cret\r\n").status(), 200);
    EXPECT_EQ(get("/", "authorization: bearer s3cret\r\n").status(), 200) << "schemes know no case";
    for (const char* value : {"Bearer s3creT", "Bearer s3cre", "Bearer s3cret1", "Bearer ", "Bearer",
                              "s3cret", "Basic s3cret", "Bearer  s3cret", "Bearers3cret"})
        EXPECT_EQ(get("/", std::string{"Authorization: "} + value + "\r\n").status(), 403) << value;
}

TEST_F(PagesTest, without_a_token_none_opens_anything) {
    from("192.0.2.7");
    EXPECT_EQ(get("/", "Authorization: Bearer \r\n").status(), 403);
    EXPECT_EQ(get("/", "Authorization: Bearer x\r\n").status(), 403);
}

TEST_F(PagesTest, a_wrong_method_is_told_which_ones_would_do) {
    for (const Row& row : rows) {
        const bool posted = std::string_view{row.method} == "POST";
        for (const char* method : {"PUT", "DELETE", "OPTIONS", "get", posted ? "GET" : "POST"}) {
            const Answer answer = other(method, row.path);
            EXPECT_EQ(answer.status(), 405) << method << " " << row.path;
            EXPECT_TRUE(answer.problem("method_not_allowed"));
            EXPECT_TRUE(answer.has(posted ? "Allow: POST" : "Allow: GET, HEAD")) << answer.head;
        }
    }
    EXPECT_TRUE(drains.empty());
}

TEST_F(PagesTest, another_site_s_page_cannot_end_the_process) {
    const auto quit = [this](const std::string& origin) {
        return ask("POST /quit HTTP/1.1\r\nHost: localhost:9901\r\n" + origin + "\r\n").status();
    };
    EXPECT_EQ(quit("Origin: https://elsewhere.example\r\n"), 403);
    EXPECT_EQ(quit("Origin: http://localhost:8080\r\n"), 403);
    EXPECT_EQ(quit("Origin: null\r\n"), 403);
    EXPECT_EQ(quit("Origin: http://localhost:9901\r\n"), 202);
    EXPECT_EQ(quit(""), 202);
}

TEST_F(PagesTest, what_is_not_there_is_not_found_but_only_where_all_may_be_seen) {
    for (const char* path :
         {"/x", "/health/", "/healthz", "//", "/metrics/x", "/api", "/HEALTH", "/drain/"}) {
        const Answer answer = get(path);
        EXPECT_EQ(answer.status(), 404) << path;
        EXPECT_TRUE(answer.problem("not_found")) << path;
    }
    from("192.0.2.7");
    EXPECT_EQ(get("/x").status(), 403) << "what exists is nobody's business";
    EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status(), 403);
    EXPECT_EQ(ask("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").status(), 403);
}

TEST_F(PagesTest, a_query_changes_nothing) {
    EXPECT_EQ(get("/health/live?verbose").status(), 200);
    EXPECT_EQ(get("/?").status(), 200);
}

TEST_F(PagesTest, head_gives_every_page_s_head_alone) {
    for (const Row& row : rows) {
        if (std::string_view{row.method} == "POST") {
            EXPECT_EQ(other("HEAD", row.path).status(), 405);
            continue;
        }
        if (std::string_view{row.path} == "/metrics") continue;   // its length changes
        const Answer whole = get(row.path);
        const Answer head = other("HEAD", row.path);
        EXPECT_EQ(head.head, whole.head) << row.path;
        EXPECT_EQ(head.body, "") << row.path;
        EXPECT_TRUE(exchange->stream->keeps_alive());
    }
    const Answer missing = other("HEAD", "/x");
    EXPECT_EQ(missing.status(), 404);
    EXPECT_EQ(missing.body, "");
}

TEST_F(PagesTest, health_shows_the_registry_as_it_stands) {
    EXPECT_TRUE(contains(get("/health/ready").body, "not checked yet"));
    (void)health.report(app, health::up(3ms));
    const Answer up = get("/health/ready");
    EXPECT_EQ(up.status(), 200);
    EXPECT_EQ(up.body, health.pages()->ready.body);
    EXPECT_TRUE(up.has("Cache-Control: no-cache, no-store, must-revalidate"));
    EXPECT_EQ(get("/health").body, health.pages()->health.body);
    for (const auto& [path, page] : {std::pair{"/readyz", &health::Pages::ready},
                                     {"/livez", &health::Pages::live},
                                     {"/startupz", &health::Pages::startup},
                                     {"/health/startup", &health::Pages::startup},
                                     {"/health/live", &health::Pages::live}})
        EXPECT_EQ(get(path).body, (*health.pages().*page).body) << path;
    (void)health.begin_drain();
    EXPECT_EQ(get("/health/ready").status(), 503);
    EXPECT_TRUE(contains(get("/health/ready").body, "shutting_down"));
    EXPECT_EQ(get("/health/live").status(), 200);
}

TEST_F(PagesTest, a_group_of_ones_own_has_a_page_that_all_may_see) {
    (void)health.report(health.add("search", {.group = health::Group::own, .page = "checkout"}), health::up());
    from("192.0.2.7");
    const Answer answer = get("/health/checkout");
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body, health.pages()->find("checkout")->body);
    EXPECT_EQ(get("/health/checkin").status(), 403);
    from("127.0.0.1");
    EXPECT_EQ(get("/health/checkin").status(), 404);
    EXPECT_EQ(other("POST", "/health/checkout").status(), 405);
}

TEST_F(PagesTest, health_speaks_the_format_that_is_asked_for) {
    (void)health.report(app, health::up(3ms));
    const auto expect = [&](const std::string& query, const std::string& lines, health::Format format) {
        const Answer answer = get("/health/ready" + query, lines);
        EXPECT_EQ(answer.body, health.pages()->ready.in(format).body) << query << lines;
        EXPECT_TRUE(answer.has("Content-Type: " + std::string{health::content_type(format)})) << answer.head;
        EXPECT_TRUE(answer.has("Cache-Control: no-cache, no-store, must-revalidate"));
    };
    expect("?format=spring", "", health::Format::spring);
    expect("?format=health-json&x=1", "", health::Format::health_json);
    expect("", "Accept: application/health+json\r\n", health::Format::health_json);
    expect("", "Accept: */*\r\n", health::Format::terminus12);
}

TEST_F(PagesTest, no_validator_makes_a_304_of_health) {
    const Answer answer = get("/health/live", "If-None-Match: *\r\nIf-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT\r\n");
    EXPECT_EQ(answer.status(), 200);
    EXPECT_FALSE(contains(answer.head, "ETag"));
}

TEST_F(PagesTest, a_job_reports_in_where_its_check_is) {
    const auto beats = std::make_shared<health::Heartbeat>(loop.clock().now());
    heartbeats.emplace("backup", beats);
    loop.advance(90s);
    EXPECT_EQ(other("POST", "/api/heartbeat/backup").status(), 200);
    EXPECT_EQ(beats->silence(loop.clock().now()), 0s);
    EXPECT_EQ(get("/api/heartbeat/backup").status(), 405);
    EXPECT_EQ(other("POST", "/api/heartbeat/other").status(), 404);
    from("192.0.2.7");
    EXPECT_EQ(other("POST", "/api/heartbeat/backup").status(), 403);
}

TEST_F(PagesTest, the_history_of_checks_is_told) {
    (void)health.report(app, health::down("refused"));
    EXPECT_EQ(get("/api/health").body, history_json(health));
}

TEST_F(PagesTest, drain_and_quit_differ_in_what_comes_after) {
    EXPECT_EQ(other("POST", "/drain").status(), 202);
    EXPECT_EQ(drains, (std::vector<bool>{false}));
    EXPECT_EQ(other("POST", "/quit").status(), 202);
    EXPECT_EQ(drains, (std::vector<bool>{false, true}));
}

TEST_F(PagesTest, the_drain_s_state_is_told) {
    drain_state = {.draining = true, .exchanges = 2};
    EXPECT_EQ(get("/api/drain").body, to_json(drain_state));
}

TEST_F(PagesTest, config_is_given_as_it_is) {
    EXPECT_EQ(get("/api/config").body, "{\"service\": \"orders\"}\n");
}

TEST_F(PagesTest, the_front_page_leads_to_all_others_and_shows_text_from_outside_as_text) {
    const Answer front = get("/");
    for (const Row& row : rows) {
        EXPECT_TRUE(contains(front.body, row.path)) << row.path;
    }
    EXPECT_TRUE(contains(front.body, "orders"));
    EXPECT_TRUE(contains(front.body, "1.2.3"));
    EXPECT_TRUE(contains(front.body, "not ready"));
    (void)health.report(app, health::down("<script>alert(1)</script> & more"));
    const std::string body = get("/").body;
    EXPECT_FALSE(contains(body, "<script>"));
    EXPECT_TRUE(contains(body, "&lt;script&gt;"));
    EXPECT_TRUE(contains(body, "&amp; more"));
}

TEST_F(PagesTest, the_front_page_shows_the_figures_of_this_moment) {
    auto recorder = traffic.recorder();
    recorder.record({.method = metrics::HttpMethod::get, .status = 200});
    loop.advance(67s);
    const std::string body = get("/").body;
    EXPECT_TRUE(contains(body, "<dd id=\"requests\">1</dd>"));
    EXPECT_TRUE(contains(body, "<span id=\"uptime\">1 min 7 s</span>"));
    drain_state.draining = true;
    EXPECT_TRUE(contains(get("/").body, ">draining</span>"));
}

TEST_F(PagesTest, metrics_come_as_the_scraper_likes_them) {
    const Answer text = get("/metrics");
    EXPECT_TRUE(contains(text.body, "# TYPE ")) << text.body;
    EXPECT_TRUE(text.has("Cache-Control: no-store"));
    EXPECT_TRUE(text.has("Vary: Accept, Accept-Encoding"));
    const Answer openmetrics =
        get("/metrics", "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n");
    EXPECT_TRUE(openmetrics.has("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    EXPECT_TRUE(openmetrics.body.ends_with("# EOF\n"));
    const Answer two =
        get("/metrics",
            "Accept: text/plain;q=0.1\r\nAccept: application/openmetrics-text\r\nAccept-Encoding: gzip\r\n");
    EXPECT_TRUE(two.has("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    EXPECT_TRUE(two.has("Content-Encoding: gzip"));
    EXPECT_TRUE(two.body.starts_with("\x1f\x8b"));
    EXPECT_TRUE(
        get("/metrics",
            "Accept: "
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited\r\n")
            .has("Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                 "encoding=delimited"));
}

TEST_F(PagesTest, a_large_page_goes_out_in_pieces) {
    class Large final : public metrics::Source {
        void collect(std::vector<metrics::MetricFamily>& into) const override {
            metrics::MetricFamily family{.name = "large", .help = "", .type = metrics::MetricType::gauge};
            for (int i = 0; i < 20'000; ++i)
                family.numbers.push_back({.labels = {{"i", std::to_string(i)}}, .value = 1});
            into.push_back(std::move(family));
        }
    };
    metrics.absorb(std::make_shared<Large>());
    send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 100'000);
    std::string text;
    for (std::string part = exchange->caller.read(); !part.empty(); part = exchange->caller.read()) {
        text += part;
        loop.run();
    }
    EXPECT_TRUE(exchange->ended);
    EXPECT_TRUE(contains(text, "\nlarge{i=\"19999\"} 1\n"));
    EXPECT_TRUE(exchange->stream->keeps_alive());
}

TEST_F(PagesTest, a_scrape_that_takes_too_long_is_answered_before_the_server_gives_up) {
    ManualLoop desk;   // which does nothing
    Scraper slow{metrics, scrapes, desk, loop.scheduler()};
    pages.emplace(Sources{health, heartbeats, slow, traffic, "orders", "1.2.3", loop.clock().now(), "", false, "", 60s, {}, {}, {}, journal, {}, {}});
    send("GET /metrics HTTP/1.1\r\nHost: a\r\nX-Prometheus-Scrape-Timeout-Seconds: 2\r\n\r\n");
    EXPECT_EQ(received().head, "");
    loop.advance(1799ms);
    EXPECT_EQ(received().head, "");
    loop.advance(1ms);
    const Answer answer = received();
    EXPECT_EQ(answer.status(), 503);
    EXPECT_TRUE(answer.problem("overloaded"));
    send("GET /metrics HTTP/1.1\r\nHost: a\r\nX-Prometheus-Scrape-Timeout-Seconds: nonsense\r\n\r\n");
    loop.advance(10s);
    EXPECT_EQ(received().status(), 503);
    desk.run();
    loop.run();
    desk.run();
}

TEST_F(PagesTest, while_draining_every_answer_closes_its_connection) {
    lifecycle.draining = true;
    EXPECT_TRUE(get("/health/live").has("Connection: close"));
    EXPECT_FALSE(exchange->stream->keeps_alive());
}

TEST_F(PagesTest, a_body_that_nobody_reads_closes_the_connection_behind_the_answer) {
    const Answer with_length = ask("POST /drain HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(with_length.status(), 202);
    EXPECT_TRUE(with_length.has("Connection: close"));
    EXPECT_TRUE(ask("POST /drain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                    .has("Connection: close"));
    EXPECT_FALSE(
        ask("POST /drain HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").has("Connection: close"));
    EXPECT_EQ(drains.size(), 3u);
}

TEST_F(PagesTest, what_follows_a_refused_tunnel_is_no_request) {
    EXPECT_TRUE(ask("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n").has("Connection: close"));
    EXPECT_FALSE(exchange->stream->keeps_alive());
}

TEST_F(PagesTest, what_is_no_http_is_refused) {
    const Answer answer = ask("nonsense\r\n\r\n");
    EXPECT_EQ(answer.status(), 400);
    EXPECT_TRUE(answer.problem("bad_request"));
    EXPECT_TRUE(answer.has("Connection: close"));
}

TEST_F(PagesTest, a_reader_that_takes_nothing_is_cut_after_the_idle_limit) {
    send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    EXPECT_FALSE(exchange->ended);
    loop.advance(60s - 1ns);
    EXPECT_FALSE(exchange->ended);
    loop.advance(1ns);
    EXPECT_TRUE(exchange->ended);
    EXPECT_TRUE(exchange->stream->was_reset());
}

TEST_F(PagesTest, a_slow_reader_gets_the_page_as_it_was_when_it_asked) {
    send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    const std::string expected = health.pages()->health.body;
    (void)health.report(app, health::up());
    std::string text;
    while (!exchange->ended) {
        text += exchange->caller.read();
        loop.run();
    }
    text += exchange->caller.read();
    EXPECT_TRUE(text.ends_with(expected)) << text;
}

TEST_F(PagesTest, a_cut_connection_ends_an_answer_in_progress) {
    send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    cancel.cancel(Fault{Reason::draining, "cut"});
    loop.run();
    EXPECT_TRUE(exchange->ended);
}

}   // namespace
}   // namespace outrigger::admin
