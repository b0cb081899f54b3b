// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/push.hpp>

#include <set>
#include <stdexcept>

#include <outrigger/core/base64.hpp>
#include <outrigger/metrics/text_page.hpp>

namespace outrigger::metrics {
namespace {

// As RFC 3986 has it: what is not unreserved.
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hexadecimal = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (unreserved.find(c) != std::string_view::npos)
            encoded += c;
        else
            ((encoded += '%') += hexadecimal[byte >> 4]) += hexadecimal[byte & 15];
    }
    return encoded;
}

void add(std::string& path, std::string_view name, std::string_view value) {
    // "." and "..": a path with those is another path.
    const bool plain = !value.empty() && value.find('/') == std::string_view::npos && value != "." && value != "..";
    (path += '/') += name;
    if (plain)
        (path += '/') += percent_encoded(value);
    else   // a lone = is what stands for nothing
        (path += "@base64/") += value.empty() ? "=" : base64(value, Base64::url);
}

template <class Series>
void drop_timestamps(std::vector<Series>& all) {
    for (Series& series : all) series.timestamp_ms = 0;
}

}  // namespace

std::string push_path(const PushGroup& group) {
    if (group.job.empty()) throw std::invalid_argument("a push needs the name of its job");
    std::string path = "/metrics";
    add(path, "job", group.job);
    std::set<std::string_view> names{"job"};
    for (const auto& [name, value] : group.labels) {
        if (!label_name_allowed(name))
            throw std::invalid_argument("a push's label is named '" + name +
                                        "'; allowed are letters, digits and _");
        if (!names.insert(name).second) throw std::invalid_argument("a push's label '" + name + "' is there twice");
        add(path, name, value);
    }
    return path;
}

std::string push_body(std::vector<MetricFamily> families) {
    for (MetricFamily& family : families) {
        drop_timestamps(family.numbers);
        drop_timestamps(family.histograms);
        drop_timestamps(family.summaries);
    }
    return text_page(families);
}

}  // namespace outrigger::metrics
