// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>
#include "lines.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

constexpr WallTime started =
    WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 10h + 12min + 18s + 123456us;

class Tunnel : public ::testing::Test {
protected:
    Tunnel() { registry.absorb(instruments.source()); }
    ExchangeTelemetry telemetry(AccessPolicy policy = AccessPolicy::all()) {
        return ExchangeTelemetry{recorder, lines.writer(), "orders", policy};
    }

    Lines lines;
    metrics::Registry registry;
    metrics::HttpServerInstruments instruments;
    metrics::HttpServerRecorder recorder = instruments.recorder();
};

TEST_F(Tunnel, that_was_closed_is_one_line_and_one_stream_and_no_exchange) {
    telemetry().emit(TunnelEnded{.client_ip = "10.0.0.9",
                                 .client_port = 51234,
                                 .endpoint = "127.0.0.1:3000",
                                 .received = Bytes{1234},
                                 .sent = Bytes{4567},
                                 .started = started,
                                 .duration = 3'299'999'999ns});
    EXPECT_EQ(lines.take(),
              R"({"@timestamp":"2026-11-20T10:12:18.123456Z","log.level":"info",)"
              R"("message":"HTTP/2 tunnel closed after 3.2 s: 1234 bytes in, 4567 bytes out","ecs.version":"9.4.0",)"
              R"("service":{"name":"orders"},"network":{"protocol":"http"},"http":{"version":"2"},)"
              R"("client":{"ip":"10.0.0.9","port":51234,"bytes":1234},"server":{"bytes":4567},)"
              R"("outrigger":{"endpoint":"127.0.0.1:3000"},"event":{"dataset":"outrigger.access","kind":"event",)"
              R"("category":["network"],"type":["connection","end"],"outcome":"success","duration":3299999999}})"
              "\n");
    const std::string page = registry.text_page();
    EXPECT_NE(page.find("outrigger_stream_duration_seconds_bucket{kind=\"http2\",le=\"5\"} 1\n"), std::string::npos);
    EXPECT_EQ(page.find("http_server_request_duration_seconds_count"), std::string::npos);
}

TEST_F(Tunnel, that_broke_tells_why) {
    telemetry().emit(TunnelEnded{.reason = Reason::connect_failed,
                                 .detail = "refused",
                                 .client_ip = "::1",
                                 .endpoint = "app:1",
                                 .started = started,
                                 .duration = 99ms});
    const std::string line = lines.take();
    EXPECT_NE(line.find(R"--("log.level":"warn","message":"HTTP/2 tunnel closed after 0.0 s: 0 bytes in, 0 bytes out)--"
                        R"--( (connect_failed)")--"),
              std::string::npos)
        << line;
    EXPECT_NE(line.find(R"("outrigger":{"reason":"connect_failed","detail":"refused","endpoint":"app:1"},)"),
              std::string::npos);
    EXPECT_NE(line.find(R"("outcome":"failure")"), std::string::npos);
}

TEST_F(Tunnel, s_longest_texts_of_the_worst_bytes_still_make_a_line) {
    const std::string worst(100'000, '\x01');
    ExchangeTelemetry long_name{recorder, lines.writer(), worst, AccessPolicy::all()};
    long_name.emit(TunnelEnded{.reason = Reason::upstream_protocol_error,
                               .detail = worst,
                               .client_ip = worst,
                               .client_port = 65535,
                               .endpoint = worst,
                               .received = Bytes{UINT64_MAX},
                               .sent = Bytes{UINT64_MAX},
                               .duration = Duration::max()});
    const std::string line = lines.take();
    EXPECT_GT(line.size(), 20'000U);
    EXPECT_EQ(line.substr(line.size() - 3), "}}\n");
}

TEST_F(Tunnel, s_line_follows_the_access_policy_its_figure_does_not) {
    telemetry(AccessPolicy::errors()).emit(TunnelEnded{.duration = 1s});
    EXPECT_EQ(lines.take(), "");
    EXPECT_NE(registry.text_page().find("outrigger_stream_duration_seconds_count{kind=\"http2\"} 1\n"),
              std::string::npos);
}

}  // namespace
}  // namespace outrigger::middleware
