// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/core/clock.hpp>
#include <outrigger/metrics/http_call.hpp>
#include <outrigger/metrics/source.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

// OpenTelemetry's stable HTTP server metrics in Prometheus form:
//   http_server_request_duration_seconds     histogram
//   http_server_request_body_size_bytes      histogram
//   http_server_response_body_size_bytes     histogram
//     labels http_request_method, http_route, http_response_status_code, error_type; one that does not apply
//     to an exchange is left out of its series, never empty
//   http_server_active_requests              gauge, label http_request_method
// Past the cap an observation is in the series whose labels all say `other`; MetricFamily::folded counts it, which a
// Registry shows as outrigger_series_overflow_total{family}.
// and ours, for a proxy; each is there once something was recorded for it:
//   outrigger_overhead_seconds               histogram: an exchange's time not spent waiting for a peer, a queue or a
//                                            pause
//   outrigger_streams_active                 gauge, label kind
//   outrigger_stream_duration_seconds        histogram, label kind: how long streams went on
namespace outrigger::metrics {

// Upper bounds of the overhead's buckets, in nanoseconds: microseconds are what a proxy takes; what takes more than a
// few milliseconds is a loop that was kept busy.
inline constexpr std::array<std::uint64_t, 12> overhead_bounds{
    10'000,    25'000,    50'000,    100'000,    250'000,    500'000,
    1'000'000, 2'500'000, 5'000'000, 10'000'000, 25'000'000, 100'000'000};

// Upper bounds of the streams' buckets, in nanoseconds: from a second to four hours.
inline constexpr std::array<std::uint64_t, 8> stream_duration_bounds{
    1'000'000'000,   5'000'000'000,   15'000'000'000,    60'000'000'000,
    300'000'000'000, 900'000'000'000, 3'600'000'000'000, 14'400'000'000'000};

// What goes on after the head of a reply, or without one: events of a text/event-stream, a connection that was
// upgraded (WebSocket), an HTTP/2 connection that is relayed as it is, a connection that CONNECT asked for.
enum class StreamKind : std::uint8_t { event_stream, upgrade, http2, connect };
inline constexpr std::array stream_kinds{StreamKind::event_stream, StreamKind::upgrade, StreamKind::http2,
                                         StreamKind::connect};
[[nodiscard]] constexpr std::string_view to_string(StreamKind kind) noexcept {
    switch (kind) {
        case StreamKind::event_stream: return "event_stream";
        case StreamKind::upgrade: return "upgrade";
        case StreamKind::http2: return "http2";
        case StreamKind::connect: return "connect";
    }
    return "";
}

struct HttpServerSummary;  // http_server_summary.hpp
class HttpFamilies;        // all recorders' shards together

// Takes back what HttpServerRecorder::begin_stream() added to outrigger_streams_active. As ActiveRequest.
class ActiveStream {
public:
    ActiveStream() noexcept = default;
    ActiveStream(const ActiveStream&) = delete;
    ActiveStream& operator=(const ActiveStream&) = delete;
    ActiveStream(ActiveStream&& from) noexcept : shard_{std::exchange(from.shard_, nullptr)}, kind_{from.kind_} {}
    ActiveStream& operator=(ActiveStream&& from) noexcept {
        std::swap(shard_, from.shard_);
        std::swap(kind_, from.kind_);
        return *this;
    }
    ~ActiveStream();

private:
    friend class HttpServerRecorder;
    ActiveStream(HttpShard& shard, StreamKind kind) noexcept : shard_{&shard}, kind_{kind} {}

    HttpShard* shard_ = nullptr;
    StreamKind kind_ = StreamKind::event_stream;
};

// One thread's (worker's) hand on the instruments. Not thread-safe: its cells have a single writer, which is
// why recording takes no lock and no atomic read-modify-write, and allocates only when it meets a label set
// for the first time. What it recorded stays counted when it ends.
class HttpServerRecorder {
public:
    HttpServerRecorder(HttpServerRecorder&&) noexcept = default;
    HttpServerRecorder(const HttpServerRecorder&) = delete;
    HttpServerRecorder& operator=(HttpServerRecorder&&) = delete;
    HttpServerRecorder& operator=(const HttpServerRecorder&) = delete;
    ~HttpServerRecorder();

    // One more exchange is running, until the returned value is destroyed.
    [[nodiscard]] ActiveRequest begin(HttpMethod method) noexcept;

    // Counts an ended exchange. Without memory for a new label set it lands in the `other` series.
    void record(const HttpCall& call) noexcept;

    // The part of an exchange's time that was our own; negative counts as zero.
    void record_overhead(Duration overhead) noexcept;

    // One more stream goes on, until the returned value is destroyed.
    [[nodiscard]] ActiveStream begin_stream(StreamKind kind) noexcept;
    // How long one went on; negative counts as zero.
    void record_stream(StreamKind kind, Duration duration) noexcept;

private:
    friend class HttpServerInstruments;
    HttpServerRecorder(std::shared_ptr<HttpFamilies> families, HttpShard& shard) noexcept
        : families_{std::move(families)}, shard_{&shard} {}

    std::shared_ptr<HttpFamilies> families_;
    HttpShard* shard_;
};

struct HttpServerSettings {
    // Distinct label sets that the process keeps. One more than that and the observation goes to the single
    // series whose method, route and status are all "other". 1 to 100,000.
    std::uint32_t series_max = 500;
};

// The instruments of one process (or one server in it). Thread-safe.
class HttpServerInstruments {
public:
    // Throws std::invalid_argument for a series_max out of range.
    explicit HttpServerInstruments(HttpServerSettings settings = {});

    // A recorder for the calling thread or worker. It keeps the instruments' data alive.
    [[nodiscard]] HttpServerRecorder recorder();

    // How many exchanges have begun and not ended, of all recorders.
    [[nodiscard]] std::uint64_t active() const;

    // What they come to, for a page that people read: the same cells that a scrape reads.
    [[nodiscard]] HttpServerSummary summary() const;

    // What a Registry absorbs. A scrape reads the recorders' cells without stopping them: an exchange that is
    // being recorded may already be in the count and not yet in the sum.
    [[nodiscard]] std::shared_ptr<const Source> source() const;

private:
    std::shared_ptr<HttpFamilies> families_;
};

}  // namespace outrigger::metrics
