// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/demo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sidecar/demo/service.hpp"
#include "sidecar/demo/shop.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Stands where the sidecar will: hands requests on to the app, counts them, shows the counts.
class CountingProxy final : public ProxyRunner {
public:
    CountingProxy() = default;
    CountingProxy(const CountingProxy&) = delete;
    CountingProxy& operator=(const CountingProxy&) = delete;

    Proxy start(const App& app) override {
        app_ = app;
        inbound_.emplace("inbound", 24, [this](httplib::Server& server) { declare_inbound(server); });
        admin_.emplace("admin", 1, [this](httplib::Server& server) { declare_admin(server); });
        return {"127.0.0.1:" + std::to_string(inbound_->port()),
                "127.0.0.1:" + std::to_string(admin_->port()), services(), "demo.log"};
    }

    void stop() override {
        inbound_.reset();
        admin_.reset();
        ++stops_;
    }

    const App& app() const { return app_; }
    int stops() const { return stops_; }

    int lost = 0;            // so many are left out of the page
    bool page = true;        // it has a page
    bool reachable = true;   // the app answers

private:
    // With nothing in between.
    [[nodiscard]] std::vector<std::string> services() const {
        std::vector<std::string> addresses;
        for (const auto& [name, upstream] : app_.upstreams)
            addresses.push_back("127.0.0.1:" + std::to_string(upstream.target.port));
        return addresses;
    }

    void declare_inbound(httplib::Server& server) {
        server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            pass_on(request, response);
            ++requests_;
            if (response.status >= 500) ++errors_;
            return httplib::Server::HandlerResponse::Handled;
        });
    }

    void pass_on(const httplib::Request& request, httplib::Response& response) {
        response.status = 502;
        if (!reachable) return;
        httplib::Client client{"127.0.0.1", app_.port};
        httplib::Request inner;
        inner.method = request.method;
        inner.path = request.target;
        inner.body = "{}";   // this hook runs before a body is read
        if (const auto result = client.send(inner)) {
            response.status = result->status;
            response.set_content(result->body, "application/json");
        }
    }

    void declare_admin(httplib::Server& server) {
        server.Get("/metrics", [this](const auto&, httplib::Response& response) {
            if (!page) return;   // an empty one
            const int served = requests_ - errors_ - lost;
            const auto series = [](const std::string& labels, const std::string& count) {
                return "http_server_request_duration_seconds_bucket{" + labels + "le=\"+Inf\"} " + count +
                       "\nhttp_server_request_duration_seconds_sum{" + labels + "} 1" +
                       "\nhttp_server_request_duration_seconds_count{" + labels + "} " + count + "\n";
            };
            response.set_content("# TYPE outrigger_build_info gauge\noutrigger_build_info 1\n"
                                 "# TYPE http_server_request_duration_seconds histogram\n" +
                                     series("", std::to_string(served)) +
                                     series("error_type=\"x\",", std::to_string(errors_)),
                                 "text/plain");
        });
    }

    App app_;
    std::atomic<int> requests_ = 0;
    std::atomic<int> errors_ = 0;
    int stops_ = 0;
    std::optional<Service> inbound_;
    std::optional<Service> admin_;
};

struct Outcome {
    int code = 0;
    std::string text;
};

constexpr Options brief{.duration = 400ms, .rate = 100_per_second};

Outcome run(CountingProxy& proxy, const Options& options = brief, bool interrupt = false) {
    const SystemClock clock;
    const std::atomic<bool> interrupted = interrupt;
    std::ostringstream out;
    const int code = run_demo(options, clock, proxy, out, interrupted);
    return {code, out.str()};
}

TEST(Demo, it_shows_the_load_and_the_count_and_both_agree) {
    CountingProxy proxy;
    const auto [code, text] = run(proxy);
    EXPECT_EQ(code, 0);
    EXPECT_EQ(proxy.stops(), 1);
    EXPECT_THAT(text, AllOf(HasSubstr("What the load saw: "), HasSubstr("The gateway's calls")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    const auto agreement = text.find("they agree\n");
    ASSERT_NE(agreement, std::string::npos) << text;                                  // on the requests
    EXPECT_NE(text.find("they agree\n", agreement + 1), std::string::npos) << text;   // on the errors
}

TEST(Demo, the_sidecar_gets_the_shops_port_its_routes_its_upstreams_and_their_names) {
    CountingProxy proxy;
    (void)run(proxy);
    EXPECT_GT(proxy.app().port, 0);
    EXPECT_EQ(proxy.app().routes, Shop::routes());
    for (const auto& [name, upstream] : proxy.app().upstreams)
        EXPECT_LT(upstream.policies.timeout, proxy.app().timeout);
    EXPECT_EQ(proxy.app().names.at(proxy.app().upstreams.find("users")->target.host).size(), 3U);
}

TEST(Demo, what_befalls_the_shop_is_told) {
    CountingProxy proxy;
    const std::string text = run(proxy).text;
    EXPECT_THAT(text, HasSubstr("users-2 breaks"));
    EXPECT_THAT(text, HasSubstr("search hangs"));
}

TEST(Demo, requests_that_the_sidecar_did_not_count_are_reported_missing) {
    CountingProxy proxy;
    proxy.lost = 2;
    EXPECT_THAT(run(proxy).text, HasSubstr("2 missing"));
}

TEST(Demo, a_page_that_tells_nothing_is_reported) {
    CountingProxy proxy;
    proxy.page = false;
    const auto [code, text] = run(proxy);
    EXPECT_EQ(code, 0);
    EXPECT_THAT(text, HasSubstr("the page could not be read"));
}

TEST(Demo, it_fails_when_nothing_could_be_served) {
    CountingProxy proxy;
    proxy.reachable = false;
    const auto [code, text] = run(proxy);
    EXPECT_EQ(code, 1);
    EXPECT_THAT(text, HasSubstr("What the load saw: "));
}

TEST(Demo, interrupted_it_ends_early_with_a_summary) {
    const SystemClock clock;
    const Instant began = clock.now();
    CountingProxy proxy;
    const auto [code, text] = run(proxy, {.duration = 1h}, true);
    EXPECT_EQ(code, 0);
    EXPECT_EQ(proxy.stops(), 1);
    EXPECT_THAT(text, HasSubstr("What the load saw: "));
    EXPECT_LT(clock.now() - began, 10s);
}

TEST(Demo, on_a_terminal_it_may_use_colour) {
    CountingProxy proxy;
    Options options = brief;
    options.style.terminal = true;
    EXPECT_THAT(run(proxy, options).text, HasSubstr("\x1b["));
}

// Cannot start.
class BrokenProxy final : public ProxyRunner {
public:
    Proxy start(const App&) override { throw std::runtime_error{"no free port"}; }
    void stop() override { FAIL() << "it never started"; }
};

TEST(Demo, a_sidecar_that_cannot_start_ends_it_with_its_error) {
    const SystemClock clock;
    const std::atomic<bool> interrupted = false;
    BrokenProxy proxy;
    std::ostringstream out;
    EXPECT_THROW((void)run_demo(brief, clock, proxy, out, interrupted), std::runtime_error);
}

}  // namespace
}  // namespace outrigger::demo
