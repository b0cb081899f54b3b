// SPDX-License-Identifier: Apache-2.0
#include <outrigger/metrics/route_template.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace outrigger::metrics {
namespace {

std::string of(std::string_view path) {
    std::array<char, 100> buffer;
    return std::string{route_template(path, buffer).value_or("none")};
}

TEST(RouteTemplate, words_stay) {
    for (const char* path :
         {"/", "/users", "/users/", "//", "/api/v1/users", "/http2/utf-8/covid19", "/top-100", "/a.b/c_d",
          "/facade/deadbeef", "/gr\xc3\xbc\xc3\x9f", "/getUserAccountPreferences", "/%20", "/@me", "/a@b"})
        EXPECT_EQ(of(path), path);
}

TEST(RouteTemplate, numbers_and_dates_are_ids) {
    for (const char* id : {"0", "42", "18446744073709551616", "-7", "2026-11-20", "10:30", "1,2,3",
                           "user-00042", "inv_2024001"})
        EXPECT_EQ(of(std::string{"/users/"} + id + "/orders"), "/users/{id}/orders") << id;
}

TEST(RouteTemplate, uuids_hashes_emails_and_tokens_have_their_own) {
    EXPECT_EQ(of("/u/123e4567-e89b-12d3-a456-426614174000"), "/u/{uuid}");
    EXPECT_EQ(of("/u/123E4567-E89B-12D3-A456-426614174000/x"), "/u/{uuid}/x");
    EXPECT_EQ(of("/commit/9fe6fcc1"), "/commit/{hash}");
    EXPECT_EQ(of("/o/507f1f77bcf86cd799439011"), "/o/{hash}");
    EXPECT_EQ(of("/b/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "/b/{hash}");
    EXPECT_EQ(of("/u/ann@shop.test"), "/u/{email}");
    EXPECT_EQ(of("/u/ann.b%40mail.shop.test/x"), "/u/{email}/x");
    EXPECT_EQ(of("/t/01ARZ3NDEKTSV4RRFFQ69G5FAV"), "/t/{token}");
    EXPECT_EQ(of("/t/eyJhbGciOiJIUzI1NiJ9.e30.abc-_"), "/t/{token}");
    EXPECT_EQ(of("/t/" + std::string(64, 'x')), "/t/{token}");
}

TEST(RouteTemplate, nearly_one_is_none) {
    EXPECT_EQ(of("/u/123e4567-e89b-12d3-a456-42661417400g"), "/u/{token}");
    EXPECT_EQ(of("/u/@shop.test"), "/u/@shop.test");
    EXPECT_EQ(of("/u/a@.test"), "/u/a@.test");
    EXPECT_EQ(of("/u/a@test."), "/u/a@test.");
    EXPECT_EQ(of("/u/a1b2c3d"), "/u/a1b2c3d");   // seven
}

TEST(RouteTemplate, the_query_does_not_count) {
    EXPECT_EQ(of("/users/7?page=2/3"), "/users/{id}");
    EXPECT_EQ(of("/?a"), "/");
    EXPECT_EQ(of("/users/7?" + std::string(10'000, 'q')), "/users/{id}");
}

TEST(RouteTemplate, what_is_no_path_or_does_not_fit_has_none) {
    EXPECT_EQ(of("*"), "none");
    EXPECT_EQ(of(""), "none");
    EXPECT_EQ(of("?"), "none");
    EXPECT_EQ(of("/" + std::string(4094, '7')), "/{hash}");
    EXPECT_EQ(of("/" + std::string(5000, '7')), "none");
    std::string words;
    while (words.size() < 100) words += "/abcdefghi";
    EXPECT_EQ(of(words), words);
    EXPECT_EQ(of(words + "/"), "none");
    std::string numbers;
    for (int i = 0; i < 20; ++i) numbers += "/7";
    EXPECT_EQ(of(numbers).size(), 100U);
    EXPECT_EQ(of(numbers + "/7"), "none");
}

}  // namespace
}  // namespace outrigger::metrics
