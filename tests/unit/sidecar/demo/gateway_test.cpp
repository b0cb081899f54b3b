// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "sidecar/demo/client.hpp"
#include "tests/unit/core/refusing_port.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;

// Notes the request ids that it is asked with, and answers this.
class Origin {
public:
    explicit Origin(int status) : status_{status} {}

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(service_.port()); }
    [[nodiscard]] std::vector<std::string> ids() const {
        const std::lock_guard lock{mutex_};
        return ids_;
    }

private:
    void answer(const httplib::Request& request, httplib::Response& response) {
        const std::lock_guard lock{mutex_};
        ids_.push_back(request.get_header_value("X-Request-Id"));
        response.status = status_;
        response.set_content("{}", "application/problem+json");
    }

    const int status_;
    mutable std::mutex mutex_;
    std::vector<std::string> ids_;
    Service service_{
        "origin", 4, [this](httplib::Server& server) {
            server.Get("/.*", [this](const auto& request, auto& response) { answer(request, response); });
        }};
};

class GatewayTest : public testing::Test {
protected:
    Response get(const std::string& path) {
        Client client;
        return client.send(
            {.url = "http://127.0.0.1:" + std::to_string(gateway.port()) + path, .request_id = "mine"}, 10s);
    }

    SystemClock clock;
    Origin with{200};
    Origin without{503};
    Gateway gateway{clock};
};

TEST_F(GatewayTest, each_call_is_made_twice_and_the_answer_with_policies_counts) {
    gateway.call_at({with.address(), with.address(), with.address(), without.address(), without.address(),
                     without.address()});
    const Response response = get("/users/7");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(get("/search?q=a").status, 200);
    const Comparison calls = gateway.finish();
    EXPECT_EQ(calls[0].with.calls, 1U);
    EXPECT_EQ(calls[0].with.errors, 0U);
    EXPECT_EQ(calls[0].without.calls, 1U);
    EXPECT_EQ(calls[0].without.errors, 1U);
    EXPECT_GT(calls[0].without.waited, 0s);
    EXPECT_EQ(calls[1].with.calls, 0U);
    EXPECT_EQ(calls[2].without.calls, 1U);
    EXPECT_THAT(with.ids(), UnorderedElementsAre("mine", "mine"));
    EXPECT_THAT(without.ids(), UnorderedElementsAre("mine-bare", "mine-bare"));
}

TEST_F(GatewayTest, who_does_not_answer_is_an_error_and_a_502) {
    const RefusingPort gone;
    gateway.call_at({gone.address(), gone.address(), gone.address()});
    EXPECT_EQ(get("/users/7").status, 502);
    EXPECT_EQ(gateway.finish()[0].with.errors, 1U);
}

TEST_F(GatewayTest, after_the_last_figures_only_the_calls_with_policies_go_on) {
    gateway.call_at({with.address(), with.address(), with.address(), without.address(), without.address(),
                     without.address()});
    (void)gateway.finish();
    EXPECT_EQ(get("/users/7").status, 200);
    EXPECT_TRUE(without.ids().empty());
}

}  // namespace
}  // namespace outrigger::demo
