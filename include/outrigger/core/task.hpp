// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <outrigger/core/frame_pool.hpp>

namespace outrigger {

// Who is told when a started task has ended. The notified side may destroy the task's frame.
struct Completion {
    void (*ended)(Completion&) noexcept;
};

namespace detail {

struct UntypedTaskPromise : PooledFrame {
    // No symmetric transfer: g++ 12 overflows the stack with it at -O0, -O1, -Og and under sanitizers. The parent is
    // resumed from here instead; the depth is that of the nesting of tasks, never that of a loop.
    struct Final {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            // Last touch of the frame: the notified side may destroy it.
            if (Completion* told = ended.promise().completion) told->ended(*told);
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] Final final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }

    Completion* completion = nullptr;
    std::exception_ptr exception;
    bool started = false;
};

template <class T>
struct TaskPromise;

}  // namespace detail

// A coroutine that begins when it is awaited. The child runs inline on the awaiting side's stack, and the parent
// suspends only if the child did: a call that finishes at once costs no suspension and no stack.
// A Task is bound to one thread (its event loop). A started task is always awaited to its end: cancelling means that
// its waits return a fault (see wait.hpp), never that a suspended frame is destroyed; doing so aborts.
// An exception that leaves the coroutine is rethrown where it is awaited.
template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    using value_type = T;

    Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() { destroy(); }

    struct Awaiter : Completion {
        explicit Awaiter(std::coroutine_handle<promise_type> awaited) noexcept
            : Completion{[](Completion& self) noexcept { static_cast<Awaiter&>(self).parent.resume(); }},
              child{awaited} {}
        [[nodiscard]] bool await_ready() const {
            child.promise().started = true;
            child.resume();
            return child.done();
        }
        void await_suspend(std::coroutine_handle<> awaiting) noexcept {
            parent = awaiting;
            child.promise().completion = this;
        }
        T await_resume() const { return child.promise().take(); }

        std::coroutine_handle<promise_type> child;
        std::coroutine_handle<> parent = nullptr;
    };
    [[nodiscard]] Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

    // For those that start a task without awaiting it in the same expression (Child below). True if it ended at once;
    // else `completion` will be told, exactly once.
    [[nodiscard]] bool start(Completion& completion) {
        handle_.promise().started = true;
        handle_.resume();
        if (handle_.done()) return true;
        handle_.promise().completion = &completion;
        return false;
    }
    // The result of an ended task: once.
    T take() { return handle_.promise().take(); }

private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_{handle} {}

    void destroy() noexcept {
        if (!handle_) return;
        if (handle_.promise().started && !handle_.done()) {
            std::fputs("outrigger: a Task was destroyed while it was suspended\n", stderr);
            std::abort();
        }
        std::exchange(handle_, nullptr).destroy();
    }

    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
struct TaskPromise final : UntypedTaskPromise {
    [[nodiscard]] Task<T> get_return_object() noexcept {
        return Task<T>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
    }
    template <class U>
        requires std::constructible_from<T, U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
        return std::move(*value);
    }
    std::optional<T> value;
};

template <>
struct TaskPromise<void> final : UntypedTaskPromise {
    [[nodiscard]] Task<void> get_return_object() noexcept {
        return Task<void>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
    }
    void return_void() const noexcept {}
    void take() {
        if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
    }
};

}  // namespace detail

// A task that was started and runs beside its owner, who must join it before this object ends.
// Bound to one thread; at most one joiner.
template <class T = void>
class Child : private Completion {
public:
    Child() noexcept : Completion{[](Completion& self) noexcept { static_cast<Child&>(self).finish(); }} {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (!running_) return;
        std::fputs("outrigger: a Child ended before it was joined\n", stderr);
        std::abort();
    }

    void start(Task<T> task) {
        task_.emplace(std::move(task));
        running_ = true;
        if (task_->start(*this)) running_ = false;
    }
    [[nodiscard]] bool started() const noexcept { return task_.has_value(); }
    [[nodiscard]] bool running() const noexcept { return running_; }

    // Waits for the end; then take() has the result.
    struct Join {
        [[nodiscard]] bool await_ready() const noexcept { return !child.running_; }
        void await_suspend(std::coroutine_handle<> awaiting) const noexcept { child.joiner_ = awaiting; }
        void await_resume() const noexcept {}
        Child& child;
    };
    [[nodiscard]] Join join() noexcept { return Join{*this}; }
    T take() { return task_->take(); }

private:
    void finish() noexcept {
        running_ = false;
        if (auto joiner = std::exchange(joiner_, nullptr)) joiner.resume();
    }

    std::optional<Task<T>> task_;
    std::coroutine_handle<> joiner_ = nullptr;
    bool running_ = false;
};

// Runs both at once and ends when both have ended. With `race` (cancel.hpp) the only ways to do two things at once.
template <class A, class B>
Task<std::pair<A, B>> both(Task<A> first, Task<B> second) {
    Child<A> one;
    Child<B> two;
    one.start(std::move(first));
    two.start(std::move(second));
    co_await one.join();
    co_await two.join();
    co_return std::pair<A, B>{one.take(), two.take()};
}

// Tasks without a parent, such as the connections of a listener. Bound to one thread. All must have ended before the
// group does: cancel what they wait for, then await `ended()`.
class TaskGroup {
public:
    TaskGroup() = default;
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup() {
        if (running_ == 0) return;
        std::fputs("outrigger: a TaskGroup ended before its tasks\n", stderr);
        std::abort();
    }

    // An exception that leaves the task terminates the program: nobody could catch it.
    void spawn(Task<void> task) {
        auto* root = new Root{*this, std::move(task)};
        ++running_;
        if (root->task.start(*root)) end(*root);
    }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    struct Ended {
        [[nodiscard]] bool await_ready() const noexcept { return group.running_ == 0; }
        void await_suspend(std::coroutine_handle<> awaiting) const noexcept { group.waiting_ = awaiting; }
        void await_resume() const noexcept {}
        TaskGroup& group;
    };
    [[nodiscard]] Ended ended() noexcept { return Ended{*this}; }

private:
    struct Root : Completion {
        Root(TaskGroup& owner, Task<void> root_task)
            : Completion{[](Completion& self) noexcept {
                  auto& root = static_cast<Root&>(self);
                  root.group.end(root);
              }},
              group{owner},
              task{std::move(root_task)} {}
        TaskGroup& group;
        Task<void> task;
    };

    void end(Root& root) noexcept {
        root.task.take();
        delete &root;
        if (--running_ == 0)
            if (auto waiting = std::exchange(waiting_, nullptr)) waiting.resume();
    }

    std::size_t running_ = 0;
    std::coroutine_handle<> waiting_ = nullptr;
};

}  // namespace outrigger
