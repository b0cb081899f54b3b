// SPDX-License-Identifier: Apache-2.0
#include <outrigger/core/reason.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace outrigger {
namespace {

TEST(Reason, words_are_unique_lower_case_and_lead_back_to_their_reason) {
    std::set<std::string_view> words;
    for (const ReasonFacts& entry : reasons) {
        EXPECT_TRUE(words.insert(entry.word).second) << entry.word << " stands twice";
        EXPECT_TRUE(std::all_of(entry.word.begin(), entry.word.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || c == '_';
        })) << entry.word;
        EXPECT_EQ(reason_of(entry.word), entry.reason);
        EXPECT_EQ(to_string(entry.reason), entry.word);
    }
}

TEST(Reason, an_unknown_word_is_none) {
    EXPECT_EQ(reason_of(""), std::nullopt);
    EXPECT_EQ(reason_of("Timeout"), std::nullopt);
    EXPECT_EQ(reason_of("timeou"), std::nullopt);
}

TEST(Reason, statuses_are_those_that_users_were_promised) {
    const std::map<std::string_view, int> promised{
        {"bad_request", 400},
        {"request_timeout", 408},
        {"body_too_large", 413},
        {"uri_too_long", 414},
        {"header_too_large", 431},
        {"unknown_host", 403},
        {"not_exposed", 403},
        {"not_found", 404},
        {"method_not_allowed", 405},
        {"not_implemented", 501},
        {"timeout", 504},
        {"attempt_timeout", 504},
        {"deadline_expired", 504},
        {"connect_failed", 502},
        {"upstream_reset", 502},
        {"upstream_protocol_error", 502},
        {"upstream_tls_failed", 502},
        {"no_endpoints", 503},
        {"dns_failed", 503},
        {"circuit_open", 503},
        {"concurrency_limited", 503},
        {"throttled", 503},
        {"overloaded", 503},
        {"starting", 503},
        {"draining", 503},
        {"rate_limited", 429},
        {"caller_left", 499},
        {"fault_injected", 0},
        {"call_failed", 502},
    };
    EXPECT_EQ(promised.size(), reasons.size());
    for (const ReasonFacts& entry : reasons) {
        ASSERT_TRUE(promised.contains(entry.word)) << entry.word;
        EXPECT_EQ(entry.status, promised.at(entry.word)) << entry.word;
    }
}

TEST(Reason, titles_and_meanings_read_as_sentences) {
    for (const ReasonFacts& entry : reasons) {
        EXPECT_FALSE(entry.title.empty()) << entry.word;
        ASSERT_FALSE(entry.meaning.empty()) << entry.word;
        EXPECT_EQ(entry.meaning.back(), '.') << entry.word;
        // Both go into JSON unescaped.
        EXPECT_EQ(std::string{entry.title}.append(entry.meaning).find_first_of("\"\\"), std::string::npos)
            << entry.word;
    }
}

TEST(Reason, proxy_errors_are_registered_ones) {
    // RFC 9209, section 2.3: those that fit a reason of ours.
    const std::set<std::string_view> registered{"dns_timeout",
                                                "dns_error",
                                                "destination_not_found",
                                                "destination_unavailable",
                                                "destination_ip_prohibited",
                                                "destination_ip_unroutable",
                                                "connection_refused",
                                                "connection_terminated",
                                                "connection_timeout",
                                                "connection_read_timeout",
                                                "connection_write_timeout",
                                                "connection_limit_reached",
                                                "tls_protocol_error",
                                                "tls_certificate_error",
                                                "tls_alert_received",
                                                "http_request_error",
                                                "http_request_denied",
                                                "http_response_incomplete",
                                                "http_response_header_section_size",
                                                "http_response_header_size",
                                                "http_response_body_size",
                                                "http_response_trailer_section_size",
                                                "http_response_trailer_size",
                                                "http_response_transfer_coding",
                                                "http_response_content_coding",
                                                "http_response_timeout",
                                                "http_upgrade_failed",
                                                "http_protocol_error",
                                                "proxy_internal_response",
                                                "proxy_internal_error",
                                                "proxy_configuration_error",
                                                "proxy_loop_detected"};
    for (const ReasonFacts& entry : reasons)
        EXPECT_TRUE(entry.proxy_error.empty() || registered.contains(entry.proxy_error))
            << entry.word << ": " << entry.proxy_error;
}

}   // namespace
}   // namespace outrigger
