// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <optional>
#include <chrono>
#include <cstdint>
#include <ratio>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>

namespace outrigger {

// Why something did not succeed. Small and without allocation: it is made on the data path.
struct Fault {
    Reason reason = Reason::overloaded;
    std::string_view detail = {};        // what exactly; refers to static storage, never to a buffer
    int os_error = 0;                    // errno, where a system call said so
    // When another try makes sense; zero: unknown. In 32 bits, since a fault is copied at every step on its way.
    using RetryAfter = std::chrono::duration<std::int32_t, std::milli>;
    RetryAfter retry_after = {};
    // Rounded up, so that nobody who waits so long is too early; at most 24 days, and 0 for what is not positive.
    [[nodiscard]] static constexpr RetryAfter in(Duration wait) noexcept {
        if (wait <= Duration::zero()) return {};
        if (wait >= RetryAfter::max()) return RetryAfter::max();
        return std::chrono::ceil<RetryAfter>(wait);
    }

    friend bool operator==(const Fault&, const Fault&) = default;
};

// A value or a fault. Accessing the one that is not there is a programming error and aborts.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}            // NOLINT: a value is a Result
    Result(const Fault& fault) noexcept : state_{std::in_place_index<1>, fault} {}   // NOLINT: a Fault is a Result

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& operator*() & noexcept { return value(); }
    const T& operator*() const& noexcept { return value(); }
    T&& operator*() && noexcept { return std::move(value()); }
    T* operator->() noexcept { return &value(); }
    const T* operator->() const noexcept { return &value(); }

    [[nodiscard]] T& value() noexcept {
        if (auto* held = std::get_if<0>(&state_)) return *held;
        std::abort();
    }
    [[nodiscard]] const T& value() const noexcept {
        if (const auto* held = std::get_if<0>(&state_)) return *held;
        std::abort();
    }
    [[nodiscard]] const Fault& error() const noexcept {
        if (const auto* held = std::get_if<1>(&state_)) return *held;
        std::abort();
    }

private:
    std::variant<T, Fault> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;
    Result() noexcept = default;
    Result(const Fault& fault) noexcept : fault_{fault} {}   // NOLINT: a Fault is a Result

    [[nodiscard]] bool has_value() const noexcept { return !fault_; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const Fault& error() const noexcept {
        if (fault_) return *fault_;
        std::abort();
    }

private:
    std::optional<Fault> fault_;
};

}  // namespace outrigger
