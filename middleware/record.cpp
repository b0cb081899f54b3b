// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/record.hpp>

#include <outrigger/middleware/policy_telemetry.hpp>

namespace outrigger::middleware::detail {
namespace {

class Recorder final : public resilience::Observer {
public:
    Recorder(const std::string& upstream, metrics::Registry& registry, const logging::Logger& log,
             resilience::Observer* next)
        : telemetry_{registry, log}, policies_{telemetry_.observer(upstream)}, next_{next} {}

    void on(const resilience::Event& event) noexcept override {
        policies_.on(event);
        if (next_) next_->on(event);
    }

private:
    PolicyTelemetry telemetry_;
    PolicyObserver& policies_;
    resilience::Observer* const next_;
};

}   // namespace

std::shared_ptr<resilience::Observer> policy_recorder(const std::string& upstream, metrics::Registry& registry,
                                                      const logging::Logger& log, resilience::Observer* next) {
    return std::make_shared<Recorder>(upstream, registry, log, next);
}

}   // namespace outrigger::middleware::detail
