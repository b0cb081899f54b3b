// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/protobuf_page.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace outrigger::metrics {
namespace {

using namespace std::chrono_literals;

// A message taken apart, by field number: a reader of the wire format that knows no schema.
struct Message {
    std::multimap<int, std::variant<std::uint64_t, double, std::string>> fields;

    explicit Message(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::uint64_t key = varint(bytes);
            const int field = static_cast<int>(key >> 3);
            switch (key & 7) {
                case 0: fields.emplace(field, varint(bytes)); break;
                case 1: {
                    std::uint64_t bits = 0;
                    for (int i = 7; i >= 0; --i)
                        bits = bits << 8 | static_cast<unsigned char>(bytes.at(static_cast<std::size_t>(i)));
                    fields.emplace(field, std::bit_cast<double>(bits));
                    bytes.remove_prefix(8);
                    break;
                }
                case 2: fields.emplace(field, std::string{delimited(bytes)}); break;
                default: throw std::runtime_error{"wire type"};
            }
        }
    }
    static std::uint64_t varint(std::string_view& bytes) {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes.at(0));
            bytes.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
    }
    static std::string_view delimited(std::string_view& bytes) {
        const std::uint64_t size = varint(bytes);
        if (size > bytes.size()) throw std::runtime_error{"length"};
        const std::string_view part = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return part;
    }
    [[nodiscard]] std::size_t count(int field) const { return fields.count(field); }
    [[nodiscard]] std::uint64_t number(int field) const { return std::get<std::uint64_t>(fields.find(field)->second); }
    [[nodiscard]] std::int64_t zigzag(int field) const { return unzigzag(number(field)); }
    [[nodiscard]] double real(int field) const { return std::get<double>(fields.find(field)->second); }
    [[nodiscard]] std::string text(int field) const { return std::get<std::string>(fields.find(field)->second); }
    [[nodiscard]] Message in(int field, std::size_t index = 0) const {
        return Message{std::get<std::string>(
            std::next(fields.lower_bound(field), static_cast<std::ptrdiff_t>(index))->second)};
    }
    [[nodiscard]] std::vector<std::int64_t> packed(int field) const {
        const std::string bytes = text(field);
        std::vector<std::int64_t> values;
        for (std::string_view rest = bytes; !rest.empty();) values.push_back(unzigzag(varint(rest)));
        return values;
    }
    static std::int64_t unzigzag(std::uint64_t value) {
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
};

std::vector<Message> page(const std::vector<MetricFamily>& families) {
    const std::string bytes = protobuf_page(families);
    std::vector<Message> messages;
    for (std::string_view rest = bytes; !rest.empty();) messages.emplace_back(Message::delimited(rest));
    return messages;
}

TEST(ProtobufPage, an_empty_page_is_empty) { EXPECT_EQ(protobuf_page({}), ""); }

TEST(ProtobufPage, numbers_of_every_type) {
    const auto family = [](std::string name, MetricType type) {
        return MetricFamily{.name = std::move(name),
                            .help = "h\xff",
                            .type = type,
                            .numbers = {{.labels = {{"k", "v\"\n"}}, .value = 2.5}}};
    };
    const std::vector<std::pair<MetricType, std::pair<std::uint64_t, int>>> cases{
        {MetricType::counter, {0, 3}},
        {MetricType::gauge, {1, 2}},
        {MetricType::info, {1, 2}},
        {MetricType::state_set, {1, 2}},
        {MetricType::unknown, {3, 5}}};
    for (const auto& [type, numbers] : cases) {
        const Message read = page({family("x", type)}).at(0);
        EXPECT_EQ(read.text(1), "x");
        EXPECT_EQ(read.text(2), "h\xef\xbf\xbd");
        EXPECT_EQ(read.number(3), numbers.first);
        const Message metric = read.in(4);
        EXPECT_EQ(metric.in(1).text(1), "k");
        EXPECT_EQ(metric.in(1).text(2), "v\"\n");
        EXPECT_EQ(metric.in(numbers.second).real(1), 2.5);
    }
}

TEST(ProtobufPage, families_are_sorted_and_long_ones_have_long_lengths) {
    MetricFamily large{.name = "b", .help = std::string(20'000, 'h'), .type = MetricType::gauge};
    for (int i = 0; i < 3000; ++i)
        large.numbers.push_back({.labels = {{"i", std::to_string(i)}}, .value = static_cast<double>(i)});
    const MetricFamily small{.name = "a",
                             .help = "",
                             .type = MetricType::gauge,
                             .unit = "seconds",
                             .numbers = {{.labels = {}, .value = 1, .timestamp_ms = 12345}}};
    const auto read = page({large, {.name = "1", .numbers = {{.labels = {}, .value = 1}}}, {.name = "empty"}, small});
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].text(1), "a");
    EXPECT_EQ(read[0].count(2), 0U);
    EXPECT_EQ(read[0].text(5), "seconds");
    EXPECT_EQ(read[0].in(4).number(6), 12345U);
    EXPECT_EQ(read[1].text(2).size(), 20'000U);
    EXPECT_EQ(read[1].count(4), 3000U);
    EXPECT_EQ(read[1].in(4, 2999).in(2).real(1), 2999.0);
}

TEST(ProtobufPage, a_counter_has_its_exemplar_and_its_beginning) {
    NumberSeries series{.labels = {}, .value = 1, .created = WallTime{1'763'596'800'250ms}};
    series.exemplar = std::make_shared<Exemplar>(
        Exemplar{.labels = {{"trace_id", "4bf9"}}, .value = 0.5, .at = WallTime{5s}});
    const Message counter =
        page({{.name = "a_total", .help = "", .type = MetricType::counter, .numbers = {series}}})
            .at(0)
            .in(4)
            .in(3);
    EXPECT_EQ(counter.in(2).in(1).text(2), "4bf9");
    EXPECT_EQ(counter.in(2).real(2), 0.5);
    EXPECT_EQ(counter.in(2).in(3).number(1), 5U);
    EXPECT_EQ(counter.in(3).number(1), 1'763'596'800U);
    EXPECT_EQ(counter.in(3).number(2), 250'000'000U);
}

TEST(ProtobufPage, a_native_histogram_has_spans_deltas_and_a_zero_threshold) {
    HistogramSeries series{.labels = {}, .count = 10, .sum = 3.5};
    series.native = NativeBuckets{.schema = -2,
                                  .zero_threshold = 0.0,
                                  .zero_count = 1,
                                  .positive_spans = {{-3, 2}, {4, 1}},
                                  .positive_deltas = {2, -1, 3},
                                  .negative_spans = {{0, 1}},
                                  .negative_deltas = {300}};
    series.exemplars = {{.labels = {{"trace_id", "a"}}, .value = 1, .at = WallTime{7s}}, {.labels = {}, .value = 2}};
    const Message histogram =
        page({{.name = "h", .help = "", .type = MetricType::histogram, .histograms = {series}}})
            .at(0)
            .in(4)
            .in(7);
    EXPECT_EQ(histogram.number(1), 10U);
    EXPECT_EQ(histogram.real(2), 3.5);
    EXPECT_EQ(histogram.count(3), 0U);
    EXPECT_EQ(histogram.zigzag(5), -2);
    EXPECT_EQ(histogram.real(6), 0x1p-128);
    EXPECT_EQ(histogram.number(7), 1U);
    EXPECT_EQ(histogram.count(12), 2U);
    EXPECT_EQ(histogram.in(12, 0).zigzag(1), -3);
    EXPECT_EQ(histogram.in(12, 1).zigzag(1), 4);
    EXPECT_EQ(histogram.in(12, 1).number(2), 1U);
    EXPECT_EQ(histogram.packed(13), (std::vector<std::int64_t>{2, -1, 3}));
    EXPECT_EQ(histogram.packed(10), (std::vector<std::int64_t>{300}));
    EXPECT_EQ(histogram.count(16), 1U);   // without a time a server takes none
    EXPECT_EQ(histogram.in(16).in(3).number(1), 7U);
}

TEST(ProtobufPage, classic_buckets_carry_the_latest_exemplar_and_plus_infinity_is_implied) {
    HistogramSeries series{.labels = {}, .count = 3, .sum = 3.5, .buckets = {{0.5, 1}, {1, 2}}};
    const Message plain =
        page({{.name = "h", .help = "", .type = MetricType::histogram, .histograms = {series}}})
            .at(0)
            .in(4)
            .in(7);
    EXPECT_EQ(plain.count(3), 2U);
    EXPECT_EQ(plain.in(3, 1).number(1), 2U);
    EXPECT_EQ(plain.in(3, 1).real(2), 1.0);
    EXPECT_EQ(plain.count(5), 0U);
    series.exemplars = {{.labels = {}, .value = 1, .at = WallTime{8s}},
                        {.labels = {}, .value = 0.6, .at = WallTime{7s}},
                        {.labels = {}, .value = 5}};
    const Message read =
        page({{.name = "h", .help = "", .type = MetricType::histogram, .histograms = {series}}})
            .at(0)
            .in(4)
            .in(7);
    EXPECT_EQ(read.in(3, 0).count(3), 0U);
    EXPECT_EQ(read.in(3, 1).in(3).real(2), 1.0);
    EXPECT_EQ(read.count(3), 3U);
    EXPECT_EQ(read.in(3, 2).real(2), std::numeric_limits<double>::infinity());
    EXPECT_EQ(read.in(3, 2).number(1), 3U);
}

TEST(ProtobufPage, a_summary_has_its_quantiles) {
    const Message summary = page({{.name = "s",
                                   .help = "",
                                   .type = MetricType::summary,
                                   .summaries = {{.labels = {},
                                                  .count = 2,
                                                  .sum = 3,
                                                  .quantiles = {{0.5, 1.5}},
                                                  .created = WallTime{9s}}}}})
                                .at(0)
                                .in(4)
                                .in(4);
    EXPECT_EQ(summary.number(1), 2U);
    EXPECT_EQ(summary.real(2), 3.0);
    EXPECT_EQ(summary.in(3).real(1), 0.5);
    EXPECT_EQ(summary.in(3).real(2), 1.5);
    EXPECT_EQ(summary.in(4).number(1), 9U);
}

}  // namespace
}  // namespace outrigger::metrics
