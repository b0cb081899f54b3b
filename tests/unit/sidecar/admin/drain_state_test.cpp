// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/drain_state.hpp"

#include <gtest/gtest.h>

namespace outrigger::admin {
namespace {

TEST(DrainState, is_json_that_reads_back) {
    const DrainState state{.draining = true, .ended = false, .exchanges = 3, .cut = 1};
    EXPECT_EQ(to_json(state), "{\"draining\":true,\"ended\":false,\"exchanges\":3,\"cut\":1}\n");
    EXPECT_EQ(drain_state_of(to_json(state)), state);
    EXPECT_EQ(drain_state_of(to_json({})), DrainState{});
}

TEST(DrainState, may_have_members_that_came_later) {
    EXPECT_EQ(drain_state_of(R"({"draining":true,"ended":true,"exchanges":0,"cut":0,"since":"now"})"),
              (DrainState{.draining = true, .ended = true}));
}

TEST(DrainState, is_not_read_from_anything_else) {
    for (const char* text : {"", "draining\n", "[]", "null", "{}", R"({"draining":true,"ended":true,"exchanges":0})",
                             R"({"draining":1,"ended":true,"exchanges":0,"cut":0})",
                             R"({"draining":true,"ended":true,"exchanges":-1,"cut":0})",
                             R"({"draining":true,"ended":true,"exchanges":0,"cut":"0"})"})
        EXPECT_EQ(drain_state_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace outrigger::admin
