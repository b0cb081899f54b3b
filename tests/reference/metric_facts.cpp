// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <outrigger/outrigger.hpp>

#include <outrigger/logging/shipping/shipper.hpp>
#include <outrigger/middleware/intake_counts.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::reference {
namespace {

using nlohmann::json;
using metrics::MetricFamily;
using metrics::Registry;
using namespace std::chrono_literals;

json labels_of(const MetricFamily& family) {
    std::set<std::string> names;
    const auto add = [&names](const auto& all) {
        for (const auto& series : all)
            for (const auto& [name, value] : series.labels.all()) names.emplace(name);
    };
    add(family.numbers);
    add(family.histograms);
    add(family.summaries);
    return names;
}

// The families of a registry that are not there already.
void append(json& facts, const std::string& of, const Registry& registry, std::set<std::string>& told) {
    for (const MetricFamily& family : registry.collect())
        if (told.insert(family.name).second)
            facts.push_back({{"of", of},
                             {"name", family.name},
                             {"type", to_string(family.type)},
                             {"help", family.help},
                             {"labels", labels_of(family)}});
}

// What every registry tells of itself; a cap and a refused value make it.
void fill_registry(Registry& registry) {
    registry.counter("made_total", "Made here.", metrics::labels("of")).with("this").increment(std::numeric_limits<double>::quiet_NaN());
}

constexpr metrics::HttpCall call{.route = {1, "/users/{id}"}, .status = 503, .reason = Reason::circuit_open,
                                 .duration = 1ms, .request_body = Bytes{1}, .response_body = Bytes{1}};

void fill_servers(Registry& registry) {
    metrics::HttpServerInstruments instruments = registry.http_server();
    auto recorder = instruments.recorder();
    const auto active = recorder.begin(metrics::http_method("GET"));
    const auto stream = recorder.begin_stream(metrics::StreamKind::upgrade);
    recorder.record(call);
    recorder.record_overhead(1ms);
    recorder.record_stream(metrics::StreamKind::upgrade, 1s);
}

void fill_clients(Registry& registry) {
    metrics::HttpClientInstruments instruments;
    auto recorder = instruments.recorder("users");
    const auto active = recorder.begin(metrics::http_method("GET"));
    recorder.record(call);
    registry.absorb(instruments.source());
}

void fill_policies(Registry& registry, const logging::Logger& log, std::vector<std::shared_ptr<void>>& kept) {
    using namespace resilience;
    auto users = std::make_shared<Pipeline<Timeout, Retry, Breaker>>(PipelineOptions{.name = "users"}, Timeout{}, Retry{},
                                                                     Breaker{});
    middleware::record(*users, registry, log);
    auto telemetry = std::make_shared<middleware::PolicyTelemetry>(registry, log);
    middleware::PolicyObserver& observer = telemetry->observer("users");
    observer.on(Event{CircuitHalfOpened{"users", 1}});
    observer.on(Event{CallRefused{"users", Fault{Reason::circuit_open}}});
    observer.on(Event{RetryScheduled{"users", 2, 1ms, Reason::connect_failed}});
    observer.on(Event{RetryAbandoned{"users", 3, Stop::budget_spent}});
    kept.push_back(std::move(users));
    kept.push_back(std::move(telemetry));
}

void fill_limits(Registry& registry, std::vector<std::shared_ptr<void>>& kept) {
    auto bulkhead = std::make_shared<resilience::ConcurrencyLimiter>(resilience::Bulkhead{});
    auto rate = std::make_shared<resilience::RateLimiter>(resilience::RateLimit{.rate = 1_per_second});
    registry.absorb(middleware::limit_metrics(*bulkhead, "users"));
    registry.absorb(middleware::limit_metrics(*rate, "users"));
    kept.push_back(std::move(bulkhead));
    kept.push_back(std::move(rate));
}

void fill_health(Registry& registry, std::vector<std::shared_ptr<void>>& kept) {
    auto health = std::make_shared<health::Registry>();
    health->ready("database", health::custom([] { return health::up(); }));
    while (health->transitions().empty()) std::this_thread::yield();   // a duration is there after the first run
    middleware::HealthChanges changes;
    changes.count({"database", health::Status::unchecked, health::Status::up, "", false});
    registry.absorb(middleware::health_metrics(*health));
    registry.absorb(changes.metrics());
    kept.push_back(std::move(health));
}

void fill_shipping(Registry& registry, const Clock& clock) {
    registry.absorb(middleware::shipping_metrics([] { return logging::ShipperStats{}; }, clock));
}

}   // namespace

json metric_facts() {
    const SystemClock clock;
    const logging::Logger log{{.service = "orders", .level = logging::Level::error}};
    const middleware::IntakeCounts counts;
    json facts = json::array();
    std::set<std::string> told{"made_total"};
    const auto group = [&](const std::string& of, auto&& fill) {
        std::vector<std::shared_ptr<void>> kept;   // ends after the registry
        Registry registry;
        fill(registry, kept);
        append(facts, of, registry, told);
    };
    group("Every page", [](Registry& registry, auto&) { fill_registry(registry); });
    group("Requests that are served", [](Registry& registry, auto&) { fill_servers(registry); });
    group("Calls to others", [](Registry& registry, auto&) { fill_clients(registry); });
    group("Policies", [&](Registry& registry, auto& kept) { fill_policies(registry, log, kept); });
    group("Limits", [](Registry& registry, auto& kept) { fill_limits(registry, kept); });
    group("Health", [](Registry& registry, auto& kept) { fill_health(registry, kept); });
    group("Logs", [&](Registry& registry, auto&) { fill_shipping(registry, clock); });
    group("The log intake", [&](Registry& registry, auto&) { registry.absorb(middleware::intake_metrics(counts)); });
    group("The process", [](Registry& registry, auto&) {
        registry.absorb(metrics::process_metrics());
        registry.absorb(metrics::build_info("1.0.0"));
    });
    return facts;
}

}   // namespace outrigger::reference
