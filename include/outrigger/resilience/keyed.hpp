// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/validate.hpp>

namespace outrigger::resilience {

// A policy that says itself when nothing would be lost with it: a breaker that is closed and has seen no call lately.
template <class T>
concept TellsIdle = requires(T& policy, Instant now) {
    { policy.idle(now) } -> std::convertible_to<bool>;
};

struct KeyedLimits {
    std::uint32_t max_keys = 1000;

    friend bool operator==(const KeyedLimits&, const KeyedLimits&) = default;
    template <class Self, class Visitor>
    static constexpr void describe(Self& self, Visitor& field) {
        field("max_keys", self.max_keys, "Keys with a policy of their own; all others share one.",
              between(1, 1'000'000));
    }
};

// A policy for each key, such as a circuit breaker for each endpoint: made when its key comes for the first time, and at
// most `max_keys` of them. When there is no room, the least recently used of those that are idle and that nobody holds
// makes room; if there is none such, the key gets the policy `other`, which all keys without room share. So do keys of
// more than 255 bytes, and the key "other" itself.
//
// Thread-safe. To look up a key that is known takes one lock of sixteen for some twenty instructions, and allocates
// nothing. A new key allocates, calls `make`, and where there is no room looks at all keys; when it looked in vain, the
// next look is 100 ms later. It must outlive its handles.
template <TellsIdle T>
class Keyed {
    struct Entry;

public:
    static constexpr std::string_view other = "other";
    static constexpr std::size_t longest_key = 255;
    // One at a time; must not use this object. Its exceptions pass through.
    using Make = std::function<std::unique_ptr<T>(std::string_view key)>;

    // Throws std::invalid_argument if max_keys is out of its range.
    Keyed(const KeyedLimits& limits, Make make);
    ~Keyed();
    Keyed(const Keyed&) = delete;
    Keyed& operator=(const Keyed&) = delete;

    // A policy, held: as long as the handle lives, so does the policy. Hold it at least as long as a permit of the policy.
    // Move-only; may be moved to, and end on, any thread.
    class [[nodiscard]] Handle {
    public:
        Handle(Handle&& from) noexcept : entry_{std::exchange(from.entry_, nullptr)} {}
        Handle& operator=(Handle&& from) noexcept {
            std::swap(entry_, from.entry_);
            return *this;
        }
        Handle(const Handle&) = delete;
        Handle& operator=(const Handle&) = delete;
        ~Handle() {   // release: whoever evicts it sees all that was done with it
            if (entry_) entry_->held.fetch_sub(1, std::memory_order_release);
        }
        [[nodiscard]] T& operator*() const noexcept { return *entry_->policy; }
        [[nodiscard]] T* operator->() const noexcept { return entry_->policy.get(); }
        // The key, or "other".
        [[nodiscard]] std::string_view name() const noexcept { return entry_->name; }

    private:
        friend class Keyed;
        explicit Handle(Entry& entry) noexcept : entry_{&entry} {}
        Entry* entry_;
    };
    [[nodiscard]] Handle at(std::string_view key, Instant now);

    // Calls function(name, policy) for each, `other` included once it was used; no lock is held meanwhile. For metrics.
    template <class Function>
    void for_each(Function function);

    [[nodiscard]] std::uint32_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    // How often `other` stood in, and how many policies have made room, since the beginning.
    [[nodiscard]] std::uint64_t overflowed() const noexcept {
        return overflowed_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_.load(std::memory_order_relaxed); }

private:
    struct Entry {
        std::string_view name;   // refers to the map's key
        std::unique_ptr<T> policy;
        std::atomic<Instant> used{Instant::min()};
        // Raised under the lock of its shard, so that who evicts sees it.
        std::atomic<std::uint32_t> held{0};
    };
    struct Key {   // with its hash, which picks the shard and then the bucket
        std::string_view text;
        std::size_t hash = std::hash<std::string_view>{}(text);
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const Key& key) const noexcept { return key.hash; }
        std::size_t operator()(const std::string& key) const noexcept { return Key{key}.hash; }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const std::string& a, const std::string& b) const noexcept { return a == b; }
        bool operator()(const Key& a, const std::string& b) const noexcept { return a.text == b; }
        bool operator()(const std::string& a, const Key& b) const noexcept { return a == b.text; }
    };
    struct alignas(64) Shard {   // a cache line of its own for each lock
        std::mutex mutex;
        std::unordered_map<std::string, Entry, Hash, Equal> entries;
    };
    static constexpr std::size_t shard_count = 16;   // four bits: see shard_of()
    static constexpr Duration look_again_after = std::chrono::milliseconds{100};

    // By the upper bits: the map uses the lower ones.
    [[nodiscard]] Shard& shard_of(const Key& key) noexcept {
        return shards_[key.hash >> (std::numeric_limits<std::size_t>::digits - 4)];
    }
    // Under the lock of its shard.
    [[nodiscard]] static Handle hold(Entry& entry, Instant now) noexcept {
        entry.used.store(now, std::memory_order_relaxed);
        entry.held.fetch_add(1, std::memory_order_relaxed);
        return Handle{entry};
    }
    [[nodiscard]] Entry* find(Shard& shard, const Key& key) noexcept {
        const auto found = shard.entries.find(key);
        return found == shard.entries.end() ? nullptr : &found->second;
    }
    [[nodiscard]] Handle overflow(Instant now) noexcept {
        overflowed_.fetch_add(1, std::memory_order_relaxed);
        return hold(other_, now);
    }
    [[nodiscard]] Handle add(const Key& key, Instant now);
    [[nodiscard]] bool make_room(Instant now);
    [[nodiscard]] static bool evictable(Entry& entry, Instant now) noexcept {
        // Acquire: see ~Handle().
        return entry.held.load(std::memory_order_acquire) == 0 && entry.policy->idle(now);
    }

    const std::uint32_t max_keys_;
    const Make make_;
    std::array<Shard, shard_count> shards_;
    Entry other_;
    std::mutex growth_;   // for whoever adds or evicts: one at a time; taken before the lock of a shard
    std::atomic<std::uint32_t> size_{0};
    std::atomic<Instant> look_again_{Instant::min()};   // where there was nothing to evict
    std::atomic<std::uint64_t> overflowed_{0};
    std::atomic<std::uint64_t> evicted_{0};
};

template <TellsIdle T>
Keyed<T>::Keyed(const KeyedLimits& limits, Make make) : max_keys_{checked(limits).max_keys}, make_{std::move(make)} {
    other_.name = other;
    other_.policy = make_(other);
}

template <TellsIdle T>
Keyed<T>::~Keyed() {
    std::uint32_t held = other_.held;
    for (const Shard& shard : shards_)
        for (const auto& [key, entry] : shard.entries) held += entry.held;
    if (held == 0) return;
    std::fputs("outrigger: a Keyed ended while something of it was held\n", stderr);
    std::abort();
}

template <TellsIdle T>
auto Keyed<T>::at(std::string_view text, Instant now) -> Handle {
    if (text == other || text.size() > longest_key) return overflow(now);
    const Key key{text};
    Shard& shard = shard_of(key);
    {
        const std::scoped_lock lock{shard.mutex};
        if (Entry* known = find(shard, key)) return hold(*known, now);
    }
    return add(key, now);
}

template <TellsIdle T>
auto Keyed<T>::add(const Key& key, Instant now) -> Handle {
    // A hint without the lock, so that many unknown keys do not queue here for nothing.
    if (size() >= max_keys_ && now < look_again_.load(std::memory_order_relaxed)) return overflow(now);
    const std::scoped_lock growth{growth_};
    Shard& shard = shard_of(key);
    {
        const std::scoped_lock lock{shard.mutex};
        if (Entry* known = find(shard, key)) return hold(*known, now);   // another thread was faster
    }
    if (size() >= max_keys_ && !make_room(now)) return overflow(now);
    std::unique_ptr<T> policy = make_(key.text);
    const std::scoped_lock lock{shard.mutex};
    const auto added = shard.entries.try_emplace(std::string{key.text}).first;
    added->second.name = added->first;
    added->second.policy = std::move(policy);
    size_.fetch_add(1, std::memory_order_relaxed);
    return hold(added->second, now);
}

// Under growth_: so nobody else evicts, and what was found stays there, but may be held meanwhile.
template <TellsIdle T>
bool Keyed<T>::make_room(Instant now) {
    if (now < look_again_.load(std::memory_order_relaxed)) return false;
    Entry* oldest = nullptr;
    for (Shard& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        for (auto& [key, entry] : shard.entries)
            if ((!oldest || entry.used.load() < oldest->used.load()) && evictable(entry, now))
                oldest = &entry;
    }
    if (oldest) {
        const Key key{oldest->name};
        Shard& shard = shard_of(key);
        const std::scoped_lock lock{shard.mutex};
        if (evictable(*oldest, now)) {
            shard.entries.erase(shard.entries.find(key));
            size_.fetch_sub(1, std::memory_order_relaxed);
            evicted_.fetch_add(1, std::memory_order_relaxed);
            return true;
        }
    }
    look_again_.store(after(now, look_again_after), std::memory_order_relaxed);
    return false;
}

template <TellsIdle T>
template <class Function>
void Keyed<T>::for_each(Function function) {
    std::vector<Handle> all;
    for (Shard& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        for (auto& [key, entry] : shard.entries) {
            entry.held.fetch_add(1, std::memory_order_relaxed);   // to look at it is no use of it
            all.push_back(Handle{entry});
        }
    }
    if (overflowed() > 0) function(other, *other_.policy);
    for (const Handle& each : all) function(each.name(), *each);
}

}   // namespace outrigger::resilience
