// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/http_client.hpp>
#include "http_families.hpp"
#include "http_page.hpp"

#include <map>
#include <mutex>
#include <vector>

namespace outrigger::metrics {

class HttpClientSource final : public Source {
public:
    explicit HttpClientSource(std::uint32_t series_max) : budget_{std::make_shared<SeriesBudget>(series_max)} {}

    std::shared_ptr<HttpFamilies> of(const std::string& upstream) {
        const std::scoped_lock lock{mutex_};
        auto& families = upstreams_[upstream];
        if (!families) families = std::make_shared<HttpFamilies>(HttpSide::client, upstream, budget_);
        return families;
    }

    void collect(std::vector<MetricFamily>& into) const override {
        HttpPage page{HttpSide::client, budget_->series_max()};
        for (const auto& families : all()) page.add(families->shards(), families->upstream());
        std::move(page).append_to(into);
    }

private:
    std::vector<std::shared_ptr<HttpFamilies>> all() const {
        const std::scoped_lock lock{mutex_};
        std::vector<std::shared_ptr<HttpFamilies>> found;
        for (const auto& [name, families] : upstreams_) found.push_back(families);
        return found;
    }

    const std::shared_ptr<SeriesBudget> budget_;
    mutable std::mutex mutex_;   // recorders that begin, scrapes; never held while recording or collecting
    std::map<std::string, std::shared_ptr<HttpFamilies>> upstreams_;
};

HttpClientRecorder::~HttpClientRecorder() {
    if (families_) families_->give_back(*shard_);
}

ActiveRequest HttpClientRecorder::begin(HttpMethod method) noexcept {
    shard_->begin(method);
    return ActiveRequest{*shard_, method};
}

void HttpClientRecorder::record(const HttpCall& call) noexcept { shard_->record(call); }

HttpClientInstruments::HttpClientInstruments(HttpClientSettings settings)
    : source_{std::make_shared<HttpClientSource>(settings.series_max)} {}

HttpClientRecorder HttpClientInstruments::recorder(const std::string& upstream) {
    auto families = source_->of(upstream);
    HttpShard& shard = families->take();
    return HttpClientRecorder{std::move(families), shard};
}

std::shared_ptr<const Source> HttpClientInstruments::source() const { return source_; }

}  // namespace outrigger::metrics
