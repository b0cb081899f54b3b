// SPDX-License-Identifier: Apache-2.0
#include "logging/record_text.hpp"
#include <outrigger/core/rng.hpp>
#include <outrigger/logging/logger.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <source_location>
#include <string>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;
using namespace std::chrono_literals;

constexpr WallTime at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}} + 1us;

class RecordTexts : public ::testing::Test {
protected:
    RecordTexts() { facts.known_name.look_up(); }

    RecordDraft draft(std::string_view message, std::span<const Field* const> fields) {
        facts.named_at = at.time_since_epoch().count() >> 30;
        return {.level = Level::info, .at = at, .message = message, .constants = constants, .origin = nullptr,
                .bound = {}, .given = fields, .redaction = redaction, .thread = facts};
    }
    std::string text(const RecordDraft& draft) {
        return std::string{write_record(draft, buffer).line};
    }

    RecordConstants constants{{.service = "orders"}};
    Redaction redaction;
    ThreadFacts facts;
    std::array<char, 4096> buffer;
};

TEST_F(RecordTexts, a_record_begins_with_what_ecs_wants_first_and_ends_with_the_object_event) {
    const Field id = field("order.id", "o-1");
    const Field total = field("total", 12.5);
    const std::array<const Field*, 2> fields{&id, &total};
    const std::string thread{facts.known_name.members()};
    EXPECT_EQ(text(draft("order \"placed\"\n", fields)),
              R"({"@timestamp":"2026-11-20T00:00:00.000001Z","log.level":"info","message":"order \"placed\"\n",)"
              R"("ecs.version":"9.4.0","service":{"name":"orders"},)" +
                  thread + R"(,"order":{"id":"o-1"},"total":12.5,"event":{"dataset":"orders"}})" + "\n");
}

TEST_F(RecordTexts, names_that_share_objects_open_each_once) {
    std::deque<Field> fields;
    std::vector<const Field*> all;
    for (const char* const name : {"a.b.c", "x", "a.d", "a.b.e", "process.pid", "event.action", "event.a.b"})
        all.push_back(&fields.emplace_back(field(std::string_view{name}, 1)));
    const std::string record = text(draft("m", all));
    EXPECT_NE(record.find(R"("a":{"b":{"c":1,"e":1},"d":1},"process":{"pid":1,"thread":{"name":)"), std::string::npos)
        << record;
    EXPECT_TRUE(record.ends_with("\"x\":1,\"event\":{\"dataset\":\"orders\",\"a\":{\"b\":1},\"action\":1}}\n")) << record;
}

TEST_F(RecordTexts, a_call_may_name_its_dataset) {
    const Field dataset = field("event.dataset", "mine");
    const std::array<const Field*, 1> fields{&dataset};
    EXPECT_TRUE(text(draft("m", fields)).ends_with("\"event\":{\"dataset\":\"mine\"}}\n"));
}

TEST_F(RecordTexts, the_origin_is_part_of_the_object_log) {
    constants.rename("db");
    const auto origin = std::source_location::current();
    RecordDraft with = draft("m", {});
    with.origin = &origin;
    EXPECT_NE(text(with).find(R"("log":{"logger":"db","origin":{"file":{"name":"record_text_test.cpp","line":)" +
                              std::to_string(origin.line()) + R"(},"function":")"),
              std::string::npos);
    EXPECT_NE(text(draft("m", {})).find(R"("log":{"logger":"db"},)"), std::string::npos);
}

TEST_F(RecordTexts, secrets_are_blotted_out) {
    const std::vector<std::string> patterns{"*.password"};
    redaction = Redaction{patterns};
    const Field password = field("user.password", "hunter2");
    const std::array<const Field*, 1> fields{&password};
    const std::string record = text(draft("m", fields));
    EXPECT_NE(record.find(R"("user":{"password":"[redacted]"})"), std::string::npos) << record;
    EXPECT_EQ(record.find("hunter2"), std::string::npos);
}

TEST_F(RecordTexts, what_does_not_fit_is_cut_at_the_end_of_a_character_and_says_so) {
    std::string umlauts;
    for (int i = 0; i < 4000; ++i) umlauts += "\xc3\xa4";
    const Field text_field = field("t", umlauts);
    const Field number = field("n", 7);
    const std::array<const Field*, 2> fields{&text_field, &number};
    EXPECT_EQ(text(draft("m", fields)), "");
    const RecordText cut = write_truncated_record(draft(umlauts, fields), buffer);
    EXPECT_TRUE(cut.truncated);
    EXPECT_LE(cut.line.size(), buffer.size());
    EXPECT_GT(cut.line.size(), 2000u);
    EXPECT_NE(cut.line.find(R"("outrigger":{"truncated":true})"), std::string::npos);
    EXPECT_NE(cut.line.find(R"("n":7)"), std::string::npos);
    EXPECT_EQ(cut.line.find("\xef\xbf\xbd"), std::string::npos) << "no half character";
}

TEST_F(RecordTexts, when_cutting_texts_is_not_enough_fields_are_left_out) {
    const std::string long_name(200, 'k');
    std::deque<std::string> names;
    std::deque<Field> fields;
    std::vector<const Field*> all;
    for (int i = 0; i < 60; ++i) {
        names.push_back(long_name + std::to_string(i));
        all.push_back(&fields.emplace_back(field(names.back(), i)));
    }
    const RecordText cut = write_truncated_record(draft("m", all), buffer);
    EXPECT_TRUE(cut.truncated);
    EXPECT_TRUE(cut.line.ends_with("\"event\":{\"dataset\":\"orders\"}}\n"));
    EXPECT_NE(cut.line.find(R"("truncated":true)"), std::string::npos);
}

// A parser of just what it takes to see that a line is one JSON object without a repeated name.
class Checked {
public:
    explicit Checked(std::string_view text) : rest_{text} {}
    [[nodiscard]] bool one_line() { return object() && rest_ == "\n"; }

private:
    bool eat(char c) { return !rest_.empty() && rest_[0] == c && (rest_.remove_prefix(1), true); }
    bool object() {
        if (!eat('{')) return false;
        std::vector<std::string> names;
        for (;;) {
            std::string name;
            if (!string(name) || !eat(':')) return false;
            for (const std::string& other : names)
                if (other == name) return false;
            names.push_back(name);
            if (!value()) return false;
            if (eat('}')) return true;
            if (!eat(',')) return false;
        }
    }
    bool value() {
        if (rest_.starts_with('{')) return object();
        std::string ignored;
        if (rest_.starts_with('"')) return string(ignored);
        const auto size = rest_.find_first_of(",}");
        if (size == 0 || size == std::string_view::npos) return false;
        rest_.remove_prefix(size);
        return true;
    }
    bool string(std::string& text) {
        if (!eat('"')) return false;
        while (!rest_.empty() && rest_[0] != '"') {
            const std::size_t size = rest_[0] == '\\' ? 2 : 1;
            if (static_cast<unsigned char>(rest_[0]) < ' ') return false;
            text += rest_.substr(0, size);
            rest_.remove_prefix(size);
        }
        return eat('"');
    }
    std::string_view rest_;
};

TEST_F(RecordTexts, whatever_the_names_are_a_record_is_one_object_without_repeated_names) {
    Rng rng{20261120};
    constexpr std::array<std::string_view, 16> steps{"a",     "b",   "a_b", "labels", "event",  "id",      "log", "process",
                                                     "thread", "\"", "%22", "",       "\xff", "outrigger", "user", "dataset"};
    for (int round = 0; round < 5'000; ++round) {
        std::deque<std::string> names;
        std::deque<Field> fields;
        std::vector<const Field*> all;
        for (std::uint64_t i = rng.below(8); i > 0; --i) {
            std::string name{steps[rng.below(steps.size())]};
            for (std::uint64_t k = rng.below(3); k > 0; --k) name.append(".").append(steps[rng.below(steps.size())]);
            names.push_back(name);
            all.push_back(&fields.emplace_back(field(names.back(), i)));
        }
        const std::string record = text(draft("m", all));
        ASSERT_TRUE(Checked{record}.one_line()) << record << "round " << round;
        ASSERT_TRUE(record.ends_with("}}\n"));
    }
}

}   // namespace
