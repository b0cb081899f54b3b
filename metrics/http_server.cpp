// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_server.hpp>
#include "http_server_families.hpp"

#include <stdexcept>

namespace outrigger::metrics {
namespace {

constexpr std::uint32_t series_most = 100'000;

std::uint32_t checked(std::uint32_t series_max) {
    if (series_max >= 1 && series_max <= series_most) return series_max;
    throw std::invalid_argument("series_max is " + std::to_string(series_max) + "; allowed are 1 to 100000");
}

}  // namespace

ActiveRequest::~ActiveRequest() {
    if (shard_ != nullptr) shard_->end(method_);
}

ActiveStream::~ActiveStream() {
    if (shard_ != nullptr) shard_->end_stream(kind_);
}

HttpServerRecorder::~HttpServerRecorder() {
    if (families_) families_->give_back(*shard_);
}

ActiveRequest HttpServerRecorder::begin(HttpMethod method) noexcept {
    shard_->begin(method);
    return ActiveRequest{*shard_, method};
}

void HttpServerRecorder::record(const HttpServerCall& call) noexcept { shard_->record(call); }

void HttpServerRecorder::record_overhead(Duration overhead) noexcept { shard_->record_overhead(overhead); }

ActiveStream HttpServerRecorder::begin_stream(StreamKind kind) noexcept {
    shard_->begin_stream(kind);
    return ActiveStream{*shard_, kind};
}

void HttpServerRecorder::record_stream(StreamKind kind, Duration duration) noexcept {
    shard_->record_stream(kind, duration);
}

HttpServerInstruments::HttpServerInstruments(HttpServerSettings settings)
    : families_{std::make_shared<HttpServerFamilies>(checked(settings.series_max))} {}

HttpServerRecorder HttpServerInstruments::recorder() {
    return HttpServerRecorder{families_, families_->take()};
}

std::uint64_t HttpServerInstruments::active() const { return families_->active(); }

HttpServerSummary HttpServerInstruments::summary() const { return families_->summary(); }

std::shared_ptr<prometheus::Collectable> HttpServerInstruments::collectable() const { return families_; }

}  // namespace outrigger::metrics
