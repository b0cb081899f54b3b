// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/labels.hpp>

#include "utf8_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace outrigger::metrics {
namespace {

constexpr bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_escaped(std::string& into, std::string_view value) {
    for (const char c : value) {
        if (c == '\n')
            into += "\\n";
        else if (c == '\\' || c == '"')
            (into += '\\') += c;
        else
            into += c;
    }
}

}  // namespace

bool label_name_allowed(std::string_view name) noexcept {
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
}

bool metric_name_allowed(std::string_view name) noexcept {
    return !name.empty() && !digit(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c) || c == ':'; });
}

class Labels::Kept {
public:
    explicit Kept(std::span<const Label> labels) {
        struct Place {
            std::size_t name, value, end;
        };
        std::vector<Place> places;   // offsets first: the bytes still move
        for (const auto& label : labels) {
            const std::size_t name = bytes_.size();
            bytes_ += label.name;
            const std::size_t value = bytes_.size();
            append_utf8(bytes_, label.value);
            places.push_back({name, value, bytes_.size()});
        }
        const std::size_t text = bytes_.size();
        bytes_.shrink_to_fit();
        labels_.reserve(places.size());
        for (const auto& place : places)
            labels_.push_back({view(place.name, place.value), view(place.value, place.end)});
        text_.reserve(text + 4 * places.size());
        for (const auto& label : labels_) {
            if (!text_.empty()) text_ += ',';
            text_ += label.name;
            text_ += "=\"";
            append_escaped(text_, label.value);
            text_ += '"';
        }
    }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;

    [[nodiscard]] std::span<const Label> labels() const noexcept { return labels_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    [[nodiscard]] std::string_view view(std::size_t from, std::size_t to) const noexcept {
        return std::string_view{bytes_}.substr(from, to - from);
    }

    std::string bytes_;
    std::vector<Label> labels_;   // views into bytes_
    std::string text_;
};

Labels::Labels(std::span<const Label> labels) {
    std::vector<Label> taken;
    taken.reserve(labels.size());
    for (const auto& label : labels) {
        const bool known = std::any_of(taken.begin(), taken.end(), [&](const Label& l) { return l.name == label.name; });
        if (!known && !label.value.empty() && label_name_allowed(label.name)) taken.push_back(label);
    }
    if (!taken.empty()) kept_ = std::make_shared<const Kept>(taken);
}

std::span<const Label> Labels::all() const noexcept { return kept_ ? kept_->labels() : std::span<const Label>{}; }

std::string_view Labels::text() const noexcept { return kept_ ? kept_->text() : std::string_view{}; }

std::string_view Labels::value(std::string_view name) const noexcept {
    for (const auto& label : all())
        if (label.name == name) return label.value;
    return {};
}

}  // namespace outrigger::metrics
