// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <outrigger/core/system_blocking_clock.hpp>
#include <outrigger/resilience/stages.hpp>

// Policies around a call, outermost first:
//
//     auto users = pipeline("users", Timeout{.limit = 2s},
//                                    Retry{.attempts = 3, .per_try_timeout = 600ms},
//                                    Breaker{.failure_rate = 0.5});
//     Result<User> user = users.run([&](Call& call) { return fetch_user(id, call.deadline()); });
//
// A function may return T, Result<T> or nothing; on an event loop it returns a Task of one of these. Refusals and
// failures are values. The only exceptions that leave run() are the function's own: one counts as a failure, is retried
// like one, and goes on to the caller if it ended the last attempt, unless a fallback answered, or the caller's leaving or a
// deadline that passed explains it. (And those of Classify and Fallback functions, and of copying a value.)
//
// Thread-safe: one pipeline is shared by all who call the same callee; a pipeline per call would know nothing. It can be
// neither copied nor moved, must outlive its calls, starts no thread, and allocates nothing per blocking call. Its
// policies are driven on the caller's thread.
namespace outrigger::resilience {

struct PipelineOptions {
    std::string name;                  // in events and explanations
    BlockingClock* clock = nullptr;    // for blocking calls: thread-safe, outlives the pipeline; null: the machine's
    std::uint64_t seed = 0;            // of the chance in pauses and rests; 0: another one in each process
    Observer* observer = nullptr;
};

namespace detail {

// What is to live as long as a pipeline.
class Kept {
public:
    void add(std::shared_ptr<const void> what) {
        const std::scoped_lock lock{mutex_};
        all_.push_back(std::move(what));
    }

private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<const void>> all_;
};

// What a pipeline is besides its stages: how a call goes in and comes out. `Derived` has plan(),
// first_step<R>(call, driver, function), which passes the stages, and kept_.
template <class Derived>
class PipelineFrame {
public:
    explicit PipelineFrame(PipelineOptions options)
        : name_{std::move(options.name)},
          clock_{options.clock ? *options.clock : own_clock_},
          seed_{options.seed != 0 ? options.seed : Rng::from_system()()} {
        observe(options.observer);
    }
    PipelineFrame(const PipelineFrame&) = delete;
    PipelineFrame& operator=(const PipelineFrame&) = delete;

    // From now on events go there (null: nowhere); those of calls under way still to who was there when they began.
    void observe(Observer* observer) noexcept {
        given_.store(observer, std::memory_order_release);
        relay_.to.store(observer, std::memory_order_release);
    }
    // The same, with an observer that the pipeline keeps until it ends. It stands before the one that was given by its
    // address, and may pass events on to it: observer() remains that one.
    void observe(std::shared_ptr<Observer> observer) {
        Observer* const next = observer.get();
        keep(std::move(observer));
        relay_.to.store(next, std::memory_order_release);
    }
    [[nodiscard]] Observer* observer() const noexcept { return given_.load(std::memory_order_acquire); }
    // Keeps this until the pipeline ends, and lets it go before its policies. Throws std::bad_alloc.
    void keep(std::shared_ptr<const void> what) { derived().kept_.add(std::move(what)); }
    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }   // of blocking calls
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // Makes the call on this thread, which blocks in pauses and queues.
    template <class Function>
    auto run(Function&& function, const CallOptions& options = {}) -> result_of<Function> {
        Passage call{line(), options, clock_};
        auto result = derived().template first_step<result_of<Function>>(call, clock_, function);
        call.end(result ? nullptr : &result.error());
        return result;
    }
    // Makes the call on an event loop; to be awaited there. The function is kept until the end.
    template <class Function>
    auto run(Scheduler& scheduler, Function function, CallOptions options = {}) -> Task<result_of<Function>> {
        Passage call{line(), options, scheduler.clock()};
        auto result = co_await derived().template first_step<result_of<Function>>(call, scheduler, function);
        call.end(result ? nullptr : &result.error());
        co_return result;
    }

    // Its order, its worst case, and what is probably a mistake (pipeline_plan.hpp).
    [[nodiscard]] std::string explain() const {
        return resilience::explain(name_, static_cast<const Derived&>(*this).plan());
    }

protected:
    ~PipelineFrame() = default;
    [[nodiscard]] Derived& derived() noexcept { return static_cast<Derived&>(*this); }
    [[nodiscard]] Passage::Line line() noexcept {
        return {name_, relay_.to.load(std::memory_order_acquire),
                seed_ + calls_.fetch_add(1, std::memory_order_relaxed)};
    }

    const std::string name_;
    SystemBlockingClock own_clock_;
    BlockingClock& clock_;
    const std::uint64_t seed_;
    Relay relay_;
    std::atomic<Observer*> given_{nullptr};
    alignas(64) std::atomic<std::uint64_t> calls_{0};
};

template <class Settings>
struct StageFor;
template <>
struct StageFor<Timeout> : std::type_identity<TimeoutStage> {};
template <>
struct StageFor<Retry> : std::type_identity<RetryStage> {};
template <>
struct StageFor<Breaker> : std::type_identity<BreakerStage> {};
template <>
struct StageFor<Bulkhead> : std::type_identity<BulkheadStage> {};
template <>
struct StageFor<RateLimit> : std::type_identity<RateLimitStage> {};
template <class Function>
struct StageFor<Classify<Function>> : std::type_identity<ClassifyStage<Function>> {};
template <class Instead, class When>
struct StageFor<Fallback<Instead, When>> : std::type_identity<FallbackStage<Instead, When>> {};
template <class Settings>
using stage_for = typename StageFor<Settings>::type;

}  // namespace detail

template <class... Policies>
class Pipeline final : public detail::PipelineFrame<Pipeline<Policies...>> {
    using Frame = detail::PipelineFrame<Pipeline>;

public:
    // Throws std::invalid_argument with a sentence if a policy's settings make no sense.
    explicit Pipeline(PipelineOptions options, Policies... policies)
        : Pipeline{std::index_sequence_for<Policies...>{}, std::move(options), std::move(policies)...} {}

    // The state of the policy with these settings (Breaker: its CircuitBreaker, Bulkhead: its ConcurrencyLimiter ...),
    // the outermost of several.
    template <class Settings>
    [[nodiscard]] auto& policy() noexcept {
        return std::get<index_of<Settings>()>(stages_).policy();
    }

    template <class Settings>
    static constexpr bool has = (std::is_same_v<Policies, Settings> || ...);

    [[nodiscard]] Plan plan() const {
        return std::apply([](const auto&... stage) { return Plan{stage.plan()...}; }, stages_);
    }

private:
    friend Frame;
    static constexpr std::size_t size = sizeof...(Policies);

    template <std::size_t... I>
    Pipeline(std::index_sequence<I...>, PipelineOptions options, Policies... policies)
        : Frame{std::move(options)},
          stages_{detail::StageOf<Policies>{std::move(policies), this->name(), this->relay_, inside_retry(I)}...} {}

    static constexpr bool inside_retry(std::size_t index) {
        constexpr std::array<bool, size + 1> is_retry{std::is_same_v<Policies, Retry>...};
        for (std::size_t i = 0; i < index; ++i)
            if (is_retry[i]) return true;
        return false;
    }
    template <class Settings>
    static consteval std::size_t index_of() {
        constexpr std::array<bool, size> is_it{std::is_same_v<Policies, Settings>...};
        for (std::size_t i = 0; i < size; ++i)
            if (is_it[i]) return i;
        throw "the pipeline has no such policy";
    }

    // The way on from a stage.
    template <std::size_t I, class R, class Driver, class Function>
    struct Next {
        detail::driven<Driver, R> operator()() { return pipeline.template step<I, R>(call, driver, function); }
        Pipeline& pipeline;
        detail::Passage& call;
        Driver& driver;
        Function& function;
    };
    template <class R, class Driver, class Function>
    detail::driven<Driver, R> first_step(detail::Passage& call, Driver& driver, Function& function) {
        return step<0, R>(call, driver, function);
    }
    template <std::size_t I, class R, class Driver, class Function>
    detail::driven<Driver, R> step(detail::Passage& call, Driver& driver, Function& function) {
        if constexpr (I == size)
            return detail::perform(call, driver, function);
        else
            return detail::drive(std::get<I>(stages_), call, driver,
                                 Next<I + 1, R, Driver, Function>{*this, call, driver, function});
    }

    std::tuple<detail::stage_for<Policies>...> stages_;
    detail::Kept kept_;   // ends first: it may look at the stages
};

// Policies around a call, outermost first.
template <class... Policies>
[[nodiscard]] Pipeline<Policies...> pipeline(PipelineOptions options, Policies... policies) {
    return Pipeline<Policies...>{std::move(options), std::move(policies)...};
}
template <std::convertible_to<std::string_view> Name, class... Policies>
[[nodiscard]] Pipeline<Policies...> pipeline(const Name& name, Policies... policies) {
    return Pipeline<Policies...>{PipelineOptions{.name = std::string{name}}, std::move(policies)...};
}

}  // namespace outrigger::resilience
