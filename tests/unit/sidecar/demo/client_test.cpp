// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/client.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <mutex>
#include <set>
#include <string>

#include "sidecar/demo/service.hpp"
#include "sidecar/demo/stoppable_wait.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

// Tells what it was asked.
class ClientTest : public testing::Test {
protected:
    ~ClientTest() override { delay_.stop(); }

    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(service_.port()) + path;
    }

    StoppableWait delay_;
    std::mutex mutex_;
    std::set<int> callers_;  // ports
    Service service_{
        "echo", 1, [this](httplib::Server& server) {
            const auto echo = [this](const httplib::Request& request, httplib::Response& response) {
                {
                    const std::lock_guard lock{mutex_};
                    callers_.insert(request.remote_port);
                }
                if (request.has_header("X-Request-Id"))
                    response.set_header("X-Request-Id", request.get_header_value("X-Request-Id"));
                response.set_content(
                    request.method + " " + request.get_header_value("Content-Type") + " " + request.body,
                    "text/plain");
            };
            server.Get("/echo", echo);
            server.Post("/echo", httplib::Server::Handler{echo});
            server.Get("/slow", [this](const auto&, httplib::Response& response) {
                delay_.wait(1h);
                response.set_content("late", "text/plain");
            });
            server.Get("/cut", [](const auto&, httplib::Response& response) {
                response.set_content_provider(100, "text/plain", [](auto, auto, auto&) { return false; });
            });
            server.Get("/large", [](const auto&, httplib::Response& response) {
                response.set_content(std::string(std::size_t{3} << 20, 'x'), "text/plain");
            });
        }};
    Client client_;
};

TEST_F(ClientTest, a_body_is_sent_as_json_and_the_request_id_comes_back) {
    const Response response =
        client_.send({.method = "POST", .url = url("/echo"), .body = "{}", .request_id = "demo-1"}, 10s);
    EXPECT_EQ(response.error, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST application/json {}");
    EXPECT_EQ(response.content_type, "text/plain");
    EXPECT_EQ(response.request_id, "demo-1");
    EXPECT_GT(response.took, 0s);
    EXPECT_FALSE(response.failed());
}

TEST_F(ClientTest, a_get_after_a_post_carries_nothing_of_it) {
    (void)client_.send({.method = "POST", .url = url("/echo"), .body = "{}", .request_id = "demo-1"}, 10s);
    const Response response = client_.send({.url = url("/echo")}, 10s);
    EXPECT_EQ(response.body, "GET  ");
    EXPECT_EQ(response.request_id, "");
}

TEST_F(ClientTest, the_connection_is_kept) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client_.send({.url = url("/echo")}, 10s).status, 200);
    const std::lock_guard lock{mutex_};
    EXPECT_EQ(callers_.size(), 1U);
}

TEST_F(ClientTest, a_late_answer_is_none) {
    const Response response = client_.send({.url = url("/slow")}, 30ms);
    EXPECT_EQ(response.status, 0);
    EXPECT_NE(response.error, "");
    EXPECT_TRUE(response.reached);
    EXPECT_TRUE(response.failed());
    EXPECT_GT(response.took, 20ms);
}

TEST_F(ClientTest, an_answer_cut_short_is_none_though_its_head_came) {
    const Response response = client_.send({.url = url("/cut")}, 10s);
    EXPECT_EQ(response.status, 200);
    EXPECT_NE(response.error, "");
    EXPECT_TRUE(response.failed());
}

TEST_F(ClientTest, of_a_large_body_the_first_mebibyte_is_kept) {
    const Response response = client_.send({.url = url("/large")}, 10s);
    EXPECT_EQ(response.error, "");
    EXPECT_EQ(response.body.size(), std::size_t{1} << 20);
}

TEST_F(ClientTest, where_nobody_listens_nobody_is_reached) {
    const std::string target = url("/echo");
    service_.stop();
    const Response response = client_.send({.url = target}, 10s);
    EXPECT_FALSE(response.reached);
    EXPECT_EQ(response.status, 0);
    EXPECT_TRUE(response.failed());
}

TEST(Response, a_status_of_500_or_more_is_a_failure) {
    EXPECT_FALSE(Response{.status = 499}.failed());
    EXPECT_TRUE(Response{.status = 500}.failed());
}

}  // namespace
}  // namespace outrigger::demo
