// SPDX-License-Identifier: Apache-2.0
// Every kind of record that the library and the sidecar make, against the list of fields that there may be.
#include "field_list.hpp"
#include "sample_records.hpp"

#include <outrigger/logging/logger.hpp>
#include "tests/unit/logging/kept_records.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

class EcsFields : public ::testing::Test {
protected:
    void expect_valid(std::size_t at_least) {
        const std::vector<std::string> lines = kept->taken();
        EXPECT_GE(lines.size(), at_least);
        for (const std::string& line : lines)
            for (const std::string& fault : list.faults(line)) ADD_FAILURE() << fault << "\n" << line;
    }
    const FieldList list{ECS_FIELDS};
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
};

TEST_F(EcsFields, the_list_notices_what_is_not_in_it) {
    EXPECT_FALSE(list.faults("{}\n").empty());
    const std::string good = R"({"@timestamp":"2026-11-20T00:00:00.000001Z","log.level":"info","message":"m",)"
                             R"("ecs.version":"9.4.0","event":{"dataset":"d"}})"
                             "\n";
    EXPECT_TRUE(list.faults(good).empty());
    const auto with = [&good](std::string_view member) {
        std::string line = good;
        return line.insert(line.find("\"event\""), member);
    };
    EXPECT_FALSE(list.faults(with(R"("mine":1,)")).empty());
    EXPECT_FALSE(list.faults(with(R"("trace":{"id":1},)")).empty());
    EXPECT_FALSE(list.faults(with(R"("labels":{"a":{"b":1}},)")).empty());
}

TEST_F(EcsFields, of_records_of_every_kind) {
    const auto samples = sample_records();
    EXPECT_GE(samples.size(), 15u);
    for (const SampleRecord& sample : samples)
        for (const std::string& fault : list.faults(sample.line)) ADD_FAILURE() << sample.kind << ": " << fault << "\n" << sample.line;
}

TEST_F(EcsFields, of_a_logger_whatever_its_callers_name) {
    const Logger log{{.service = "orders",
                      .version = "1.2",
                      .environment = "prod",
                      .node = "n1",
                      .name = "db",
                      .level = Level::trace,
                      .sinks = {kept},
                      .redact = {"password"},
                      .record_max = Bytes{2048}}};
    log.trace("plain");
    const TraceContext trace{{.trace = "0af7651916cd43dd8448eb211c80319c", .span = "b7ad6b7169203331", .request = "r-1"}};
    log.error("failed", field(std::runtime_error{"no"}), field("event.action", "pay"), field("event.duration", 3ms),
              field("http.request.method", "POST"), field("url.path", "/pay"));
    log.info("moved", field("user", "bob"), field("message", 1), field("event.id", "mine"), field("log.level", "x"),
             field("service.name", "y"), field("labels.password", "z"), field("labels.big", UINT64_MAX));
    log.info(std::string(5'000, 'x'));
    const Context odd{field("labels.a", 1), field("labels.a.b", 2), field("labels.\xff", 3)};
    log.warn("odd");
    kept->looks = 0;
    expect_valid(5);
}

}   // namespace
