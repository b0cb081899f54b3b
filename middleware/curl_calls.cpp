// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/curl_calls.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <set>
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

// The event loop: a Scheduler whose waiting is libcurl's. All but post(), spawn(), leave(), look_at_stops(), end() and
// the count belong to its thread.
class CurlCalls::Parts final : public Executor {
public:
    explicit Parts(const CurlCallsSettings& settings) : settings_{settings}, multi_{new_multi()} {
        ::curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, settings.connections_per_host);
        thread_ = logging::quiet_thread([this] { run(); });
    }
    // Before this object's end: the thread uses it until then.
    void end() noexcept {
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
    Result<void> spawn(CURL* easy, std::function<Task<void>()> begin) {
        const std::scoped_lock lock{mutex_};
        if (ending_) return Fault{Reason::draining, "the client is ending"};
        if (handles_.contains(easy)) return Fault{Reason::bad_request, "the handle is in another call"};
        if (handles_.size() >= settings_.calls_max)
            return Fault{Reason::concurrency_limited, "as many calls are under way as may be"};
        beginning_.push_back(std::move(begin));
        try {
            handles_.insert(easy);
        } catch (...) {
            beginning_.pop_back();
            throw;
        }
        ::curl_multi_wakeup(multi_.get());
        return {};
    }
    void leave(CURL* easy) noexcept {
        const std::scoped_lock lock{mutex_};
        handles_.erase(easy);
    }
    [[nodiscard]] std::size_t under_way() const noexcept {
        const std::scoped_lock lock{mutex_};
        return handles_.size();
    }
    [[nodiscard]] Scheduler& scheduler() noexcept { return scheduler_; }
    [[nodiscard]] Cancel& cancel() noexcept { return cancel_; }

    void add(Stop& one) { stops_.insert(&one); }
    void remove(Stop& one) noexcept { stops_.erase(&one); }
    void look_at_stops() noexcept {
        stopped_.store(true, std::memory_order_release);   // what was stopped is seen with it
        ::curl_multi_wakeup(multi_.get());
    }

    Task<CURLcode> perform(CURL* easy, Wait wait) {
        Transfer transfer{scheduler_};
        transfers_.emplace(easy, &transfer);
        const CURLMcode added = ::curl_multi_add_handle(multi_.get(), easy);
        CURLcode code = CURLE_FAILED_INIT;   // the handle is in use elsewhere
        if (added == CURLM_OK) {
            const Result<void> ended = co_await transfer.ended.wait(wait);
            ::curl_multi_remove_handle(multi_.get(), easy);
            code = transfer.code;
            if (!ended) code = wait.cancel->requested() ? CURLE_ABORTED_BY_CALLBACK : CURLE_OPERATION_TIMEDOUT;
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
            if (stopped_.exchange(false, std::memory_order_acquire))
                for (Stop* const one : stops_) one->look();
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
    void wait() {
        scheduler_.refresh();
        const Instant next = std::min(scheduler_.timers().next(), after(scheduler_.now(), 1h));   // curl counts in ints
        const Duration left = std::max<Duration>(next - scheduler_.now(), 0ms);
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
    std::set<Stop*> stops_;

    std::atomic<bool> stopped_{false};   // one of them, perhaps
    mutable std::mutex mutex_;           // guards what follows
    JobQueue posted_;
    std::set<CURL*> handles_;   // of the calls under way
    std::vector<std::function<Task<void>()>> beginning_;
    bool ending_ = false;
    std::thread thread_;
};

CurlCalls::CurlCalls(const CurlCallsSettings& settings) : parts_{std::make_unique<Parts>(settings)} {}
CurlCalls::~CurlCalls() { parts_->end(); }

CurlCalls::Stop::Stop(Parts& parts, std::stop_token token)
    : parts_{parts}, token_{std::move(token)}, cancel_{&parts.cancel()} {
    if (!token_.stop_possible()) return;
    parts_.add(*this);
    wakes_.emplace(token_, Wake{parts_});
}
CurlCalls::Stop::~Stop() { parts_.remove(*this); }
void CurlCalls::Stop::look() noexcept {
    if (token_.stop_requested()) cancel_.cancel({Reason::caller_left, "the caller gave up"});
}
void CurlCalls::Stop::Wake::operator()() const noexcept { parts.look_at_stops(); }

std::size_t CurlCalls::under_way() const noexcept { return parts_->under_way(); }
Result<void> CurlCalls::spawn(CURL* easy, std::function<Task<void>()> begin) {
    return parts_->spawn(easy, std::move(begin));
}
void CurlCalls::leave(CURL* easy) noexcept { parts_->leave(easy); }
Task<CURLcode> CurlCalls::perform(CURL* easy, Wait wait) { return parts_->perform(easy, wait); }
Scheduler& CurlCalls::scheduler() noexcept { return parts_->scheduler(); }

}   // namespace outrigger::middleware
