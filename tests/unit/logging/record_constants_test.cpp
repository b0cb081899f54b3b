// SPDX-License-Identifier: Apache-2.0
#include "logging/record_constants.hpp"
#include <outrigger/logging/logger.hpp>

#include <gtest/gtest.h>

namespace {

using namespace outrigger::logging;

TEST(RecordConstants, are_what_the_settings_say_of_the_service) {
    const RecordConstants all{
        {.service = "or\"ders", .version = "1.2", .environment = "prod", .node = "n1", .dataset = "d", .name = "db"}};
    EXPECT_EQ(all.head, R"("ecs.version":"9.4.0","service":{"name":"or\"ders","version":"1.2","environment":"prod",)"
                        R"("node":{"name":"n1"}})");
    EXPECT_EQ(all.event, R"("event":{"dataset":"d"})");
    EXPECT_EQ(all.log, R"("log":{"logger":"db"})");
}

TEST(RecordConstants, without_settings_there_is_still_a_dataset) {
    const RecordConstants none{LoggerSettings{}};
    EXPECT_EQ(none.head, R"("ecs.version":"9.4.0")");
    EXPECT_EQ(none.event, R"("event":{"dataset":"application"})");
    EXPECT_EQ(none.log, "");
    EXPECT_EQ(RecordConstants{{.service = "orders"}}.dataset, R"("dataset":"orders")");
}

TEST(RecordConstants, a_name_can_be_taken_away) {
    RecordConstants all{{.name = "db"}};
    all.rename("");
    EXPECT_EQ(all.log, "");
    EXPECT_EQ(all.logger, "");
}

}   // namespace
