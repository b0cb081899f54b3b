// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/refusal.hpp"

#include "tests/unit/sidecar/proxy/proxy_bench.hpp"

namespace outrigger::proxy {
namespace {

class RefusalOf : public ProxyBench {
protected:
    RefusalOf() { begin("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"); }
};

TEST_F(RefusalOf, a_timeout_names_the_setting_and_its_value) {
    const LocalReply reply = refusal(*exchange, Fault{Reason::timeout, "the deadline passed"}, "shop:80");
    EXPECT_TRUE(contains(reply.detail, "shop:80: no reply within inbound.timeout (30s)")) << reply.detail;
    EXPECT_EQ(reply.request_id, exchange->request_id());
    EXPECT_EQ(reply.fault.reason, Reason::timeout);
}

TEST_F(RefusalOf, waiting_for_a_slot_until_the_call_s_end_is_told_apart_from_waiting_for_a_reply) {
    const LocalReply reply = slot_refusal(*exchange, Fault{Reason::timeout, "the deadline passed"});
    EXPECT_TRUE(contains(reply.detail, "no slot within inbound.timeout (30s)")) << reply.detail;
}

TEST_F(RefusalOf, what_the_caller_left_undone_is_not_the_endpoint_s) {
    const LocalReply reply = refusal(*exchange, Fault{Reason::request_timeout, "no further byte"}, "shop:80");
    EXPECT_TRUE(contains(reply.detail, "body: the caller sent no further byte of its body within limits.idle (1m)"))
        << reply.detail;
    EXPECT_FALSE(contains(reply.detail, "shop:80"));
}

TEST_F(RefusalOf, other_faults_keep_their_own_words) {
    const LocalReply reply = refusal(*exchange, Fault{Reason::upstream_reset, "closed before a reply"}, "shop:80");
    EXPECT_TRUE(contains(reply.detail, "shop:80: closed before a reply")) << reply.detail;
}

}   // namespace
}   // namespace outrigger::proxy
