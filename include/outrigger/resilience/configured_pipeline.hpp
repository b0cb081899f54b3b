// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include <outrigger/resilience/pipeline.hpp>

namespace outrigger::resilience {

using PolicySettings = std::variant<Timeout, Retry, Breaker, Bulkhead, RateLimit>;

// A pipeline whose policies are known only at run time, from a configuration; otherwise the same, at the price of a
// branch per policy.
class ConfiguredPipeline final : public detail::PipelineFrame<ConfiguredPipeline> {
public:
    // Outermost first. Throws std::invalid_argument with a sentence if a policy's settings make no sense.
    ConfiguredPipeline(PipelineOptions options, const std::vector<PolicySettings>& policies)
        : PipelineFrame{std::move(options)} {
        bool inside_retry = false;
        for (const PolicySettings& settings : policies) {
            std::visit([&](const auto& one) { add(one, inside_retry); }, settings);
            inside_retry = inside_retry || std::holds_alternative<Retry>(settings);
        }
    }

    // The state of the outermost policy with these settings; null: there is none.
    template <class Settings>
    [[nodiscard]] auto* policy() noexcept {
        using Stage = detail::stage_for<Settings>;
        for (AnyStage& stage : stages_)
            if (auto* one = std::get_if<Stage>(&stage)) return &one->policy();
        return static_cast<decltype(&std::declval<Stage&>().policy())>(nullptr);
    }

    [[nodiscard]] Plan plan() const {
        Plan plan;
        for (const AnyStage& stage : stages_) plan.push_back(std::visit([](const auto& one) { return one.plan(); }, stage));
        return plan;
    }

private:
    friend detail::PipelineFrame<ConfiguredPipeline>;
    using AnyStage = std::variant<detail::TimeoutStage, detail::RetryStage, detail::BreakerStage, detail::BulkheadStage,
                                  detail::RateLimitStage>;

    template <class Settings>
    void add(const Settings& settings, bool inside_retry) {
        stages_.emplace_back(std::in_place_type<detail::stage_for<Settings>>,
                             detail::StageOf<Settings>{settings, name_, relay_, inside_retry});
    }

    // The way on from a stage.
    template <class R, class Driver, class Function>
    struct Next {
        detail::driven<Driver, R> operator()() { return pipeline.template step<R>(at, call, driver, function); }
        ConfiguredPipeline& pipeline;
        std::size_t at;
        detail::Passage& call;
        Driver& driver;
        Function& function;
    };
    template <class R, class Driver, class Function>
    detail::driven<Driver, R> first_step(detail::Passage& call, Driver& driver, Function& function) {
        return step<R>(0, call, driver, function);
    }
    template <class R, class Driver, class Function>
    detail::driven<Driver, R> step(std::size_t at, detail::Passage& call, Driver& driver, Function& function) {
        if (at == stages_.size()) return detail::perform(call, driver, function);
        const Next<R, Driver, Function> next{*this, at + 1, call, driver, function};
        return std::visit([&](auto& stage) { return detail::drive(stage, call, driver, next); }, stages_[at]);
    }

    std::deque<AnyStage> stages_;   // which never moves them
    detail::Kept kept_;             // ends first: it may look at the stages
};

}  // namespace outrigger::resilience
