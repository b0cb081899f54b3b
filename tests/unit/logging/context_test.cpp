// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/context.hpp>
#include <outrigger/logging/logger.hpp>
#include "kept_records.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace outrigger::logging;

class Contexts : public ::testing::Test {
protected:
    std::string logged() {
        log.info("x");
        const std::string middle = middle_of(kept->one());
        return middle.substr(0, middle.find(R"("process":)")) + middle.substr(middle.find("}}") + 2);
    }
    std::shared_ptr<KeptRecords> kept = std::make_shared<KeptRecords>();
    Logger log{{.sinks = {kept}}};
};

TEST_F(Contexts, a_scope_s_fields_are_in_every_record_until_its_end) {
    {
        const std::string tenant = "acme";
        const Context scope{field("tenant", tenant), field("job.id", 7)};
        EXPECT_EQ(logged(), R"(,"tenant":"acme","job":{"id":7})");
    }
    EXPECT_EQ(logged(), "");
}

TEST_F(Contexts, values_are_copied) {
    const Context scope{field("a", std::string(100, 'a')), field(std::string{"b"}, std::string{"b"}),
                        field(std::runtime_error{"no"})};
    EXPECT_EQ(logged(), R"(,"a":")" + std::string(100, 'a') +
                            R"(","b":"b","error":{"message":"no","type":"std::runtime_error"})");
}

TEST_F(Contexts, the_innermost_scope_wins_and_a_call_s_own_field_over_it) {
    const Context outer{field("a", 1), field("b", 1), field("c", 1)};
    const Context inner{field("b", 2), field("c", 2)};
    log.info("x", field("c", 3));
    EXPECT_NE(kept->one().find(R"("a":1,"b":2,"c":3)"), std::string::npos);
}

TEST_F(Contexts, a_trace_joins_with_what_a_call_says_of_the_request) {
    const TraceContext scope{{.trace = "0af7651916cd43dd8448eb211c80319c", .request = "r-1"}};
    log.info("x", field("http.request.method", "GET"));
    const std::string record = kept->one();
    EXPECT_NE(record.find(R"("http":{"request":{"id":"r-1","method":"GET"}})"), std::string::npos) << record;
    EXPECT_NE(record.find(R"("trace":{"id":"0af7651916cd43dd8448eb211c80319c"})"), std::string::npos);
    EXPECT_EQ(record.find(R"("span")"), std::string::npos) << "what is empty is left out";
}

TEST_F(Contexts, the_current_trace_is_that_of_the_innermost_scope_that_has_one) {
    EXPECT_EQ(TraceContext::current_trace(), "");
    const TraceContext outer{{.trace = "t1"}};
    {
        const TraceContext inner{{.trace = "t2"}};
        const TraceContext without{{.request = "r"}};
        EXPECT_EQ(TraceContext::current_trace(), "t2");
    }
    EXPECT_EQ(TraceContext::current_trace(), "t1");
}

TEST_F(Contexts, a_trace_s_ids_are_copied_and_long_ones_cut) {
    auto trace = std::make_unique<std::string>(100, 't');
    const TraceContext scope{{.trace = *trace, .span = std::string(100, 's'), .request = std::string(200, 'r')}};
    trace.reset();
    EXPECT_EQ(TraceContext::current_trace(), std::string(64, 't'));
    const std::string record = logged();
    EXPECT_NE(record.find('"' + std::string(64, 't') + '"'), std::string::npos) << record;
    EXPECT_NE(record.find('"' + std::string(32, 's') + '"'), std::string::npos) << record;
    EXPECT_NE(record.find('"' + std::string(128, 'r') + '"'), std::string::npos) << record;
}

TEST_F(Contexts, ids_that_last_are_not_copied_and_strange_ones_escaped) {
    const std::string request = "a\"b\\c";
    const TraceContext scope{{.request = request}, TraceContext::Lasting::yes};
    EXPECT_EQ(TraceContext::current().request.data(), request.data());
    EXPECT_NE(logged().find(R"("id":"a\"b\\c")"), std::string::npos);
}

TEST_F(Contexts, a_scope_belongs_to_its_thread) {
    const Context scope{field("a", 1)};
    std::string other;
    std::thread{[&] { other = logged(); }}.join();
    EXPECT_EQ(other, "");
}

}   // namespace
