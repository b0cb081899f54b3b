// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/document.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const Standing> standing(std::string key, Outcome outcome) {
    const Status status = outcome.status;
    std::string body = entry_body(outcome, status);
    return std::make_shared<const Standing>(
        Standing{std::move(key), status, status, std::move(outcome), {}, std::move(body)});
}

const Standings mixed{standing("db", up(3ms)), standing("cache", degraded("gone")),
                      standing("app", down("refused", 1ms))};
const Standings well{standing("db", up(3ms)), standing("cache", degraded("gone"))};

struct Golden {
    Format format;
    const char* mixed;
    const char* well;
    const char* draining;   // well, but draining
    const char* nothing;
};
const Golden goldens[]{
    {Format::terminus11,
     R"({"status":"error","info":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"}},"error":{"app":{"message":"refused","status":"down"}},"details":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"},"app":{"message":"refused","status":"down"}}})",
     R"({"status":"ok","info":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"}},"error":{},"details":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"}}})",
     R"({"status":"shutting_down","info":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"}},"error":{},"details":{"db":{"status":"up"},"cache":{"message":"gone","status":"up"}}})",
     R"({"status":"ok","info":{},"error":{},"details":{}})"},
    {Format::terminus10,
     R"({"status":"error","info":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"}},"error":{"app":{"status":"down","message":"refused"}},"details":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"},"app":{"status":"down","message":"refused"}}})",
     R"({"status":"ok","info":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"}},"error":{},"details":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"}}})",
     R"({"status":"shutting_down","info":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"}},"error":{},"details":{"db":{"status":"up"},"cache":{"status":"up","message":"gone"}}})",
     R"({"status":"ok","info":{},"error":{},"details":{}})"},
    {Format::spring,
     R"({"status":"DOWN","components":{"app":{"status":"DOWN","details":{"error":"refused"}},"cache":{"status":"UNKNOWN","details":{"error":"gone"}},"db":{"status":"UP"}}})",
     R"({"status":"UP","components":{"cache":{"status":"UNKNOWN","details":{"error":"gone"}},"db":{"status":"UP"}}})",
     R"({"status":"OUT_OF_SERVICE","components":{"cache":{"status":"UNKNOWN","details":{"error":"gone"}},"db":{"status":"UP"}}})",
     R"({"status":"UP"})"},
    {Format::microprofile,
     R"({"status":"DOWN","checks":[{"name":"db","status":"UP","data":{"responseTime":3}},{"name":"cache","status":"UP","data":{"message":"gone"}},{"name":"app","status":"DOWN","data":{"message":"refused","responseTime":1}}]})",
     R"({"status":"UP","checks":[{"name":"db","status":"UP","data":{"responseTime":3}},{"name":"cache","status":"UP","data":{"message":"gone"}}]})",
     R"({"status":"DOWN","checks":[{"name":"db","status":"UP","data":{"responseTime":3}},{"name":"cache","status":"UP","data":{"message":"gone"}}]})",
     R"({"status":"UP","checks":[]})"},
    {Format::health_json,
     R"({"status":"fail","checks":{"db:responseTime":[{"observedValue":3,"observedUnit":"ms","status":"pass"}],"cache":[{"status":"warn","output":"gone"}],"app:responseTime":[{"observedValue":1,"observedUnit":"ms","status":"fail","output":"refused"}]}})",
     R"({"status":"warn","checks":{"db:responseTime":[{"observedValue":3,"observedUnit":"ms","status":"pass"}],"cache":[{"status":"warn","output":"gone"}]}})",
     R"({"status":"fail","output":"shutting down","checks":{"db:responseTime":[{"observedValue":3,"observedUnit":"ms","status":"pass"}],"cache":[{"status":"warn","output":"gone"}]}})",
     R"({"status":"pass"})"},
};

TEST(OtherDocuments, say_the_same_in_their_own_words) {
    for (const Golden& golden : goldens) {
        EXPECT_EQ(document(mixed, false, golden.format).body, golden.mixed);
        EXPECT_EQ(document(mixed, false, golden.format).status, 503);
        EXPECT_EQ(document(well, false, golden.format).body, golden.well);
        EXPECT_EQ(document(well, false, golden.format).status, 200);
        EXPECT_EQ(document(well, true, golden.format).body, golden.draining);
        EXPECT_EQ(document(well, true, golden.format).status, 503);
        EXPECT_EQ(document({}, false, golden.format).body, golden.nothing);
        EXPECT_FALSE(content_type(golden.format).empty());
    }
}

}   // namespace
}   // namespace outrigger::health
