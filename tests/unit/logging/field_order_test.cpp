// SPDX-License-Identifier: Apache-2.0
#include "logging/field_order.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace outrigger::logging;

using Names = std::vector<std::string>;

// The names as they will be written; '!' behind those that are blotted out.
class Arranged {
public:
    explicit Arranged(const std::vector<std::string>& names, const std::vector<std::string>& redact = {})
        : names_{names}, redaction_{redact}, order_{redaction_} {
        for (const std::string& name : names_) order_.add(fields_.emplace_back(field(name, fields_.size())));
        order_.arrange();
    }
    [[nodiscard]] Names names() const {
        Names all;
        for (const auto& entry : order_.entries()) all.push_back(std::string{entry.name()} + (entry.redacted ? "!" : ""));
        return all;
    }
    [[nodiscard]] std::uint64_t value(std::size_t i) const { return order_.entries()[i].field->natural(); }
    [[nodiscard]] bool left_out() const { return order_.left_out(); }

private:
    const std::vector<std::string> names_;   // entries refer to them
    Redaction redaction_;
    FieldOrder order_;
    std::deque<Field> fields_;
};

TEST(FieldOrder, fields_that_do_not_meet_stay_as_they_came) {
    EXPECT_EQ(Arranged({"b", "a.x", "c"}).names(), (Names{"b", "a.x", "c"}));
}

TEST(FieldOrder, those_of_one_object_come_together) {
    EXPECT_EQ(Arranged({"b.x", "a", "b.y", "b-c", "b.x.z"}).names(), (Names{"a", "b.x.z", "b.y", "b-c", "labels.b_x"}));
}

TEST(FieldOrder, of_one_name_the_last_one_stays) {
    const Arranged arranged{{"a", "b", "a"}};
    EXPECT_EQ(arranged.names(), (Names{"a", "b"}));
    EXPECT_EQ(arranged.value(0), 2u);
    EXPECT_FALSE(arranged.left_out());
}

TEST(FieldOrder, a_value_in_the_way_of_an_object_goes_under_labels) {
    EXPECT_EQ(Arranged({"a", "a.b"}).names(), (Names{"a.b", "labels.a"}));
    EXPECT_EQ(Arranged({"a.b", "a.b.c", "labels.a_b.x"}).names(), (Names{"a.b.c", "labels.a_b", "labels.a_b_x"}));
}

TEST(FieldOrder, what_the_record_has_itself_goes_under_labels) {
    EXPECT_EQ(Arranged({"message", "@timestamp", "log.level", "service.name", "user", "event.id", "a..b", ""}).names(),
              (Names{"labels.@timestamp", "labels._", "labels.a__b", "labels.event_id", "labels.log_level",
                     "labels.message", "labels.service_name", "labels.user"}));
}

TEST(FieldOrder, the_object_event_comes_last) {
    EXPECT_EQ(Arranged({"event.action", "z", "event.kind", "a"}).names(), (Names{"a", "z", "event.action", "event.kind"}));
}

TEST(FieldOrder, bytes_that_no_name_should_have_are_told_apart) {
    EXPECT_EQ(Arranged({"a\"", "a%22", "a\xff", "\xc3\xa4"}).names(), (Names{"a%22", "a%2522", "a%ff", "\xc3\xa4"}));
}

TEST(FieldOrder, secrets_are_marked_whatever_becomes_of_their_names) {
    EXPECT_EQ(Arranged({"password", "log.password", "name"}, {"password"}).names(),
              (Names{"labels.log_password!", "name", "password!"}));
}

TEST(FieldOrder, a_name_that_was_cut_is_a_secret_if_there_are_any) {
    const std::string long_name = std::string(300, 'k') + ".password";
    EXPECT_TRUE(Arranged({long_name}, {"password"}).names()[0].ends_with("k!"));
    EXPECT_TRUE(Arranged({long_name}).names()[0].ends_with("k"));
}

TEST(FieldOrder, more_fields_than_a_record_may_have_are_left_out) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < FieldOrder::most + 3; ++i) names.push_back("k" + std::to_string(i));
    const Arranged arranged{names};
    EXPECT_EQ(arranged.names().size(), FieldOrder::most);
    EXPECT_TRUE(arranged.left_out());
}

TEST(FieldOrder, names_that_take_too_much_room_when_they_are_changed_are_left_out) {
    std::vector<std::string> names;
    for (int i = 0; i < 10; ++i) names.push_back("log." + std::to_string(i) + std::string(240, 'x'));
    const Arranged arranged{names};
    EXPECT_EQ(arranged.names().size(), 8u);
    EXPECT_TRUE(arranged.left_out());
}

}   // namespace
