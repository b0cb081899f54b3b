// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/metrics/family.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The metrics page in the form that a scraper asks for. Pure functions, thread-safe.
namespace outrigger::metrics {

enum class PageFormat : std::uint8_t { text, openmetrics, protobuf };
inline constexpr std::size_t page_format_count = 3;

[[nodiscard]] constexpr std::string_view to_string(PageFormat format) noexcept {
    switch (format) {
        case PageFormat::text: return "text";
        case PageFormat::openmetrics: return "openmetrics";
        case PageFormat::protobuf: return "protobuf";
    }
    return "";
}

// The Content-Type of a page. Prometheus 3 refuses a page without one that it knows.
[[nodiscard]] std::string_view content_type(PageFormat format) noexcept;

// What an Accept field asks for: the format of the highest q, of equal ones the first named. Several fields are one
// with commas between. Nothing that we have, or no field: text 0.0.4, which every scraper falls back to.
[[nodiscard]] PageFormat negotiate_format(std::string_view accept) noexcept;

// Whether an Accept-Encoding field allows gzip.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

// text_page(), openmetrics_page() or protobuf_page().
[[nodiscard]] std::string write_page(std::span<const MetricFamily> families, PageFormat format);

// The bytes in gzip's form (RFC 1952), compressed quickly rather than well: a page is a tenth of its size then. Throws
// std::bad_alloc.
[[nodiscard]] std::string gzip(std::string_view bytes);

}  // namespace outrigger::metrics
