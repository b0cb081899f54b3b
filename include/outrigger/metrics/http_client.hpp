// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/http_call.hpp>
#include <outrigger/metrics/source.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// OpenTelemetry's stable HTTP client metrics in Prometheus form, as http_server.hpp has the server's:
//   http_client_request_duration_seconds     histogram
//   http_client_request_body_size_bytes      histogram
//   http_client_response_body_size_bytes     histogram
//     labels upstream, http_request_method, http_route, http_response_status_code, error_type
//   http_client_active_requests              gauge, labels upstream, http_request_method
// A call is what the caller asked for, all its attempts together; attempts are counted elsewhere. Without a reason of
// ours a status from 400 on is the error_type.
namespace outrigger::metrics {

class HttpFamilies;      // all recorders' shards of one upstream together
class HttpClientSource;  // all upstreams together

// One thread's (worker's) hand on the instruments of one upstream. Not thread-safe, as HttpServerRecorder.
class HttpClientRecorder {
public:
    HttpClientRecorder(HttpClientRecorder&&) noexcept = default;
    HttpClientRecorder(const HttpClientRecorder&) = delete;
    HttpClientRecorder& operator=(HttpClientRecorder&&) = delete;
    HttpClientRecorder& operator=(const HttpClientRecorder&) = delete;
    ~HttpClientRecorder();

    // One more call is running, until the returned value is destroyed.
    [[nodiscard]] ActiveRequest begin(HttpMethod method) noexcept;

    // Counts an ended call. Without memory for a new label set it lands in the `other` series.
    void record(const HttpCall& call) noexcept;

private:
    friend class HttpClientInstruments;
    HttpClientRecorder(std::shared_ptr<HttpFamilies> families, HttpShard& shard) noexcept
        : families_{std::move(families)}, shard_{&shard} {}

    std::shared_ptr<HttpFamilies> families_;
    HttpShard* shard_;
};

struct HttpClientSettings {
    // Distinct label sets that the process keeps, of all upstreams together; then as HttpServerSettings::series_max.
    std::uint32_t series_max = 500;
};

// The instruments of all upstreams of one process. Thread-safe.
class HttpClientInstruments {
public:
    // Throws std::invalid_argument for a series_max out of range.
    explicit HttpClientInstruments(HttpClientSettings settings = {});

    // A recorder for the calling thread or worker, for calls to this upstream. Names of upstreams come from a
    // configuration: there is no cap on them.
    [[nodiscard]] HttpClientRecorder recorder(const std::string& upstream);

    // What a Registry absorbs.
    [[nodiscard]] std::shared_ptr<const Source> source() const;

private:
    std::shared_ptr<HttpClientSource> source_;
};

}  // namespace outrigger::metrics
