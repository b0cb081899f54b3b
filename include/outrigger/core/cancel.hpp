// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include <outrigger/core/result.hpp>
#include <outrigger/core/task.hpp>

namespace outrigger {

class Cancel;

// One listener of a Cancel; unlinks itself.
class CancelLink {
public:
    explicit CancelLink(void (*cancelled)(CancelLink&, const Fault&) noexcept) noexcept : cancelled_{cancelled} {}
    CancelLink(const CancelLink&) = delete;
    CancelLink& operator=(const CancelLink&) = delete;
    ~CancelLink() { unlink(); }
    inline void link(Cancel& cancel) noexcept;
    void unlink() noexcept {
        if (!before_) return;
        *before_ = next_;
        if (next_) next_->before_ = before_;
        before_ = nullptr;
    }

private:
    friend class Cancel;
    void (*cancelled_)(CancelLink&, const Fault&) noexcept;
    CancelLink* next_ = nullptr;
    CancelLink** before_ = nullptr;   // where the pointer to this link is kept; null: unlinked
};

// "Stop, and this is why." Waits that were given it end with the fault; nothing is resumed inline and no frame is
// destroyed. Bound to one thread. It must outlive the waits that use it, which is so when the task that owns it joins
// its children.
class Cancel : private CancelLink {
public:
    Cancel() noexcept
        : CancelLink{[](CancelLink& self, const Fault& why) noexcept { static_cast<Cancel&>(self).cancel(why); }} {}
    // Is cancelled with its parent too (null: has none); the parent must outlive it.
    explicit Cancel(Cancel* parent) noexcept : Cancel{} {
        if (!parent) return;
        if (parent->why_)
            why_ = parent->why_;
        else
            link(*parent);
    }
    ~Cancel() {
        if (!first_) return;
        std::fputs("outrigger: a Cancel ended while something waited on it\n", stderr);
        std::abort();
    }

    // The first call decides the fault; later ones change nothing.
    void cancel(const Fault& why) noexcept {
        if (why_) return;
        why_ = why;
        while (CancelLink* waiting = first_) {
            waiting->unlink();
            waiting->cancelled_(*waiting, why);
        }
    }
    // Why, if it was cancelled; else null.
    [[nodiscard]] const Fault* requested() const noexcept { return why_ ? &*why_ : nullptr; }

private:
    friend class CancelLink;
    CancelLink* first_ = nullptr;
    std::optional<Fault> why_;
};

inline void CancelLink::link(Cancel& cancel) noexcept {
    next_ = cancel.first_;
    if (next_) next_->before_ = &next_;
    before_ = &cancel.first_;
    cancel.first_ = this;
}

namespace detail {
template <class T>
Task<T> ending_cancels(Task<T> task, Cancel& other, Fault why) {
    T result = co_await std::move(task);
    other.cancel(why);
    co_return result;
}
}  // namespace detail

// Runs both; the first to end cancels the other with `why`; ends when both have ended. Each task must have been made
// with waits on its own Cancel.
template <class A, class B>
Task<std::pair<A, B>> race(Task<A> first, Cancel& cancels_first, Task<B> second, Cancel& cancels_second, Fault why) {
    return both(detail::ending_cancels(std::move(first), cancels_second, why),
                detail::ending_cancels(std::move(second), cancels_first, why));
}

}  // namespace outrigger
