// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/postgres_dsn.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace outrigger::config {
namespace {

TEST(PostgresDsn, may_be_a_url_also_of_several_hosts) {
    for (const std::string_view text :
         {"postgres://u:p@db:5432/orders?sslmode=require", "postgresql://db1:1,db2:2/orders",
          "postgres:///orders", "postgres://"})
        EXPECT_TRUE(PostgresDsn::parse(text)) << text;
}

TEST(PostgresDsn, may_be_a_list_of_keywords) {
    for (const std::string_view text :
         {"host=db", "host=db dbname = orders password='it''s", "host='a b' user=\\'x"})
        EXPECT_EQ(PostgresDsn::parse(text).has_value(), text.find("''s") == std::string_view::npos) << text;
}

TEST(PostgresDsn, everything_else_is_refused) {
    for (const std::string_view text :
         {"", "db", "mysql://db", "=x", "host", "host db=x", "HOST=db", "password='open",
          "postgres://u:p@x@db/orders", "postgres://u:p/w@db/orders", "postgres://db/a b", "host=a\tb=c"})
        EXPECT_FALSE(PostgresDsn::parse(text)) << '\'' << text << '\'';
}

std::string redacted(std::string_view text) { return PostgresDsn::parse(text).value().redacted(); }

TEST(PostgresDsn, hides_passwords_wherever_they_stand) {
    EXPECT_EQ(redacted("postgres://u:p@db/orders"), "postgres://u:***@db/orders");
    EXPECT_EQ(redacted("postgres://u@db/orders?password=p&x=y"), "postgres://***@db/orders?password=***&x=y");
    EXPECT_EQ(redacted("postgresql://db/orders?options=a@b&sslpassword=p"),
              "postgresql://db/orders?options=a@b&sslpassword=***");
    EXPECT_EQ(redacted("host=db password=p user=u"), "host=db password=*** user=u");
    EXPECT_EQ(redacted("password = 'a \\' b' host=db"), "password = *** host=db");
    EXPECT_EQ(redacted("host=db sslpassword=a\\ b"), "host=db sslpassword=***");
    EXPECT_EQ(redacted("host=db user=u"), "host=db user=u");
}

TEST(PostgresDsn, a_redacted_one_is_still_one) {
    for (const std::string_view text : {"postgres://u:p@db/orders", "host=db password='a b'", "password=p"})
        EXPECT_TRUE(PostgresDsn::parse(redacted(text))) << text;
}

}   // namespace
}   // namespace outrigger::config
