// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <string_view>

#include "sidecar/config/load.hpp"

// What the schema accepts and refuses is tested with an independent validator, on the files of
// tests/scenario/config.
namespace outrigger::config {
namespace {

using Json = nlohmann::json;

Json document() { return Json::parse(schema()); }

// Calls visit(object) for every object schema in the document.
template <class Visit>
void each_object(const Json& node, const Visit& visit) {
    if (node.is_object() && node.contains("properties") && node["properties"].is_object()) visit(node);
    if (node.is_structured())
        for (const Json& child : node) each_object(child, visit);
}

TEST(Schema, names_its_dialect) {
    EXPECT_EQ(document()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

TEST(Schema, has_every_key_of_the_file) {
    std::set<std::string> keys;
    const Json root = document();
    for (const auto& [key, value] : root["properties"].items()) keys.insert(key);
    EXPECT_EQ(keys, (std::set<std::string>{"service", "admin", "inbound", "outbound", "health", "logs",
                                           "journal", "drain", "workers", "metrics", "limits"}));
}

TEST(Schema, every_struct_says_what_its_other_keys_are) {
    std::size_t objects = 0;
    each_object(document(), [&](const Json& object) {
        ++objects;
        ASSERT_TRUE(object.contains("additionalProperties"));
        EXPECT_TRUE(object["additionalProperties"] == false || object["additionalProperties"].is_object());
    });
    EXPECT_GT(objects, 20U);
}

TEST(Schema, every_key_is_described) {
    each_object(document(), [](const Json& object) {
        for (const auto& [key, value] : object["properties"].items()) {
            EXPECT_TRUE(value.contains("description")) << key;
            EXPECT_FALSE(value.value("description", "").empty()) << key;
        }
    });
}

TEST(Schema, carries_defaults_ranges_and_patterns) {
    const Json drain = document()["properties"]["drain"]["anyOf"][0]["properties"];
    EXPECT_EQ(drain["delay"]["default"], "5s");
    EXPECT_EQ(drain["delay"]["anyOf"][0]["pattern"], "^[0-9]+(\\.[0-9]+)?(h|m|s|ms|us|ns)$");
    const Json keep = document()["properties"]["journal"]["anyOf"][0]["properties"]["keep"]["anyOf"][0];
    EXPECT_EQ(keep, (Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 100000}}));
}

TEST(Schema, a_check_is_exactly_one_of_its_kinds) {
    const Json check = document()["properties"]["health"]["anyOf"][0]["properties"]["ready"]["anyOf"][0]
                                 ["additionalProperties"];
    ASSERT_EQ(check["anyOf"].size(), 12U);
    EXPECT_EQ(check["anyOf"][0]["required"], Json::array({"tcp"}));
    EXPECT_FALSE(check["anyOf"][0]["properties"].contains("disk"));
    EXPECT_TRUE(check["anyOf"][0]["properties"].contains("every"));
    EXPECT_EQ(check["anyOf"][5]["required"], Json::array({"disk"}));
    EXPECT_TRUE(check["anyOf"][5]["properties"].contains("free"));
}

TEST(Schema, holds_no_default_for_what_is_required_or_secret) {
    const Json root = document();
    EXPECT_FALSE(root["properties"]["admin"]["anyOf"][0]["properties"]["token"].contains("default"));
    EXPECT_FALSE(
        root["properties"]["outbound"]["anyOf"][0]["additionalProperties"]["properties"]["target"].contains(
            "default"));
}

TEST(Schema, the_environment_may_stand_wherever_a_scalar_may) {
    const Json workers = document()["properties"]["workers"]["anyOf"];
    EXPECT_EQ(workers.back(), (Json{{"$ref", "#/$defs/environment"}}));
}

}   // namespace
}   // namespace outrigger::config
