// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/upstream_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace outrigger::demo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class UpstreamWatchTest : public testing::Test {
protected:
    // As /api/upstreams has it.
    [[nodiscard]] std::string page(const std::string& circuit, const std::string& endpoint,
                                   const std::string& name = "users") const {
        return R"({"upstreams":[{"upstream":")" + name + R"(","circuit":{"state":")" + circuit +
               R"("},"endpoints":[{"endpoint":"127.0.0.2:)" + std::to_string(shop.port(Callee::users)) +
               R"(","state":")" + endpoint + R"("}]}]})";
    }

    SystemClock clock;
    Shop shop{{}, clock};
    UpstreamWatch watch{shop};
};

TEST_F(UpstreamWatchTest, what_is_well_from_the_start_is_not_told) {
    EXPECT_THAT(watch.changes(page("closed", "healthy")), IsEmpty());
}

TEST_F(UpstreamWatchTest, an_endpoint_goes_and_comes_back) {
    EXPECT_THAT(watch.changes(page("closed", "ejected")),
                ElementsAre("users-2 is ejected: the others get its calls"));
    EXPECT_THAT(watch.changes(page("closed", "ejected")), IsEmpty());
    EXPECT_THAT(watch.changes(page("closed", "healthy")), ElementsAre("users-2 gets calls again"));
}

TEST_F(UpstreamWatchTest, a_circuit_opens_and_closes_and_its_probes_are_not_told) {
    EXPECT_THAT(watch.changes(page("open", "healthy")),
                ElementsAre("the circuit of users opens: its calls are refused at once"));
    EXPECT_THAT(watch.changes(page("half_open", "healthy")), IsEmpty());
    EXPECT_THAT(watch.changes(page("open", "healthy")), IsEmpty());
    EXPECT_THAT(watch.changes(page("half_open", "healthy")), IsEmpty());
    EXPECT_THAT(watch.changes(page("closed", "healthy")),
                ElementsAre("the circuit of users closes: its calls pass again"));
}

TEST_F(UpstreamWatchTest, upstreams_without_policies_are_left_out) {
    EXPECT_THAT(watch.changes(page("open", "ejected", "users-bare")), IsEmpty());
}

TEST_F(UpstreamWatchTest, what_is_no_such_page_changes_nothing) {
    for (const char* text :
         {"", "[]", "{", "{}", R"({"upstreams":7})", R"({"upstreams":[7,{}]})",
          R"({"upstreams":[{"upstream":"users","circuit":7,"endpoints":[7,{"state":7}]}]})"})
        EXPECT_THAT(watch.changes(text), IsEmpty()) << text;
    EXPECT_THAT(watch.changes(page("closed", "healthy")), IsEmpty());
}

}  // namespace
}  // namespace outrigger::demo
