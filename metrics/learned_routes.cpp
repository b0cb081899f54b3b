// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/learned_routes.hpp>

#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>

#include <outrigger/core/same_text.hpp>
#include <outrigger/metrics/route_template.hpp>

namespace outrigger::metrics {
namespace {

constexpr std::uint32_t routes_most = 10'000;

using Buffer = std::array<char, LearnedRoutes::template_max + sizeof(std::uint64_t)>;

// In words: `text` stands at the start of a Buffer, which has room for a last word that is not whole. Whoever makes
// collisions makes at most routes_max entries collide.
std::uint32_t hash_in(Buffer& buffer, std::size_t size) noexcept {
    std::memset(buffer.data() + size, 0, sizeof(std::uint64_t));
    std::uint64_t hash = size;
    for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, buffer.data() + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;   // as the shard's slots are found
        hash ^= hash >> 32;
    }
    return static_cast<std::uint32_t>(hash);
}

// The template of a path, and its hash.
struct Text {
    explicit Text(std::string_view path) noexcept
        : text{route_template(path, std::span{buffer}.first(LearnedRoutes::template_max))},
          hash{text ? hash_in(buffer, text->size()) : 0} {}
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    Buffer buffer;   // not initialised
    std::optional<std::string_view> text;
    std::uint32_t hash;
};

std::uint32_t checked(std::uint32_t routes_max) {
    if (routes_max <= routes_most) return routes_max;
    throw std::invalid_argument("routes_max is " + std::to_string(routes_max) + "; allowed are 0 to " +
                                std::to_string(routes_most));
}

}  // namespace

LearnedRoutes::LearnedRoutes(std::uint32_t first_id, std::uint32_t routes_max)
    : first_id_{first_id}, routes_max_{checked(routes_max)}, slots_(std::bit_ceil(routes_max_ * 2 + 1)) {}

const LearnedRoutes::Learned* LearnedRoutes::look_up(std::string_view text, std::uint32_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
        const Learned* const learned = slots_[i].load(std::memory_order_acquire);
        if (learned == nullptr || (learned->hash == hash && same_text(learned->text, text))) return learned;
    }
}

HttpRoute LearnedRoutes::find(std::string_view path) const noexcept {
    const Text asked{path};
    if (!asked.text) return other;
    const Learned* const learned = look_up(*asked.text, asked.hash);
    return learned ? HttpRoute{learned->id, learned->text} : other;
}

HttpRoute LearnedRoutes::learn(std::string_view path) noexcept {
    const Text asked{path};
    if (!asked.text) return other;
    if (const Learned* const learned = look_up(*asked.text, asked.hash)) return {learned->id, learned->text};
    if (size() == routes_max_) return other;   // without the lock: a flood of paths costs no more than looking
    return take_up(*asked.text, asked.hash);
}

HttpRoute LearnedRoutes::take_up(std::string_view text, std::uint32_t hash) noexcept {
    try {
        const std::scoped_lock lock{mutex_};
        if (const Learned* const learned = look_up(text, hash)) return {learned->id, learned->text};
        if (learned_.size() == routes_max_) return other;
        const auto id = static_cast<std::uint32_t>(first_id_ + learned_.size());
        const Learned& taken = learned_.emplace_back(Learned{id, hash, std::string{text}});
        const std::size_t mask = slots_.size() - 1;
        std::size_t i = hash & mask;
        while (slots_[i].load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask;
        slots_[i].store(&taken, std::memory_order_release);
        count_.store(learned_.size(), std::memory_order_release);
        return {taken.id, taken.text};
    } catch (const std::bad_alloc&) {
        return other;   // the next one tries again
    }
}

}  // namespace outrigger::metrics
