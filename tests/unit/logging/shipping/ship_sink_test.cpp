// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/shipping/open_ship_sink.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

TEST(ShipSink, a_program_that_links_shipping_has_a_logger_that_ships) {
    const Logger log{{.service = "orders", .ship = {.to = "stdout:"}}};
    log.info("shipped");
    EXPECT_TRUE(log.flush(20s)) << "it is in the spool";
    EXPECT_EQ(log.stats().taken[1], 1u);
}

TEST(ShipSink, settings_that_make_no_sense_are_told_by_the_logger_s_constructor) {
    EXPECT_THROW((Logger{{.ship = {.to = "carrier+pigeon://home"}}}), std::invalid_argument);
}

TEST(ShipSink, a_shipper_is_opened_and_started) {
    std::shared_ptr<Sink> sink;
    outrigger_open_ship_sink({.to = "stdout:"}, "orders", sink);
    ASSERT_NE(sink, nullptr);
    EXPECT_TRUE(sink->has_room(100, Level::info));
    EXPECT_TRUE(sink->flush(20s));
}

}   // namespace
