// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <outrigger/outrigger.hpp>

#include <outrigger/core/manual_blocking_clock.hpp>
#include "tests/unit/logging/kept_records.hpp"

#include <nlohmann/json.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace outrigger::reference {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using logging::KeptRecords;

template <class Event>
std::string name_of(const Event&) {
    const std::unique_ptr<char, void (*)(void*)> whole{abi::__cxa_demangle(typeid(Event).name(), nullptr, nullptr, nullptr),
                                                       std::free};
    const std::string name{whole.get()};
    return name.substr(name.rfind(':') + 1);
}

// Tells events one after another and writes down what each leaves behind.
class Teller {
public:
    void tell(const std::string& of, const std::string& event, const std::function<void()>& happens) {
        const auto before = counters();
        happens();
        json metrics = json::array();
        for (const auto& [series, value] : counters())
            if (const auto old = before.find(series); value != (old == before.end() ? 0 : old->second)) metrics.push_back(series);
        const auto lines = kept->taken();
        for (const std::string& line : lines.empty() ? std::vector<std::string>{"{}"} : lines) {
            const json record = json::parse(line);
            facts.push_back({{"of", of},
                             {"event", event},
                             {"metrics", metrics},
                             {"level", record.value("log.level", "")},
                             {"action", record.value("/event/action"_json_pointer, "")},
                             {"message", record.value("message", "")}});
        }
    }

    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
    const logging::Logger log{{.service = "orders", .level = logging::Level::debug, .sinks = {kept}}};
    metrics::Registry registry;
    json facts = json::array();

private:
    // name{label="value"} without the upstream's and the check's name, which are not the event's.
    [[nodiscard]] std::map<std::string, double> counters() const {
        std::map<std::string, double> found;
        for (const metrics::MetricFamily& family : registry.collect())
            for (const metrics::NumberSeries& series : family.numbers) {
                std::string labels;
                for (const auto& [name, value] : series.labels.all())
                    if (name != "upstream" && name != "check") labels += std::string{labels.empty() ? "" : ","} + std::string{name} + "=\"" + std::string{value} + '"';
                found[family.name + (labels.empty() ? "" : "{" + labels + "}")] = series.value;
            }
        return found;
    }
};

std::vector<resilience::Event> policy_events() {
    using namespace resilience;
    using Forced = CircuitForced::To;
    return {CircuitOpened{"users", 1, OpenedBy::failure_rate, {.calls = 20, .failures = 12}, 5s},
            CircuitHalfOpened{"users", 2},
            CircuitClosed{"users", 3, 0s},
            CircuitClosed{"users", 4, 10s},
            CircuitForced{"users", 5, Forced::open},
            CircuitForced{"users", 6, Forced::closed},
            CircuitForced{"users", 7, Forced::released},
            CallRefused{"users", Fault{Reason::circuit_open}},
            AttemptEnded{"users", 1, Verdict::failure, Reason::connect_failed, 3ms},
            RetryScheduled{"users", 2, 25ms, Reason::connect_failed},
            RetryAbandoned{"users", 3, Stop::attempts_spent},
            RetryAbandoned{"users", 2, Stop::budget_spent},
            FellBack{"users", Reason::timeout},
            CallEnded{"users", 1, Reason::timeout, 2s}};
}

void tell_policies(Teller& teller) {
    middleware::PolicyTelemetry telemetry{teller.registry, teller.log};
    middleware::PolicyObserver& observer = telemetry.observer("users");
    std::set<std::size_t> kinds;
    for (const resilience::Event& event : policy_events()) {
        kinds.insert(event.index());
        std::visit([&](const auto& one) { teller.tell("Policies", name_of(one), [&] { observer.on(event); }); }, event);
    }
    if (kinds.size() != std::variant_size_v<resilience::Event>) throw std::logic_error{"a kind of event is not told"};
}

void tell_operations(Teller& teller) {
    const middleware::OperationalLog log{*teller.kept, "orders"};
    middleware::HealthChanges changes;
    teller.registry.absorb(changes.metrics());
    const auto tell = [&](const std::string& of, const auto& event) {
        teller.tell(of, name_of(event), [&] { log.emit(event, {}); });
    };
    for (const auto to : {health::Status::up, health::Status::degraded, health::Status::down}) {
        const health::CheckChanged event{"database", health::Status::unchecked, to, "", false};
        teller.tell("Health", name_of(event), [&] {
            log.emit(event, {});
            changes.count(event);
        });
    }
    tell("Health", health::WorkerChanged{"worker 1", true, 31s});
    tell("Health", health::WorkerChanged{"worker 1", false, {}});
    const std::string sidecar = "The sidecar";
    tell(sidecar, middleware::SidecarStarted{"1.0.0", "0.0.0.0:8080", "127.0.0.1:3000", "0.0.0.0:9901", 2});
    tell(sidecar, middleware::DrainBegan{"SIGTERM", 25s});
    tell(sidecar, middleware::DrainEnded{3s, 0});
    tell(sidecar, middleware::DrainEnded{25s, 3});
    tell(sidecar, middleware::AppMetricsChanged{true, ""});
    tell(sidecar, middleware::AppMetricsChanged{false, "The page is too large."});
    tell(sidecar, middleware::ShippingChanged{"logstash:8080", "logstash:8080 refused the connection"});
    tell(sidecar, middleware::ShippingChanged{"logstash:8080", ""});
}

// A shutdown in which one hook throws, one does not end, and for one there is no time.
void tell_lifecycle(Teller& teller) {
    ManualBlockingClock clock;
    std::uint64_t in_flight = 0;
    int hooks = 0;
    middleware::Lifecycle lifecycle{{.log = teller.log,
                                     .in_flight = [&in_flight] { return in_flight; },
                                     .delay = 0s,
                                     .timeouts = {.drain = 1s, .close = 1s, .after = 0s},
                                     .signals = {},
                                     .clock = &clock,
                                     .execute = [&hooks](const auto& run) { if (++hooks == 1) run(); }}};
    lifecycle.before("consumer", [] { throw std::runtime_error{"the queue is gone"}; });
    lifecycle.close("server", [] {});
    lifecycle.after("pool", [] {});
    in_flight = 2;
    teller.tell("Shutdown of a service", "Lifecycle", [&lifecycle] { (void)lifecycle.shutdown("SIGTERM"); });
}

}   // namespace

json event_facts() {
    Teller teller;
    tell_policies(teller);
    tell_operations(teller);
    tell_lifecycle(teller);
    return teller.facts;
}

}   // namespace outrigger::reference
