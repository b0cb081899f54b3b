// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <curl/curl.h>

#include <outrigger/core/cancel.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/middleware/libcurl.hpp>

namespace outrigger::middleware {

struct CurlCallsSettings {
    std::size_t calls_max = 1000;      // under way, pauses included; more are refused
    long connections_per_host = 0;     // CURLMOPT_MAX_HOST_CONNECTIONS; 0: as many as there are calls
};

// Calls of libcurl's easy handles through pipelines, many at once on one hidden thread, which blocks in none of them:
// while one pauses before a retry or waits in a bulkhead, the others go on.
//
//     CurlCalls calls;
//     std::future<Result<CurlReply>> reply = calls.start(users, easy, {.call = {.route = "/users/{id}"}});
//
// What call() in libcurl.hpp says holds for each, and a stop token ends a call at once, in a pause or a queue too.
// Handle, pipeline, and what the options point to must live, and be left alone, until the call has ended. The thread
// handles no signals.
//
// The end of this object cancels what is under way: those calls end with caller_left, and have ended, with their
// functions called, when the destructor returns. Thread-safe.
class CurlCalls {
public:
    // Called on the hidden thread, once; it should return soon, may start another call and must throw nothing.
    using Done = std::function<void(Result<CurlReply>)>;

    // Throws std::bad_alloc, and std::system_error if there can be no thread.
    explicit CurlCalls(const CurlCallsSettings& settings = {});
    ~CurlCalls();   // not on the hidden thread
    CurlCalls(const CurlCalls&) = delete;
    CurlCalls& operator=(const CurlCalls&) = delete;

    // A fault: too many are under way (concurrency_limited), the handle is in one of them (bad_request), or this object
    // is ending (draining); then `done` is not called. Throws std::bad_alloc.
    template <class Pipeline>
    [[nodiscard]] Result<void> start(Pipeline& pipeline, CURL* easy, const CurlCallOptions& options, Done done) {
        auto one = std::make_shared<One>(pipeline.name(), easy, options, pipeline.clock(), std::move(done));
        const Result<void> may = spawn(easy, [this, &pipeline, one] { return run(pipeline, one); });
        if (!may) (void)one->exchange->finish(may.error());   // which counts it
        return may;
    }
    // The same; faults of start() come by the future too.
    template <class Pipeline>
    [[nodiscard]] std::future<Result<CurlReply>> start(Pipeline& pipeline, CURL* easy,
                                                       const CurlCallOptions& options = {}) {
        const auto promise = std::make_shared<std::promise<Result<CurlReply>>>();
        std::future<Result<CurlReply>> future = promise->get_future();
        const Result<void> started = start(
            pipeline, easy, options, [promise](Result<CurlReply> reply) { promise->set_value(std::move(reply)); });
        if (!started) promise->set_value(started.error());
        return future;
    }

    [[nodiscard]] std::size_t under_way() const noexcept;

private:
    struct One {
        One(const std::string& upstream, CURL* easy, const CurlCallOptions& given, const Clock& clock, Done told)
            : options{given}, exchange{std::in_place, upstream, easy, options, clock}, done{std::move(told)} {}
        const CurlCallOptions options;
        std::optional<CurlExchange> exchange;   // until the call has ended: then the handle is the caller's again
        const Done done;
    };

    class Parts;

    // One call's cancel, on the hidden thread: by the caller's stop token, or by the end of this object.
    class Stop {
    public:
        Stop(Parts& parts, std::stop_token token);   // throws std::bad_alloc
        ~Stop();
        Stop(const Stop&) = delete;
        Stop& operator=(const Stop&) = delete;
        void look() noexcept;
        [[nodiscard]] Cancel* cancel() noexcept { return &cancel_; }

    private:
        struct Wake {
            Parts& parts;
            void operator()() const noexcept;   // on any thread
        };
        Parts& parts_;
        const std::stop_token token_;
        Cancel cancel_;
        std::optional<std::stop_callback<Wake>> wakes_;
    };

    template <class Pipeline>
    Task<void> run(Pipeline& pipeline, std::shared_ptr<One> one) {
        const auto attempt = [this, one](resilience::Call& call) -> Task<Result<CurlReply>> {
            one->exchange->begin(call);
            const Wait wait = call.wait();
            const CURLcode code = co_await perform(one->exchange->easy(), wait);
            co_return one->exchange->end(call, code);
        };
        resilience::CallOptions options = one->exchange->call_options();
        Result<CurlReply> reply{Fault{Reason::call_failed, "an exception ended the call"}};
        try {
            Stop stop{*parts_, options.stop};
            options.cancel = stop.cancel();
            auto result = co_await pipeline.run(scheduler(), attempt, options);
            reply = one->exchange->finish(std::move(result));
        } catch (...) {   // of a policy's own functions, or for want of memory
        }
        CURL* const easy = one->exchange->easy();
        one->exchange.reset();
        leave(easy);
        one->done(std::move(reply));
    }

    [[nodiscard]] Result<void> spawn(CURL* easy, std::function<Task<void>()> begin);
    void leave(CURL* easy) noexcept;
    [[nodiscard]] Task<CURLcode> perform(CURL* easy, Wait wait);
    [[nodiscard]] Scheduler& scheduler() noexcept;

    std::unique_ptr<Parts> parts_;
};

}   // namespace outrigger::middleware
