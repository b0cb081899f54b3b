// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/rng.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include "general_line.hpp"
#include "lines.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

constexpr WallTime started =
    WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 10h + 12min + 18s + 123456us;

class Telemetry : public ::testing::Test {
protected:
    Telemetry() { registry.absorb(instruments.source()); }

    ExchangeTelemetry telemetry(AccessPolicy policy = AccessPolicy::all()) {
        return ExchangeTelemetry{recorder, lines.writer(), "orders", policy};
    }
    std::string line_of(const ExchangeEnded& event) {
        telemetry().emit(event);
        return lines.take();
    }

    Lines lines;
    metrics::Registry registry;
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder = instruments.recorder();
};

TEST_F(Telemetry, a_full_exchange_is_one_ecs_line) {
    const ExchangeEnded event{.method = "GET",
                              .path = "/users/7?view=full&x=%20",
                              .route = {3, "/users/{id}"},
                              .status = 200,
                              .request_id = "req-1",
                              .trace_id = "0af7651916cd43dd8448eb211c80319c",
                              .span_id = "b7ad6b7169203331",
                              .parent_span_id = "00f067aa0ba902b7",
                              .client_ip = "10.0.0.9",
                              .client_port = 51234,
                              .user_agent = "curl/7.88.1",
                              .host = "orders:8080",
                              .http_version = "1.1",
                              .endpoint = "127.0.0.1:3000",
                              .request_body = Bytes{0},
                              .response_body = Bytes{128},
                              .started = started,
                              .duration = 12'345'678ns};
    EXPECT_EQ(
        line_of(event),
        R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"info",)"
        R"("message":"GET /users/7 200 in 12.3 ms","ecs.version":"9.4.0","service":{"name":"orders"},)"
        R"("http":{"version":"1.1","request":{"id":"req-1","method":"GET","body":{"bytes":0}},)"
        R"("response":{"status_code":200,"body":{"bytes":128}}},)"
        R"("url":{"path":"/users/7","query":"view=full&x=%20","domain":"orders"},)"
        R"("client":{"ip":"10.0.0.9","port":51234},"user_agent":{"original":"curl/7.88.1"},)"
        R"("trace":{"id":"0af7651916cd43dd8448eb211c80319c"},"span":{"id":"b7ad6b7169203331"},)"
        R"("outrigger":{"route":"/users/{id}","endpoint":"127.0.0.1:3000","parent_span":"00f067aa0ba902b7"},)"
        R"("event":{"dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"],)"
        R"("outcome":"success","duration":12345678}})"
        "\n");
}

TEST_F(Telemetry, a_refused_exchange_tells_its_reason_in_line_and_metrics_alike) {
    const ExchangeEnded event{.method = "POST",
                              .path = "/",
                              .status = 502,
                              .reason = Reason::connect_failed,
                              .detail = "127.0.0.1:3000 refused the connection",
                              .started = started,
                              .duration = 700us};
    EXPECT_EQ(line_of(event),
              R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"error",)"
              R"--("message":"POST / 502 in 0.7 ms (connect_failed)",)--"
              R"("ecs.version":"9.4.0","service":{"name":"orders"},)"
              R"("http":{"request":{"method":"POST"},"response":{"status_code":502}},"url":{"path":"/"},)"
              R"("outrigger":{"reason":"connect_failed","detail":"127.0.0.1:3000 refused the connection"},)"
              R"("event":{"dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"],)"
              R"("outcome":"failure","duration":700000}})"
              "\n");
    EXPECT_NE(
        registry.text_page().find("http_server_request_duration_seconds_count{http_request_method=\"POST\","
                                  "http_response_status_code=\"502\",error_type=\"connect_failed\"} 1\n"),
        std::string::npos);
}

TEST_F(Telemetry, a_caller_that_left_before_any_answer_has_no_status) {
    EXPECT_EQ(line_of({.method = "BREW", .path = "/", .reason = Reason::caller_left, .started = started}),
              R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"warn",)"
              R"--("message":"BREW / - in 0.0 ms (caller_left)",)--"
              R"("ecs.version":"9.4.0","service":{"name":"orders"},)"
              R"("http":{"request":{"method":"BREW"}},"url":{"path":"/"},"outrigger":{"reason":"caller_left"},)"
              R"("event":{"dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"],)"
              R"("outcome":"failure","duration":0}})"
              "\n");
    EXPECT_NE(
        registry.text_page().find("_count{http_request_method=\"_OTHER\",error_type=\"caller_left\"} 1\n"),
        std::string::npos);
}

TEST_F(Telemetry, the_level_follows_the_answer) {
    const auto level = [this](int status, std::optional<Reason> reason) {
        const std::string line = line_of({.method = "GET", .path = "/", .status = status, .reason = reason});
        const auto at = line.find("\"log.level\":\"") + 13;
        return line.substr(at, line.find('"', at) - at);
    };
    EXPECT_EQ(level(200, {}), "info");
    EXPECT_EQ(level(404, {}), "info");                   // the app's own answer
    EXPECT_EQ(level(400, Reason::bad_request), "warn");  // ours
    EXPECT_EQ(level(500, {}), "error");
    EXPECT_EQ(level(503, Reason::draining), "error");
}

TEST_F(Telemetry, a_domain_is_a_host_without_its_port) {
    const auto domain = [this](std::string_view host) {
        const std::string line = line_of({.method = "GET", .path = "/", .status = 200, .host = host});
        const auto at = line.find("\"domain\":\"") + 10;
        return line.substr(at, line.find('"', at) - at);
    };
    EXPECT_EQ(domain("example"), "example");
    EXPECT_EQ(domain("example:80"), "example");
    EXPECT_EQ(domain("[::1]"), "[::1]");
    EXPECT_EQ(domain("[::1]:80"), "[::1]");
}

TEST_F(Telemetry, what_a_caller_sends_can_break_no_line) {
    const std::string line =
        line_of({.method = "G\"T", .path = "/\n\xff?\x01", .status = 200, .user_agent = "a\\"});
    EXPECT_NE(line.find(R"("message":"G\"T /\n)"
                        "\xef\xbf\xbd"
                        R"( 200 in 0.0 ms")"),
              std::string::npos);
    EXPECT_NE(line.find(R"("path":"/\n)"
                        "\xef\xbf\xbd"
                        R"(","query":"\u0001")"),
              std::string::npos);
    EXPECT_NE(line.find(R"("original":"a\\")"), std::string::npos);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST_F(Telemetry, the_longest_texts_of_the_worst_bytes_still_make_a_line) {
    const std::string worst(100'000, '\x01');
    const std::string path = worst + "?" + worst;
    const std::string line = line_of({.method = worst,
                                      .path = path,
                                      .route = {1, worst},
                                      .status = 200,
                                      .reason = Reason::upstream_protocol_error,
                                      .detail = worst,
                                      .request_id = worst,
                                      .trace_id = worst,
                                      .span_id = worst,
                                      .parent_span_id = worst,
                                      .client_ip = worst,
                                      .client_port = 65535,
                                      .user_agent = worst,
                                      .host = worst,
                                      .http_version = worst,
                                      .endpoint = worst,
                                      .request_body = Bytes{UINT64_MAX},
                                      .response_body = Bytes{UINT64_MAX},
                                      .duration = Duration::max()});
    EXPECT_GT(line.size(), 40'000U);
    EXPECT_LE(line.size(), ExchangeTelemetry::line_max.count());
    EXPECT_EQ(line.substr(line.size() - 3), "}}\n");
}

// Events of every shape: each part may be missing, and each text may hold what must be escaped.
class AnyEvent {
public:
    explicit AnyEvent(Rng& rng) : rng_{rng} {
        for (std::string& text : texts_) text = any_text();
        texts_[0].resize(std::min<std::size_t>(texts_[0].size(), 32));   // a longer method is cut
    }
    [[nodiscard]] ExchangeEnded event() {
        return {.method = once_in(2) ? std::string_view{"GET"} : texts_[0],
                .path = texts_[1],
                .route = {static_cast<std::uint32_t>(rng_.below(4)), texts_[2]},
                .status = static_cast<int>(once_in(4) ? 0 : 100 + rng_.below(500)),
                .reason = maybe(Reason::timeout),
                .detail = texts_[3],
                .request_id = texts_[4],
                .trace_id = texts_[5],
                .span_id = texts_[6],
                .parent_span_id = texts_[7],
                .client_ip = texts_[8],
                .client_port = static_cast<std::uint16_t>(once_in(4) ? 0 : rng_()),
                .user_agent = texts_[9],
                .host = texts_[10],
                .http_version = once_in(2) ? std::string_view{"1.1"} : texts_[11],
                .endpoint = texts_[12],
                .request_body = maybe(Bytes{rng_() >> rng_.below(64)}),
                .response_body = maybe(Bytes{rng_() >> rng_.below(64)}),
                .started = started + Duration{static_cast<std::int64_t>(rng_() >> 8)},
                .duration = any_duration(),
                .stream = maybe(metrics::StreamKind::upgrade),
                .stream_duration = any_duration()};
    }

private:
    [[nodiscard]] bool once_in(std::uint64_t count) { return rng_.below(count) == 0; }
    template <class T>
    [[nodiscard]] std::optional<T> maybe(T value) {
        return once_in(2) ? std::optional{value} : std::nullopt;
    }
    [[nodiscard]] Duration any_duration() {
        const auto length = static_cast<std::int64_t>(rng_() >> (1 + rng_.below(63)));
        return Duration{once_in(8) ? -length : length};
    }
    // ASCII only, half of them: what is cut within a UTF-8 sequence is another test's matter.
    [[nodiscard]] std::string any_text() {
        constexpr std::string_view seldom = "\"\\\n\x01?:[],\xff\xc3\xa9";
        std::string text(once_in(4) ? 0 : rng_.below(60), ' ');
        const bool wild = once_in(2);
        for (char& c : text)
            c = wild && once_in(8) ? seldom[rng_.below(seldom.size())] : static_cast<char>('#' + rng_.below(50));
        return text;
    }

    Rng& rng_;
    std::array<std::string, 13> texts_;
};

TEST_F(Telemetry, every_line_is_what_the_general_writer_would_make_of_it) {
    Rng rng{2026};
    auto worker = telemetry();
    for (int batch = 0; batch < 100; ++batch) {
        std::vector<std::string> expected;
        for (int i = 0; i < 50; ++i) {
            AnyEvent any{rng};
            const ExchangeEnded event = any.event();
            worker.emit(event);
            expected.push_back(GeneralLine{event}.text());
        }
        const std::string written = lines.take();
        std::size_t from = 0;
        for (const std::string& line : expected) {
            ASSERT_EQ(written.substr(from, line.size()), line);
            from += line.size();
        }
        ASSERT_EQ(from, written.size());
    }
}

TEST_F(Telemetry, an_exchange_that_is_sampled_out_is_still_counted) {
    auto silent = telemetry(AccessPolicy::sampled(0_percent, 1s));
    silent.emit(
        {.method = "GET", .path = "/", .status = 200, .trace_id = "0af7651916cd43dd8448eb211c80319c"});
    EXPECT_EQ(lines.take(), "");
    EXPECT_NE(
        registry.text_page().find("http_server_request_duration_seconds_count{http_request_method=\"GET\","
                                  "http_response_status_code=\"200\"} 1\n"),
        std::string::npos);
    silent.emit(
        {.method = "GET", .path = "/", .status = 500, .trace_id = "0af7651916cd43dd8448eb211c80319c"});
    EXPECT_NE(lines.take(), "");
}

TEST_F(Telemetry, the_overhead_is_counted_when_it_was_measured) {
    (void)line_of({.method = "GET", .path = "/", .status = 200});
    EXPECT_EQ(registry.text_page().find("outrigger_overhead_seconds"), std::string::npos);
    (void)line_of({.method = "GET", .path = "/", .status = 200, .overhead = 60us});
    EXPECT_NE(registry.text_page().find("outrigger_overhead_seconds_bucket{le=\"1e-04\"} 1\n"), std::string::npos);
}

TEST_F(Telemetry, an_event_stream_is_told_in_the_exchange_s_line_and_in_its_own_histogram) {
    const std::string line = line_of({.method = "GET",
                                      .path = "/events",
                                      .status = 200,
                                      .duration = 5ms,
                                      .stream = metrics::StreamKind::event_stream,
                                      .stream_duration = 90s});
    EXPECT_NE(line.find(R"("message":"GET /events 200 in 5.0 ms")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("outrigger":{"stream":{"kind":"event_stream","duration":90000000000}},)"),
              std::string::npos)
        << line;
    const std::string series = "outrigger_stream_duration_seconds_bucket{kind=\"event_stream\",le=";
    EXPECT_NE(registry.text_page().find(series + "\"60\"} 0\n"), std::string::npos);
    EXPECT_NE(registry.text_page().find(series + "\"300\"} 1\n"), std::string::npos);
}

TEST_F(Telemetry, a_stream_that_has_begun_is_active_until_its_guard_goes) {
    auto worker = telemetry();
    const std::string name = "outrigger_streams_active{kind=\"upgrade\"} ";
    {
        const auto active = worker.stream_began(metrics::StreamKind::upgrade);
        EXPECT_NE(registry.text_page().find(name + "1\n"), std::string::npos);
    }
    EXPECT_NE(registry.text_page().find(name + "0\n"), std::string::npos);
}

TEST_F(Telemetry, an_exchange_that_has_begun_is_active_until_its_guard_goes) {
    auto worker = telemetry();
    const std::string name = "http_server_active_requests{http_request_method=\"PUT\"} ";
    {
        const auto active = worker.begin("PUT");
        EXPECT_NE(registry.text_page().find(name + "1\n"), std::string::npos);
    }
    EXPECT_NE(registry.text_page().find(name + "0\n"), std::string::npos);
}

}  // namespace
}  // namespace outrigger::middleware
