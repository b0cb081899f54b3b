// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace outrigger::metrics {

struct Label {
    std::string_view name;
    std::string_view value;

    friend auto operator<=>(const Label&, const Label&) = default;
};

// [a-zA-Z_][a-zA-Z0-9_]*, the names that every version of Prometheus takes.
[[nodiscard]] bool label_name_allowed(std::string_view name) noexcept;
// The same with colons.
[[nodiscard]] bool metric_name_allowed(std::string_view name) noexcept;

// The labels of one series: immutable, shared, made once. Copying costs one count, no string; a scrape of
// 100,000 series makes no label anew.
//
// Whatever comes in, what is kept can stand on a page in every format, so that one bad label never costs a
// whole scrape: bytes that are not UTF-8 become U+FFFD; a label without a value (Prometheus means the same by
// an empty label and by none), with a name that is not allowed, or with the name of an earlier one is left out.
// Thread-safe, as anything that never changes.
class Labels {
public:
    Labels() noexcept = default;   // none
    Labels(std::initializer_list<Label> labels) : Labels{std::span{labels.begin(), labels.size()}} {}
    explicit Labels(std::span<const Label> labels);

    // In the order they were given in. The views live as long as a copy of these labels does.
    [[nodiscard]] std::span<const Label> all() const noexcept;
    // method="GET",route="/x" with the values escaped, as both text formats have it between the braces.
    [[nodiscard]] std::string_view text() const noexcept;
    // Empty: there is no such label.
    [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return !kept_; }

private:
    class Kept;
    std::shared_ptr<const Kept> kept_;   // nothing: no label
};

}  // namespace outrigger::metrics
