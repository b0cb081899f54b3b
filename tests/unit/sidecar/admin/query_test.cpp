// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/query.hpp"

#include <gtest/gtest.h>

namespace outrigger::admin {
namespace {

TEST(QueryValue, is_that_of_the_first_parameter_of_the_name) {
    EXPECT_EQ(query_value("id=a&limit=5&id=b", "id"), "a");
    EXPECT_EQ(query_value("id=a&limit=5", "limit"), "5");
    EXPECT_EQ(query_value("idx=a&id=b", "id"), "b");
}

TEST(QueryValue, is_empty_where_there_is_none) {
    EXPECT_EQ(query_value("", "id"), "");
    EXPECT_EQ(query_value("id", "id"), "");
    EXPECT_EQ(query_value("id=", "id"), "");
    EXPECT_EQ(query_value("&&x=1", "id"), "");
}

TEST(QueryValue, is_decoded_as_far_as_it_is_encoded) {
    EXPECT_EQ(query_value("id=a%2Fb+c%20d", "id"), "a/b c d");
    EXPECT_EQ(query_value("id=100%", "id"), "100%");
    EXPECT_EQ(query_value("id=%zz%4", "id"), "%zz%4");
}

}   // namespace
}   // namespace outrigger::admin
