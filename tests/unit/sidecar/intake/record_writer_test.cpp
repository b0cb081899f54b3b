// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/record_writer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace outrigger::intake {
namespace {

using Json = nlohmann::ordered_json;
using logging::Severity;

const WallTime arrival{std::chrono::seconds{1'763'633'538}};   // 2025-11-20T10:12:18Z

struct Made {
    Json json;
    std::string line;
    Written written;
};

Made made(std::string_view text, const std::vector<std::string>& patterns = {}) {
    const logging::Redaction redaction{patterns};
    RecordWriter writer{"shop", redaction};
    JsonTree tree;
    std::size_t at = 0;
    EXPECT_EQ(tree.parse(text, at).what, "") << text;
    Made result;
    result.written = writer.write(result.line, tree, arrival);
    result.json = Json::parse(result.line, nullptr, false);
    EXPECT_FALSE(result.json.is_discarded()) << result.line;
    // What the shipper relies on.
    EXPECT_TRUE(result.line.ends_with("}}\n")) << result.line;
    EXPECT_EQ(std::prev(result.json.end()).key(), "event") << result.line;
    EXPECT_FALSE(result.json["event"].empty()) << result.line;
    return result;
}

TEST(RecordWriter, an_empty_object_becomes_a_whole_record) {
    EXPECT_EQ(made("{}").line, "{\"@timestamp\":\"2025-11-20T10:12:18.000000Z\",\"log.level\":\"info\",\"ecs.version\":\"9.4.0\","
                               "\"service\":{\"name\":\"shop\"},\"event\":{\"dataset\":\"shop\"}}\n");
}

TEST(RecordWriter, a_record_of_the_schema_stays_as_it_is) {
    const Made it = made(
        R"({"@timestamp":"2026-11-20T10:12:18.5Z","log.level":"error","message":"m","ecs.version":"8.11","service":{"name":"x","version":"1"},)"
        R"("event":{"dataset":"d","kind":"event"},"labels":{"a":"b"}})");
    EXPECT_EQ(it.line, "{\"@timestamp\":\"2026-11-20T10:12:18.5Z\",\"log.level\":\"error\",\"message\":\"m\","
                       "\"service\":{\"name\":\"x\",\"version\":\"1\"},\"ecs.version\":\"8.11\",\"labels\":{\"a\":\"b\"},"
                       "\"event\":{\"kind\":\"event\",\"dataset\":\"d\"}}\n");
    EXPECT_EQ(it.written.severity, Severity::high);
    EXPECT_FALSE(it.written.own_id);
}

TEST(RecordWriter, pino_is_understood) {
    const Made it = made(R"({"level":50,"time":1763633538123,"pid":7,"hostname":"h","msg":"boom","err":{"type":"E","stack":"s\n"}})");
    EXPECT_EQ(it.json["@timestamp"], "2025-11-20T10:12:18.123000Z");
    EXPECT_EQ(it.json["log.level"], "error");
    EXPECT_EQ(it.json["message"], "boom");
    EXPECT_FALSE(it.json.contains("level") || it.json.contains("time") || it.json.contains("msg"));
    EXPECT_EQ(it.json["err"]["stack"], "s\n");
    EXPECT_EQ(it.written.severity, Severity::high);
}

TEST(RecordWriter, winston_and_nest_are_understood) {
    const Made winston = made(R"({"level":"verbose","message":"m","timestamp":"2026-11-20T10:12:18.123Z","service":"orders"})");
    EXPECT_EQ(winston.json["@timestamp"], "2026-11-20T10:12:18.123Z");
    EXPECT_EQ(winston.json["service"]["name"], "orders");
    EXPECT_EQ(winston.written.severity, Severity::low);
    const Made nest = made(R"({"level":"log","pid":1,"timestamp":1763633538123,"message":{"a":[1,"x"]},"context":"C"})");
    EXPECT_EQ(nest.json["log.level"], "info");
    EXPECT_EQ(nest.json["message"], R"({"a":[1,"x"]})");
    EXPECT_EQ(nest.json["context"], "C");
}

TEST(RecordWriter, what_contradicts_the_schema_gets_a_form_that_fits) {
    const Made it = made(R"({"error":"boom","user":7,"host":"h","event":"paid","log":"l","":"x","url":{"path":"/"}})");
    EXPECT_EQ(it.json["error"]["message"], "boom");
    EXPECT_EQ(it.json["user"]["name"], "7");
    EXPECT_EQ(it.json["host"]["name"], "h");
    EXPECT_EQ(it.json["event"]["action"], "paid");
    EXPECT_EQ(it.json["message"], "l");
    EXPECT_EQ(it.json["_"], "x");
    EXPECT_EQ(it.json["url"]["path"], "/");
}

TEST(RecordWriter, what_is_no_time_is_kept_aside) {
    const Made it = made(R"({"@timestamp":"yesterday","timestamp":"no","time":1763633500})");
    EXPECT_EQ(it.json["@timestamp"], "2025-11-20T10:11:40.000000Z");
    EXPECT_EQ(it.json["original_timestamp"], "yesterday");
    EXPECT_EQ(it.json["timestamp"], "no");
    EXPECT_FALSE(it.json.contains("time"));
}

TEST(RecordWriter, numbers_that_a_double_does_not_hold_become_texts) {
    const Made it = made(
        R"({"a":9007199254740992,"b":9007199254740993999,"c":-18446744073709551616,"d":1e400,"e":1.25,"f":123456789012345678901.5,"g":1e-400})");
    EXPECT_EQ(it.json["a"], 9007199254740992);
    EXPECT_EQ(it.json["b"], "9007199254740993999");
    EXPECT_EQ(it.json["c"], "-18446744073709551616");
    EXPECT_EQ(it.json["d"], "1e400");
    EXPECT_EQ(it.json["e"], 1.25);
    EXPECT_TRUE(it.json["f"].is_number());
    EXPECT_EQ(it.json["g"], "1e-400");
}

TEST(RecordWriter, an_event_id_of_its_own_stays) {
    const Made nested = made(R"({"event":{"id":"abc","action":"x"}})");
    EXPECT_TRUE(nested.written.own_id);
    EXPECT_EQ(nested.json["event"]["id"], "abc");
    const Made dotted = made(R"({"event.id":"abc","event.dataset":"d"})");
    EXPECT_TRUE(dotted.written.own_id);
    EXPECT_EQ(dotted.json["event"], Json::parse(R"({"dataset":"d","id":"abc"})"));
    for (const std::string& id : {std::string{"7"}, std::string{"\"\""}, std::string{"[1]"}, std::string{"null"}, '"' + std::string(600, 'x') + '"'}) {
        const Made it = made("{\"event\":{\"id\":" + id + "}}");
        EXPECT_FALSE(it.written.own_id) << id;
        EXPECT_FALSE(it.json["event"].contains("id")) << id;
        EXPECT_EQ(it.json["event"].contains("original_id"), id != "null") << id;
    }
}

TEST(RecordWriter, an_event_id_that_is_no_utf8_is_none) {
    for (const std::string_view text : {"{\"event\":{\"id\":\"a\xff\"}}", R"({"event.id":"\ud800"})"}) {
        const Made it = made(text);
        EXPECT_FALSE(it.written.own_id) << text;
        EXPECT_TRUE(it.json["event"].contains("original_id")) << text;
    }
}

TEST(RecordWriter, what_gets_a_new_name_is_redacted_under_it) {
    const Made it = made(R"({"user":"alice","error":"e","url":"u","msg":"m","service":"s","event":"v","host":"h"})",
                         {"user.name", "error.message", "original", "message", "service.name", "action"});
    for (const auto& [object, name] : {std::pair{"user", "name"}, {"error", "message"}, {"url", "original"},
                                       {"service", "name"}, {"event", "action"}})
        EXPECT_EQ(it.json[object][name], "[redacted]") << object;
    EXPECT_EQ(it.json["message"], "[redacted]");
    EXPECT_EQ(it.json["host"]["name"], "h");
    EXPECT_EQ(made(R"({"log":"l"})", {"message"}).json["message"], "[redacted]");
}

TEST(RecordWriter, a_new_name_is_said_once) {
    const Made it = made(R"({"_":1,"":2,"a":{"_":3,"":4},"original_timestamp":5,"@timestamp":"x",)"
                         R"("event":{"original_id":6,"id":7}})");
    const auto times = [&](std::string_view name) {
        int count = 0;
        for (std::size_t at = it.line.find(name); at != std::string::npos; at = it.line.find(name, at + 1)) ++count;
        return count;
    };
    EXPECT_EQ(times(R"("_":)"), 2) << it.line;
    EXPECT_EQ(times(R"("original_timestamp":)"), 1) << it.line;
    EXPECT_EQ(times(R"("original_id":)"), 1) << it.line;
    EXPECT_EQ(it.json["_"], 2);
    EXPECT_EQ(it.json["a"]["_"], 4);
    EXPECT_EQ(it.json["original_timestamp"], "x");
    EXPECT_EQ(it.json["event"]["original_id"], "7");
}

TEST(RecordWriter, members_with_nothing_in_them_say_nothing) {
    const Made it = made(R"({"message":null,"service":null,"event":null,"level":null,"a":{},"b":[]})");
    EXPECT_FALSE(it.json.contains("message"));
    EXPECT_EQ(it.json["service"]["name"], "shop");
    EXPECT_EQ(it.json["event"]["dataset"], "shop");
    EXPECT_EQ(it.json["log.level"], "info");
    EXPECT_EQ(it.json["a"], Json::object());
    EXPECT_EQ(it.json["b"], Json::array());
}

TEST(RecordWriter, dotted_names_of_the_schema_are_not_said_twice) {
    const Made it = made(R"({"service.name":"x","log":{"level":"warn","logger":"l"},"ecs":{"version":"1"}})");
    EXPECT_EQ(it.json["service.name"], "x");
    EXPECT_FALSE(it.json.contains("service"));
    EXPECT_FALSE(it.json.contains("log.level"));
    EXPECT_FALSE(it.json.contains("ecs.version"));
    EXPECT_EQ(it.json["log"]["logger"], "l");
    EXPECT_EQ(it.written.severity, Severity::high);
}

TEST(RecordWriter, a_text_becomes_a_message_with_a_tag) {
    const logging::Redaction redaction;
    RecordWriter writer{"sh\"op", redaction};
    std::string line;
    EXPECT_EQ(writer.write_text(line, "not \"json\" \xff", arrival).severity, Severity::normal);
    const Json json = Json::parse(line);
    EXPECT_EQ(json["message"], "not \"json\" \xef\xbf\xbd");
    EXPECT_EQ(json["tags"][0], "_jsonparsefailure");
    EXPECT_EQ(json["service"]["name"], "sh\"op");
    EXPECT_TRUE(line.ends_with("}}\n"));
}

TEST(RecordWriter, broken_json_is_left_out_if_anything_is_to_be_redacted) {
    const std::vector<std::string> patterns{"password"};
    const logging::Redaction redaction{patterns};
    RecordWriter writer{"shop", redaction};
    const auto message = [&](std::string_view text) {
        std::string line;
        (void)writer.write_text(line, text, arrival);
        return Json::parse(line)["message"].get<std::string>();
    };
    EXPECT_EQ(message(R"({"password":"x",})"), "[left out: 17 bytes, no JSON]");
    EXPECT_EQ(message(R"( [{"password":"x"}])"), "[left out: 19 bytes, no JSON]");
    EXPECT_EQ(message("the password is x"), "the password is x");
}

}   // namespace
}   // namespace outrigger::intake
