// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/curl_calls.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "../logging/quiet_thread.hpp"

namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;

struct Close {
    void operator()(CURLM* multi) const noexcept { ::curl_multi_cleanup(multi); }
};

CURLM* new_multi() {
    CURL* const first = ::curl_easy_init();   // makes libcurl ready, whichever thread comes first
    CURLM* const multi = ::curl_multi_init();
    ::curl_easy_cleanup(first);
    if (!multi) throw std::bad_alloc{};
    return multi;
}

}   // namespace

// The event loop: a Scheduler whose waiting is libcurl's. All but post(), stop() and the count belong to its thread.
class CurlCalls::Parts final : public Executor {
public:
    explicit Parts(const CurlCallsSettings& settings) : settings_{settings}, multi_{new_multi()} {
        ::curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, settings.connections_per_host);
        thread_ = logging::quiet_thread([this] { run(); });
    }
    ~Parts() override {
        {
            const std::scoped_lock lock{mutex_};
            ending_ = true;
        }
        ::curl_multi_wakeup(multi_.get());
        thread_.join();
    }

    void post(Job& job) noexcept override {
        const std::scoped_lock lock{mutex_};
        posted_.push(job);
        ::curl_multi_wakeup(multi_.get());
    }
    Result<void> spawn(std::function<Task<void>()> begin) {
        const std::scoped_lock lock{mutex_};
        if (ending_) return Fault{Reason::draining, "the client is ending"};
        if (under_way_.load(std::memory_order_relaxed) >= settings_.calls_max)
            return Fault{Reason::concurrency_limited, "as many calls are under way as may be"};
        beginning_.push_back(std::move(begin));
        under_way_.fetch_add(1, std::memory_order_relaxed);
        ::curl_multi_wakeup(multi_.get());
        return {};
    }
    void leave() noexcept { under_way_.fetch_sub(1, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.load(std::memory_order_relaxed); }
    [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }
    [[nodiscard]] Cancel& cancel() noexcept { return cancel_; }

    Task<CURLcode> perform(CURL* easy, Wait wait) {
        Transfer transfer{scheduler_};
        if (!transfers_.emplace(easy, &transfer).second) co_return CURLE_FAILED_INIT;   // it is in another call
        const CURLMcode added = ::curl_multi_add_handle(multi_.get(), easy);
        CURLcode code = CURLE_FAILED_INIT;   // the handle is in use elsewhere
        if (added == CURLM_OK) {
            const Result<void> ended = co_await transfer.ended.wait(wait);
            ::curl_multi_remove_handle(multi_.get(), easy);
            code = transfer.code;
            if (!ended) code = cancel_.requested() ? CURLE_ABORTED_BY_CALLBACK : CURLE_OPERATION_TIMEDOUT;
        }
        transfers_.erase(easy);
        co_return code;
    }

private:
    struct Transfer {
        explicit Transfer(Scheduler& scheduler) noexcept : ended{scheduler} {}
        Gate ended;
        CURLcode code = CURLE_OK;
    };

    void run() {
        for (;;) {
            const bool ending = take_posted();
            if (ending) cancel_.cancel({Reason::caller_left, "the client ended"});
            scheduler_.refresh();
            scheduler_.turn();
            if (ending && tasks_.running() == 0) return;
            if (scheduler_.has_ready()) continue;
            transfer();
            if (!scheduler_.has_ready()) wait();
        }
    }
    // True: no more will come.
    bool take_posted() {
        JobQueue jobs;
        std::vector<std::function<Task<void>()>> beginning;
        bool ending = false;
        {
            const std::scoped_lock lock{mutex_};
            jobs.take(posted_);
            beginning.swap(beginning_);
            ending = ending_;
        }
        while (Job* const job = jobs.pop()) scheduler_.ready(*job);
        for (const auto& begin : beginning) tasks_.spawn(begin());
        return ending;
    }
    void transfer() {
        int running = 0;
        ::curl_multi_perform(multi_.get(), &running);
        for (int left = 1; const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left);) {
            if (message->msg != CURLMSG_DONE) continue;
            const auto found = transfers_.find(message->easy_handle);
            if (found == transfers_.end()) continue;
            found->second->code = message->data.result;
            found->second->ended.open();
        }
    }
    // At most a second, so that libcurl looks at the callers' stop tokens.
    void wait() {
        scheduler_.refresh();
        const Duration left = std::clamp<Duration>(scheduler_.timers().next() - scheduler_.now(), 0ms, 1s);
        ::curl_multi_poll(multi_.get(), nullptr, 0,
                          static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()), nullptr);
    }

    const CurlCallsSettings settings_;
    const SystemClock clock_;
    Scheduler scheduler_{clock_, *this};
    const std::unique_ptr<CURLM, Close> multi_;
    Cancel cancel_;
    TaskGroup tasks_;
    std::map<CURL*, Transfer*> transfers_;

    std::atomic<std::size_t> under_way_{0};
    std::mutex mutex_;   // guards what follows
    JobQueue posted_;
    std::vector<std::function<Task<void>()>> beginning_;
    bool ending_ = false;
    std::thread thread_;
};

CurlCalls::CurlCalls(const CurlCallsSettings& settings) : parts_{std::make_unique<Parts>(settings)} {}
CurlCalls::~CurlCalls() = default;

std::size_t CurlCalls::under_way() const noexcept { return parts_->under_way(); }
Result<void> CurlCalls::spawn(std::function<Task<void>()> begin) { return parts_->spawn(std::move(begin)); }
void CurlCalls::leave() noexcept { parts_->leave(); }
Task<CURLcode> CurlCalls::perform(CURL* easy, Wait wait) { return parts_->perform(easy, wait); }
Scheduler& CurlCalls::scheduler() noexcept { return parts_->scheduler(); }
Cancel* CurlCalls::cancel() noexcept { return &parts_->cancel(); }

}   // namespace outrigger::middleware
