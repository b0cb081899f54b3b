// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_server.hpp>
#include "http_families.hpp"

namespace outrigger::metrics {
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

void HttpServerRecorder::record(const HttpCall& call) noexcept { shard_->record(call); }

void HttpServerRecorder::record_overhead(Duration overhead) noexcept { shard_->record_overhead(overhead); }

ActiveStream HttpServerRecorder::begin_stream(StreamKind kind) noexcept {
    shard_->begin_stream(kind);
    return ActiveStream{*shard_, kind};
}

void HttpServerRecorder::record_stream(StreamKind kind, Duration duration) noexcept {
    shard_->record_stream(kind, duration);
}

HttpServerInstruments::HttpServerInstruments(HttpServerSettings settings)
    : families_{std::make_shared<HttpFamilies>(settings.series_max)} {}

HttpServerRecorder HttpServerInstruments::recorder() {
    return HttpServerRecorder{families_, families_->take()};
}

std::uint64_t HttpServerInstruments::active() const { return families_->active(); }

HttpServerSummary HttpServerInstruments::summary() const { return families_->summary(); }

std::shared_ptr<const Source> HttpServerInstruments::source() const { return families_; }

}  // namespace outrigger::metrics
