// SPDX-License-Identifier: Apache-2.0
#include "refresher.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <system_error>
#include <utility>

namespace outrigger::health {
namespace {

constexpr Duration another_try = std::chrono::milliseconds{100};   // when the machine gave no thread

// Signals are the program's: a thread of ours takes none of them, and a broken connection of a library is no SIGPIPE.
template <class Run>
std::thread start_thread(Run run) {
    sigset_t blocked;
    sigset_t before;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    try {
        std::thread thread{std::move(run)};
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return thread;
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
}

std::string seconds(Duration age) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(age).count()) + " s";
}

// Whatever user code throws is `down` with its message.
Outcome guarded(const Indicator& indicator, const Probe& probe) {
    try {
        return indicator.run(probe);
    } catch (const std::exception& thrown) {
        return down(thrown.what());
    } catch (...) {
        return down("the check threw something that is no std::exception");
    }
}

}   // namespace

class Refresher::State : public std::enable_shared_from_this<State> {
public:
    State(const Clock& clock, Rng rng, std::size_t threads, Report report, Execute execute)
        : clock_{clock},
          threads_max_{threads},
          report_{std::move(report)},
          execute_{std::move(execute)},
          plan_{rng} {
        stop_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (stop_fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
    ~State() { ::close(stop_fd_); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void start() {
        timer_ = start_thread([this] { keep_time(); });
    }
    [[nodiscard]] std::vector<std::size_t> stop(Duration at_most);
    void end();
    void add(std::size_t check, Indicator indicator, Timing timing);

private:
    struct Work {
        std::size_t check;
        Indicator indicator;
        Timing timing;
        bool taken = false;   // its turn has come, and has not ended
    };
    using Lock = std::unique_lock<std::mutex>;

    void keep_time();
    void tell(const RefreshPlan::Overdue& overdue);
    void told(std::size_t check, Result result) noexcept;
    void take(std::size_t index);
    void give_back(std::size_t index);
    void hand_over(std::size_t index, Lock& lock);
    bool grow();
    void ask_to_stop();
    void work();
    void run(std::size_t index, Lock& lock);
    void execute(std::size_t index, Lock& lock);

    const Clock& clock_;
    const std::size_t threads_max_;
    const Report report_;
    const Execute execute_;
    std::stop_source stop_;
    int stop_fd_;

    std::mutex mutex_;   // guards what follows; held while reporting, so that results are told in their order
    std::condition_variable time_;   // for keep_time(): there is something new to look at
    std::condition_variable work_;   // for the pool
    RefreshPlan plan_;
    std::deque<Work> works_;          // by the plan's index; never shrinks, so references stay
    std::deque<std::size_t> queue_;   // handed over, not yet begun
    std::size_t idle_ = 0;
    std::size_t running_ = 0;   // taken: begun or in the queue
    bool stopping_ = false;
    std::vector<std::thread> pool_;
    std::thread timer_;
};

void Refresher::State::add(std::size_t check, Indicator indicator, Timing timing) {
    const std::scoped_lock lock{mutex_};
    works_.push_back({check, std::move(indicator), timing});
    (void)plan_.add(timing, clock_.now());   // the same index
    time_.notify_all();
}

void Refresher::State::keep_time() {
    Lock lock{mutex_};
    while (!stopping_) {
        const Instant now = clock_.now();
        for (const auto& overdue : plan_.overdue(now)) tell(overdue);
        while (running_ < threads_max_ && !stopping_) {
            const auto index = plan_.take_due(now);
            if (!index) break;
            take(*index);
            hand_over(*index, lock);
        }
        Instant next = plan_.next(running_ < threads_max_);
        if (stopping_) return;
        if (!grow()) next = std::min(next, after(now, another_try));
        if (next == never)
            time_.wait(lock);
        else
            time_.wait_until(lock, std::chrono::steady_clock::time_point{next.time_since_epoch()});
    }
}

void Refresher::State::take(std::size_t index) {
    works_[index].taken = true;
    ++running_;
}

void Refresher::State::give_back(std::size_t index) {
    works_[index].taken = false;
    --running_;
    time_.notify_all();
}

void Refresher::State::tell(const RefreshPlan::Overdue& overdue) {
    const Work& work = works_[overdue.check];
    Result result;
    if (overdue.running) {
        result.outcome = down(timeout_message(work.timing.timeout));
        if (!overdue.first) result.outcome.message += ", still running after " + seconds(overdue.age);
        if (work.indicator.timed) result.outcome.response_time = overdue.age;
        result.took = overdue.age;
    } else {
        result.outcome = down("not checked for " + seconds(overdue.age) + ": other checks hang");
        result.stale = true;
    }
    told(work.check, std::move(result));
}

// A report that throws (no memory for the pages) must not end the process: the next one comes.
void Refresher::State::told(std::size_t check, Result result) noexcept {
    try {
        report_(check, std::move(result));
    } catch (...) {
    }
}

void Refresher::State::hand_over(std::size_t index, Lock& lock) {
    if (execute_) return execute(index, lock);
    queue_.push_back(index);
    (void)grow();
    work_.notify_one();
}

// With the lock held. False: the machine gives no thread that is needed; keep_time() tries again.
bool Refresher::State::grow() {
    if (queue_.size() <= idle_ || pool_.size() >= threads_max_) return true;
    try {
        pool_.push_back(start_thread([this] { work(); }));
        ++idle_;
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

// To the user's threads. A run that they destroy instead counts as ended.
void Refresher::State::execute(std::size_t index, Lock& lock) {
    struct Turn {
        std::shared_ptr<State> state;
        std::size_t index;
        bool begun = false;
        Turn(std::shared_ptr<State> of, std::size_t at) : state{std::move(of)}, index{at} {}
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn() {
            if (begun) return;
            const std::scoped_lock locked{state->mutex_};
            (void)state->plan_.finish(index, state->clock_.now());
            state->give_back(index);
        }
    };
    auto turn = std::make_shared<Turn>(shared_from_this(), index);
    lock.unlock();   // it may run at once, on this thread
    try {
        execute_([turn] {
            turn->begun = true;
            Lock running{turn->state->mutex_};
            turn->state->run(turn->index, running);
        });
    } catch (...) {
        // Refused: the turn ends with its destructor, and staleness tells of it.
    }
    turn.reset();
    lock.lock();
}

void Refresher::State::work() {
    Lock lock{mutex_};
    for (;; ++idle_) {   // it is made idle
        work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (stopping_) return;
        const std::size_t index = queue_.front();
        queue_.pop_front();
        run(index, lock);
    }
}

void Refresher::State::run(std::size_t index, Lock& lock) {
    const Work& work = works_[index];
    Result result;
    if (!stopping_) {
        lock.unlock();
        const Probe probe{clock_, work.timing.timeout, stop_.get_token(), stop_fd_};
        result.outcome = guarded(work.indicator, probe);
        lock.lock();
    }
    const auto ended = plan_.finish(index, clock_.now());
    if (ended.used && !stopping_) {
        if (work.indicator.timed && !result.outcome.response_time) result.outcome.response_time = ended.took;
        result.took = ended.took;
        told(work.check, std::move(result));
    }
    give_back(index);
}

// With the lock held.
void Refresher::State::ask_to_stop() {
    if (std::exchange(stopping_, true)) return;
    stop_.request_stop();
    const std::uint64_t one = 1;
    (void)!::write(stop_fd_, &one, sizeof one);
    for (const std::size_t index : queue_) give_back(index);   // nobody begins them any more
    queue_.clear();
    time_.notify_all();
    work_.notify_all();
}

std::vector<std::size_t> Refresher::State::stop(Duration at_most) {
    Lock lock{mutex_};
    ask_to_stop();
    const Instant until = after(clock_.now(), at_most);
    (void)time_.wait_until(lock, std::chrono::steady_clock::time_point{until.time_since_epoch()},
                           [this] { return running_ == 0; });
    std::vector<std::size_t> left;
    for (const Work& work : works_)
        if (work.taken) left.push_back(work.check);
    return left;
}

void Refresher::State::end() {
    {
        const std::scoped_lock lock{mutex_};
        ask_to_stop();
    }
    timer_.join();
    for (std::thread& thread : pool_) thread.join();   // nobody adds to it any more
    if (!execute_) return;
    Lock lock{mutex_};
    time_.wait(lock, [this] { return running_ == 0; });
}

Refresher::Refresher(const Clock& clock, Rng rng, std::size_t threads, Report report, Execute execute)
    : state_{std::make_shared<State>(clock, rng, threads, std::move(report), std::move(execute))} {
    state_->start();
}

Refresher::~Refresher() { state_->end(); }

std::vector<std::size_t> Refresher::stop(Duration at_most) { return state_->stop(at_most); }

void Refresher::add(std::size_t check, Indicator indicator, Timing timing) {
    state_->add(check, std::move(indicator), timing);
}

}   // namespace outrigger::health
