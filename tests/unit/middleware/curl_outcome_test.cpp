// SPDX-License-Identifier: Apache-2.0
#include "middleware/curl_outcome.hpp"

#include <gtest/gtest.h>

#include <string>

#include "curl_handle.hpp"
#include "scripted_origin.hpp"
#include "tests/unit/core/refusing_port.hpp"

namespace outrigger::middleware {
namespace {

using resilience::Assessment;
using resilience::Retryable;
using resilience::Verdict;

std::size_t forget(char*, std::size_t size, std::size_t count, void*) { return size * count; }

class CurlOutcomeTest : public ::testing::Test {
protected:
    CurlOutcome perform(const std::string& url) {
        handle.set(CURLOPT_URL, url.c_str());
        handle.set(CURLOPT_WRITEFUNCTION, &forget);
        return {handle.get(), ::curl_easy_perform(handle.get())};
    }
    CurlHandle handle{"http://127.0.0.1:1"};
};

TEST_F(CurlOutcomeTest, a_reply_has_its_status_and_what_was_asked) {
    const ScriptedOrigin origin{{reply("503 Busy", "", "Retry-After: 7\r\n")}};
    const CurlOutcome outcome = perform(origin.url());
    EXPECT_TRUE(outcome.replied());
    EXPECT_EQ(outcome.status(), 503);
    EXPECT_EQ(outcome.retry_after(), "7");
    EXPECT_EQ(outcome.method(), "GET");
    EXPECT_EQ(outcome.url(), origin.url());
    EXPECT_FALSE(outcome.redirected());
}

TEST_F(CurlOutcomeTest, one_that_failed_on_its_status_is_a_reply_too) {
    const ScriptedOrigin origin{{reply("503 Busy")}};
    handle.set(CURLOPT_FAILONERROR, 1L);
    EXPECT_TRUE(perform(origin.url()).replied());
}

TEST_F(CurlOutcomeTest, what_was_not_reached_is_a_failure_and_may_always_be_tried_again) {
    const Assessment unreached{Verdict::failure, Retryable::always};
    const RefusingPort nobody;
    CurlOutcome outcome = perform("http://" + nobody.address());
    EXPECT_EQ(outcome.fault(false).reason, Reason::connect_failed);
    EXPECT_EQ(outcome.meaning(), unreached);
    outcome = perform("http://" + std::string(64, 'x') + ".invalid");   // no resolver asks anyone for so long a label
    EXPECT_EQ(outcome.fault(false).reason, Reason::dns_failed);
    EXPECT_EQ(outcome.meaning(), unreached);
    const LoopbackServer plain{[](int fd) {
        write_all(fd, "HTTP/1.1 400 This is no TLS\r\n\r\n");
        for (char byte = 0; ::recv(fd, &byte, 1, 0) > 0;) {}
    }};
    outcome = perform("https://" + plain.address());
    EXPECT_EQ(outcome.fault(false).reason, Reason::upstream_tls_failed);
    EXPECT_EQ(outcome.meaning(), unreached);
}

TEST_F(CurlOutcomeTest, after_the_status_nothing_is_repeated) {
    const ScriptedOrigin before{{"", Answer::End::reset}};
    EXPECT_EQ(perform(before.url()).meaning(), (Assessment{Verdict::failure, Retryable::if_safe}));
    const ScriptedOrigin after{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}};
    EXPECT_EQ(perform(after.url()).meaning(), (Assessment{Verdict::failure, Retryable::no}));
    EXPECT_EQ(perform(after.url()).fault(false).reason, Reason::upstream_reset);
    EXPECT_EQ(perform(after.url()).fault(true).reason, Reason::attempt_timeout);
}

TEST_F(CurlOutcomeTest, what_is_no_http_is_the_origins_fault_and_what_is_no_url_ours) {
    const ScriptedOrigin mail{{"220 mail.example ESMTP\r\n\r\n"}};
    EXPECT_EQ(perform(mail.url()).fault(false).reason, Reason::upstream_protocol_error);
    EXPECT_EQ(perform("nonsense://x").fault(false).reason, Reason::bad_request);
    EXPECT_EQ(perform("nonsense://x").meaning(), (Assessment{Verdict::neutral, Retryable::no}));
    EXPECT_EQ(perform("http://").fault(true).reason, Reason::bad_request);
}

}   // namespace
}   // namespace outrigger::middleware
