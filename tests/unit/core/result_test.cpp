// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace outrigger {
namespace {

constexpr Fault refused{Reason::connect_failed, "connect", 111};

TEST(Result, holds_a_value_or_a_fault) {
    const Result<int> seven = 7;
    const Result<int> fault = refused;
    EXPECT_TRUE(seven);
    EXPECT_EQ(*seven, 7);
    EXPECT_FALSE(fault);
    EXPECT_FALSE(fault.has_value());
    EXPECT_EQ(fault.error(), refused);
}

TEST(Result, a_value_that_cannot_be_copied_moves_through) {
    Result<std::unique_ptr<int>> made = std::make_unique<int>(3);
    const std::unique_ptr<int> taken = *std::move(made);
    EXPECT_EQ(*taken, 3);
    EXPECT_EQ(*made, nullptr) << "the value was moved from, not copied";
}

TEST(Result, its_value_can_be_changed_in_place) {
    Result<std::string> name = std::string{"a"};
    name->push_back('b');
    *name += 'c';
    EXPECT_EQ(name.value(), "abc");
}

TEST(Result, a_fault_among_values_of_type_fault_is_no_value) {
    struct Both {
        int number = 0;
    };
    Result<Both> result = Both{2};
    result = refused;
    EXPECT_FALSE(result);
    result = Both{3};
    EXPECT_EQ(result->number, 3);
}

TEST(ResultOfVoid, is_well_unless_it_holds_a_fault) {
    const Result<void> well;
    const Result<void> ill = refused;
    EXPECT_TRUE(well);
    EXPECT_FALSE(ill);
    EXPECT_EQ(ill.error().os_error, 111);
}

TEST(Fault, is_equal_when_every_part_is) {
    EXPECT_EQ(refused, (Fault{Reason::connect_failed, "connect", 111}));
    EXPECT_NE(refused, (Fault{Reason::connect_failed, "connect", 110}));
    EXPECT_NE(refused, (Fault{Reason::timeout, "connect", 111}));
    EXPECT_NE(refused, (Fault{Reason::connect_failed, "socket", 111}));
    EXPECT_NE(refused, (Fault{Reason::connect_failed, "connect", 111, std::chrono::seconds{1}}));
}

TEST(ResultDeathTest, asking_for_what_is_not_there_aborts) {
    const Result<int> fault = refused;
    const Result<int> value = 1;
    const Result<void> well;
    EXPECT_DEATH((void)fault.value(), "");
    EXPECT_DEATH((void)*fault, "");
    EXPECT_DEATH((void)value.error(), "");
    EXPECT_DEATH((void)well.error(), "");
}

}   // namespace
}   // namespace outrigger
