// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/httplib.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <outrigger/core/blocking.hpp>
#include <outrigger/middleware/health_metrics.hpp>
#include "kept_records.hpp"

// Compiled once for each release of cpp-httplib that the machine has. Real servers and clients on loopback.
namespace outrigger::middleware {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr bool tells_routes = httplib_hooks::KnowsItsRoute<httplib::Request>;

void say_ok(const httplib::Request&, httplib::Response& response) { response.set_content("ok", "text/plain"); }

// Bytes as they are, on a connection of their own: what is answered until it closes. `leave`: does not wait for that.
std::string raw(int port, std::string_view request, bool leave = false) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer;
    for (ssize_t count; (count = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
        answer.append(buffer.data(), static_cast<std::size_t>(count));
        if (leave) break;
    }
    ::close(fd);
    return answer;
}

// 0: there is no answer.
int status(const httplib::Result& result) {
    EXPECT_TRUE(result) << to_string(result.error());
    return result ? result->status : 0;
}

class HttplibServer : public ::testing::Test {
protected:
    HttplibServer() { server->set_keep_alive_timeout(30); }   // no client of ours pauses so long
    ~HttplibServer() override { stop(); }

    Observed observe_it(const HttpObserverSettings& settings = {}) {
        return observe(*server, {.metrics = *registry, .log = *log, .http = settings});
    }
    void start() {
        port = server->bind_to_any_port("127.0.0.1");
        ASSERT_GT(port, 0);
        thread = std::thread{[this] { server->listen_after_bind(); }};
        while (!server->is_running()) std::this_thread::yield();
    }
    void stop() {
        if (!thread.joinable()) return;
        server->stop();
        thread.join();
    }
    httplib::Client client() const { return httplib::Client{"127.0.0.1", port}; }
    int status_of(const std::string& path) const {
        return status(client().Get(path.c_str()));
    }
    std::string page() const { return registry->text_page(); }
    // The line of the only request so far, which is told when its answer has left.
    std::string line() const { return records->at_least(1)[0]; }

    std::shared_ptr<KeptRecords> records = std::make_shared<KeptRecords>();
    std::unique_ptr<metrics::Registry> registry = std::make_unique<metrics::Registry>();
    std::unique_ptr<logging::Logger> log =
        std::make_unique<logging::Logger>(logging::LoggerSettings{.service = "orders", .sinks = {records}});
    std::unique_ptr<httplib::Server> server = std::make_unique<httplib::Server>();
    int port = 0;
    std::thread thread;
};

TEST_F(HttplibServer, a_request_is_a_metric_a_line_and_an_id) {
    observe_it().Get("/orders/:id", [this](const httplib::Request&, httplib::Response& response) {
        log->info("looking it up");
        response.set_content("order seven", "text/plain");
    });
    start();
    const httplib::Headers headers{{"X-Request-Id", "r-1"},
                                   {"User-Agent", "tester/1"},
                                   {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
    const auto result = client().Get("/orders/7?full=1", headers);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 200);
    EXPECT_EQ(result->body, "order seven");
    EXPECT_EQ(result->get_header_value("X-Request-Id"), "r-1");

    const auto said = records->at_least(2);
    EXPECT_THAT(said[0], HasSubstr("looking it up"));
    EXPECT_THAT(said[0], HasSubstr(R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"));
    EXPECT_THAT(said[0], HasSubstr(R"("id":"r-1")"));
    EXPECT_THAT(said[1], HasSubstr(R"("message":"GET /orders/7 200 in )"));
    EXPECT_THAT(said[1], HasSubstr(R"("version":"1.1","request":{"id":"r-1","method":"GET","body":{"bytes":0}})"));
    EXPECT_THAT(said[1], HasSubstr(R"("response":{"status_code":200,"body":{"bytes":11}})"));
    EXPECT_THAT(said[1], HasSubstr(R"("query":"full=1")"));
    EXPECT_THAT(said[1], HasSubstr(R"("client":{"ip":"127.0.0.1","port":)"));
    EXPECT_THAT(said[1], HasSubstr(R"("user_agent":{"original":"tester/1"})"));
    EXPECT_THAT(said[1], HasSubstr(R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"));
    EXPECT_THAT(said[1], HasSubstr(R"("route":"/orders/{id}")"));
    EXPECT_THAT(page(), HasSubstr("http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route="
                                  "\"/orders/{id}\",http_response_status_code=\"200\"} 1\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
}

TEST_F(HttplibServer, parameters_reach_the_handler_with_every_release) {
    std::string order;
    std::string item;
    observe_it().Get("/orders/:order/items/:item", [&](const auto& request, auto& response) {
        if constexpr (httplib_hooks::NamesParameters<std::remove_cvref_t<decltype(request)>>) {
            order = request.path_params.at("order");
            item = request.path_params.at("item");
        } else {
            order = request.matches[1];
            item = request.matches[2];
        }
        response.status = 204;
    });
    start();
    EXPECT_EQ(status_of("/orders/7/items/abc"), 204);
    EXPECT_EQ(order + " " + item, "7 abc");
    EXPECT_THAT(line(), HasSubstr(R"("route":"/orders/{order}/items/{item}")"));
}

TEST_F(HttplibServer, plain_registrations_are_told_by_the_release_or_learned) {
    (void)observe_it();
    server->Get(R"(/users/(\w+)/posts/(\d+))", say_ok);
    start();
    EXPECT_EQ(status_of("/users/00042/posts/7"), 200);
    EXPECT_THAT(line(), HasSubstr(tells_routes ? R"("route":"/users/{value}/posts/{id}")"
                                               : R"("route":"/users/{id}/posts/{id}")"));
    EXPECT_EQ(status_of("/no/such/page"), 404);
    EXPECT_THAT(records->at_least(2)[1], HasSubstr(R"("route":"other")"));
}

TEST_F(HttplibServer, bodies_and_methods_are_counted_as_they_were) {
    observe_it()
        .Post("/p", say_ok)
        .Put("/p", say_ok)
        .Patch("/p", say_ok)
        .Delete("/p", say_ok)
        .Options("/p", say_ok)
        .Get("/p", say_ok)
        .Post("/read", [](const httplib::Request&, httplib::Response& response, const httplib::ContentReader& read) {
            std::size_t size = 0;
            read([&](const char*, std::size_t count) {
                size += count;
                return true;
            });
            response.set_content(std::to_string(size), "text/plain");
        });
    start();
    std::size_t asked = 0;
    const auto told = [&](const httplib::Result& result, const std::string& method, int received, int sent) {
        EXPECT_EQ(status(result), 200);
        const std::string said = records->at_least(++asked).back();
        EXPECT_THAT(said, HasSubstr("\"method\":\"" + method + "\",\"body\":{\"bytes\":" +
                                    std::to_string(received) + "}"));
        EXPECT_THAT(said, HasSubstr("\"status_code\":200,\"body\":{\"bytes\":" + std::to_string(sent) + "}"));
    };
    told(client().Post("/p", "12345", "text/plain"), "POST", 5, 2);
    told(client().Put("/p", "123", "text/plain"), "PUT", 3, 2);
    told(client().Patch("/p", "1", "text/plain"), "PATCH", 1, 2);
    told(client().Delete("/p"), "DELETE", 0, 2);
    told(client().Options("/p"), "OPTIONS", 0, 2);
    told(client().Head("/p"), "HEAD", 0, 0);
    told(client().Post("/read", "1234567", "text/plain"), "POST", 7, 1);
}

TEST_F(HttplibServer, hooks_that_were_there_are_called_and_later_ones_through_the_observed) {
    std::vector<std::string> called;
    server->set_pre_routing_handler([&](const auto& request, auto& response) {
        called.emplace_back("before");
        if (request.path != "/closed") return httplib::Server::HandlerResponse::Unhandled;
        response.status = 403;
        return httplib::Server::HandlerResponse::Handled;
    });
    server->set_post_routing_handler([&](const auto&, auto& response) {
        called.emplace_back("after");
        response.set_header("X-After", "yes");
    });
    server->set_exception_handler([&](const auto&, auto& response, std::exception_ptr) {
        called.emplace_back("thrown");
        response.status = 418;
    });
    server->set_logger([&](const auto&, const auto&) { called.emplace_back("logged"); });
    server->set_error_handler([&](const httplib::Request&, httplib::Response&) { called.emplace_back("error"); });
    auto observed = observe_it();
    observed.Get("/", say_ok).Get("/throws", [](const auto&, auto&) { throw std::runtime_error{"oh"}; });
    start();
    const auto result = client().Get("/");
    EXPECT_EQ(result->get_header_value("X-After"), "yes");
    EXPECT_EQ(result->get_header_value("X-Request-Id").size(), 32u);
    (void)records->at_least(1);
    EXPECT_THAT(called, ElementsAre("before", "after", "logged"));
    called.clear();
    EXPECT_EQ(status_of("/throws"), 418);
    (void)records->at_least(3);
    EXPECT_THAT(called, ElementsAre("before", "thrown", "error", "after", "logged"));
    EXPECT_EQ(status_of("/closed"), 403);
    EXPECT_THAT(records->at_least(4)[3], HasSubstr("GET /closed 403"));

    stop();
    observed.set_pre_routing_handler({})
        .set_post_routing_handler([&](const auto&, auto&) { called.emplace_back("another after"); })
        .set_exception_handler([&](const auto&, auto& response, std::exception_ptr) { response.status = 555; });
    called.clear();
    start();
    EXPECT_EQ(status_of("/throws"), 555);
    (void)records->at_least(6);
    EXPECT_THAT(called, ElementsAre("error", "another after", "logged"));
}

TEST_F(HttplibServer, a_throwing_handler_is_logged_counted_and_answered) {
    observe_it()
        .Get("/known", [](const auto&, auto&) { throw std::runtime_error{"no such table"}; })
        .Get("/unknown", [](const auto&, auto&) { throw 7; });
    start();
    const auto result = client().Get("/known", {{"X-Request-Id", "r-5"}});
    EXPECT_EQ(result->status, 500);
    EXPECT_FALSE(result->has_header("EXCEPTION_WHAT"));
    auto said = records->at_least(2);
    EXPECT_THAT(said[0], HasSubstr(R"("log.level":"error","message":"serving a request has thrown")"));
    EXPECT_THAT(said[0], HasSubstr("no such table"));
    EXPECT_THAT(said[0], HasSubstr(R"("id":"r-5")"));
    EXPECT_THAT(said[1], HasSubstr(R"("detail":"no such table")"));
    EXPECT_THAT(said[1], HasSubstr(R"("outcome":"failure")"));
    EXPECT_EQ(status_of("/unknown"), 500);
    EXPECT_THAT(records->at_least(4)[2], HasSubstr("no std::exception"));
    EXPECT_THAT(page(), HasSubstr("http_route=\"/known\",http_response_status_code=\"500\",error_type=\"500\"} 1\n"));
}

TEST_F(HttplibServer, throwing_hooks_cost_their_request_and_not_the_program) {
    server->set_pre_routing_handler([](const auto& request, auto&) -> httplib::Server::HandlerResponse {
        if (request.path == "/before") throw std::runtime_error{"before"};
        return httplib::Server::HandlerResponse::Unhandled;
    });
    server->set_post_routing_handler([](const auto& request, auto&) {
        if (request.path == "/after") throw std::runtime_error{"after"};
    });
    server->set_exception_handler([](const auto& request, auto&, std::exception_ptr) {
        if (request.path == "/throws") throw std::runtime_error{"handling"};
    });
    observe_it().Get("/after", say_ok).Get("/throws", [](const auto&, auto&) { throw std::runtime_error{"handler"}; });
    start();
    EXPECT_EQ(status_of("/after"), 200);
    EXPECT_THAT(records->at_least(2)[1], HasSubstr(R"("detail":"after")"));
    EXPECT_EQ(status_of("/throws"), 500);
    EXPECT_THAT(records->at_least(5)[2], HasSubstr(R"("handler")"));
    EXPECT_THAT(records->all()[3], HasSubstr(R"("handling")"));
    (void)status_of("/before");
    EXPECT_THAT(records->at_least(7)[6], HasSubstr(R"("detail":"before")"));
    EXPECT_EQ(status_of("/after"), 200);
}

TEST_F(HttplibServer, a_streamed_answer_ends_with_its_last_byte) {
    std::atomic<bool> go{false};
    observe_it().Get("/numbers", [&](const auto&, auto& response) {
        response.set_content_provider(6, "text/plain", [&](std::size_t offset, std::size_t, httplib::DataSink& sink) {
            if (offset == 3) {
                EXPECT_THAT(records->all(), ElementsAre());
                while (!go) std::this_thread::yield();
            }
            return sink.write("123", 3);
        });
    });
    start();
    std::thread released{[&] {
        while (page().find("http_server_active_requests{http_request_method=\"GET\"} 1\n") == std::string::npos)
            std::this_thread::yield();
        go = true;
    }};
    const auto result = client().Get("/numbers");
    released.join();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->body, "123123");
    EXPECT_THAT(line(), HasSubstr(R"("status_code":200,"body":{"bytes":6})"));
    EXPECT_THAT(line(), Not(HasSubstr("reason")));
}

TEST_F(HttplibServer, an_answer_that_nobody_waits_for_is_left_by_its_caller) {
    std::atomic<int> released{0};
    observe_it().Get("/endless", [&](const auto&, auto& response) {
        response.set_chunked_content_provider(
            "text/plain",
            [](std::size_t, httplib::DataSink& sink) {
                const std::string block(64 << 10, 'x');
                return sink.write(block.data(), block.size());
            },
            [&](bool) { ++released; });
    });
    start();
    EXPECT_THAT(raw(port, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", true), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(line(), HasSubstr(R"("reason":"caller_left")"));
    EXPECT_EQ(released, 1);   // the handler's own releaser
    EXPECT_THAT(page(), HasSubstr("error_type=\"caller_left\"} 1\n"));
}

TEST_F(HttplibServer, an_event_stream_is_told_apart) {
    observe_it().Get("/events", [](const auto&, auto& response) {
        response.set_chunked_content_provider("text/event-stream", [](std::size_t, httplib::DataSink& sink) {
            (void)sink.write("data: 1\n\n", 9);
            sink.done();
            return true;
        });
    });
    start();
    const auto result = client().Get("/events");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->body, "data: 1\n\n");
    EXPECT_THAT(line(), HasSubstr(R"("stream":{"kind":"event_stream")"));
    EXPECT_THAT(page(), HasSubstr("outrigger_stream_duration_seconds_count{kind=\"event_stream\"} 1\n"));
    EXPECT_THAT(page(), HasSubstr("outrigger_streams_active{kind=\"event_stream\"} 0\n"));
}

TEST_F(HttplibServer, what_is_refused_before_routing_is_counted_too) {
    (void)observe_it();
    server->set_keep_alive_timeout(1);   // raw() waits until the server closes
    start();
    (void)raw(port, "nonsense\r\n\r\n");
    EXPECT_THAT(line(), HasSubstr(R"("status_code":400)"));
    (void)raw(port, "GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(records->at_least(2)[1], HasSubstr(R"("status_code":414)"));
    EXPECT_EQ(status_of("/after"), 404);
    EXPECT_THAT(records->at_least(3)[2], HasSubstr("GET /after 404"));
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
}

TEST_F(HttplibServer, a_copy_of_a_response_ends_nothing) {
    std::mutex mutex;
    std::vector<httplib::Response> copies;
    server->set_logger([&](const auto&, const auto& response) {
        const httplib::Response short_lived = response;
        const std::scoped_lock lock{mutex};
        copies.push_back(response);
    });
    observe_it().Get("/", [&](const auto&, auto& response) {
        response.set_content("ok", "text/plain");
        const httplib::Response short_lived = response;
        EXPECT_THAT(records->all(), ElementsAre());
    });
    start();
    EXPECT_EQ(status_of("/"), 200);
    EXPECT_THAT(line(), Not(HasSubstr("reason")));
    stop();
    copies.clear();
    EXPECT_EQ(records->all().size(), 1u);
}

TEST_F(HttplibServer, an_id_that_the_program_answers_with_stays) {
    observe_it().Get("/", [](const auto&, auto& response) { response.set_header("X-Request-Id", "mine"); });
    start();
    const auto result = client().Get("/");
    EXPECT_EQ(result->get_header_value_count("X-Request-Id"), 1u);
    EXPECT_EQ(result->get_header_value("X-Request-Id"), "mine");
}

TEST_F(HttplibServer, observing_twice_counts_once) {
    (void)observe_it();
    observe_it().Get("/", say_ok);
    start();
    EXPECT_EQ(status_of("/"), 200);
    (void)records->at_least(1);
    EXPECT_EQ(status_of("/"), 200);
    EXPECT_EQ(records->at_least(2).size(), 2u);
    EXPECT_THAT(page(), HasSubstr("http_route=\"/\",http_response_status_code=\"200\"} 2\n"));
}

TEST_F(HttplibServer, exposed_pages_are_served_and_not_observed) {
    health::Registry health;
    const auto db = health.add("db");
    auto observed = observe_it();
    expose(*server, {.metrics = *registry, .health = health});
    start();
    auto metrics_page = client().Get("/metrics", {{"Accept", "application/openmetrics-text; version=1.0.0"}});
    EXPECT_THAT(metrics_page->get_header_value("Content-Type"), StartsWith("application/openmetrics-text"));
    EXPECT_THAT(metrics_page->body, HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
    EXPECT_FALSE(metrics_page->has_header("X-Request-Id"));
    const auto ready = client().Get("/health/ready");
    EXPECT_EQ(ready->status, 503);
    EXPECT_EQ(ready->get_header_value("Cache-Control"), "no-cache, no-store, must-revalidate");
    EXPECT_THAT(ready->body, StartsWith(R"({"status":"error")"));
    EXPECT_EQ(status_of("/livez"), 200);
    health.report(db, health::up());
    for (const char* const path :
         {"/health", "/health/ready", "/health/startup", "/readyz", "/startupz", "/health/live"})
        EXPECT_EQ(status_of(path), 200) << path;
    EXPECT_EQ(client().Head("/health")->status, 200);
    EXPECT_THAT(client().Get("/readyz?format=spring")->body, HasSubstr(R"("status":"UP")"));
    EXPECT_EQ(status_of("/health/other"), 404);
    EXPECT_EQ(status_of("/healthy"), 404);   // the program's own
    (void)records->at_least(1);
    EXPECT_THAT(records->only(), HasSubstr("GET /healthy 404"));
    EXPECT_THAT(page(), Not(HasSubstr("http_route=\"/health")));
}

TEST_F(HttplibServer, either_part_may_be_left_out_and_all_be_moved) {
    health::Registry health;
    expose(*server, {.health = health});
    expose(*server, {.metrics = *registry, .prefix = "/a.b"});
    expose(*server, {});
    start();
    EXPECT_EQ(status_of("/health"), 200);
    EXPECT_EQ(status_of("/metrics"), 404);
    EXPECT_EQ(status_of("/a.b/metrics"), 200);
    EXPECT_EQ(status_of("/aXb/metrics"), 404);
    EXPECT_EQ(status_of("/a.b/health"), 404);
    EXPECT_THAT(raw(port, "GET /a.b/metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"),
                HasSubstr("Content-Encoding: gzip\r\n"));
}

TEST_F(HttplibServer, all_that_it_was_given_may_end_before_the_server) {
    auto health = std::make_unique<health::Registry>();
    health->report(health->add("db"), health::up());
    registry->absorb(health_metrics(*health));
    {
        auto observed = observe_it();
        observed.Get("/", say_ok);
    }
    expose(*server, {.metrics = *registry, .health = *health});
    start();
    EXPECT_EQ(status_of("/"), 200);
    EXPECT_THAT(line(), HasSubstr("GET / 200"));
    registry.reset();
    log.reset();
    health.reset();
    EXPECT_EQ(status_of("/"), 200);
    EXPECT_THAT(records->at_least(2)[1], HasSubstr("GET / 200"));
    const std::string shown = client().Get("/metrics")->body;
    EXPECT_THAT(shown, HasSubstr("http_server_request_duration_seconds_count"));
    EXPECT_THAT(shown, HasSubstr("outrigger_health_check_up{check=\"db\"} 1\n"));
    EXPECT_EQ(status_of("/health"), 503);
    EXPECT_EQ(status_of("/health/live"), 200);
}

TEST_F(HttplibServer, a_log_that_takes_nothing_costs_lines_and_nothing_else) {
    records->refuse = true;
    observe_it().Get("/", say_ok);
    start();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of("/"), 200);
    stop();
    EXPECT_TRUE(records->all().empty());
    EXPECT_EQ(log->stats().refused[1], 20u);
    EXPECT_THAT(page(), HasSubstr("http_response_status_code=\"200\"} 20\n"));
}

TEST_F(HttplibServer, a_server_that_stops_ends_what_it_serves) {
    std::atomic<bool> entered{false};
    std::atomic<bool> go{false};
    observe_it().Get("/slow", [&](const auto&, auto& response) {
        entered = true;
        while (!go) std::this_thread::yield();
        response.set_content("late", "text/plain");
    });
    start();
    std::thread caller{[this] { (void)client().Get("/slow"); }};
    while (!entered) std::this_thread::yield();
    server->stop();
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 1\n"));
    go = true;
    caller.join();
    thread.join();
    server.reset();
    EXPECT_THAT(records->only(), HasSubstr("GET /slow 200"));
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
}

TEST_F(HttplibServer, eight_threads_are_counted_exactly) {
    constexpr int callers = 8;
    constexpr int each = 25;
    observe_it()
        .Get("/orders/:id",
             [this](const auto&, auto& response) {
                 log->info("serving");
                 response.set_content("ok", "text/plain");
             })
        .Get("/throws", [](const auto&, auto&) { throw std::runtime_error{"oh"}; });
    expose(*server, {.metrics = *registry});
    start();
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i)
        threads.emplace_back([this] {
            auto calls = client();
            calls.set_keep_alive(true);
            for (int call = 0; call < each; ++call) {
                EXPECT_EQ(status(calls.Get("/orders/" + std::to_string(call))), 200);
                if (call % 5 == 0) {
                    EXPECT_EQ(status(calls.Get("/throws")), 500);
                    EXPECT_EQ(status(calls.Get("/metrics")), 200);
                }
            }
        });
    for (auto& one : threads) one.join();
    stop();
    EXPECT_EQ(records->all().size(), std::size_t{callers} * each * 2 + std::size_t{callers} * each / 5 * 2);
    EXPECT_THAT(page(), HasSubstr("http_route=\"/orders/{id}\",http_response_status_code=\"200\"} 200\n"));
    EXPECT_THAT(page(), HasSubstr("http_route=\"/throws\",http_response_status_code=\"500\",error_type=\"500\"} 40\n"));
    EXPECT_THAT(page(), HasSubstr("http_server_active_requests{http_request_method=\"GET\"} 0\n"));
}

// A template, so that releases without WebSockets need not know them.
template <class Server>
void watch_websockets(Observed observed, Server& server) {
    if constexpr (httplib_hooks::ServesWebSockets<Server>) {
        observed.WebSocket("/ws/:room", [](const httplib::Request&, auto& socket) {
            std::string message;
            while (socket.read(message)) {}
        });
        server.WebSocket("/plain", [](const httplib::Request&, auto&) {});
    }
}

TEST_F(HttplibServer, websockets_are_streams) {
    if constexpr (!httplib_hooks::ServesWebSockets<httplib::Server>) return;   // this release has none
    watch_websockets(observe_it(), *server);
    server->set_keep_alive_timeout(1);   // raw() waits until the server closes
    start();
    const auto upgrade = [](std::string_view path) {
        return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    };
    EXPECT_THAT(raw(port, upgrade("/ws/7"), true), StartsWith("HTTP/1.1 101"));
    EXPECT_THAT(line(), HasSubstr("GET /ws/7 101"));
    EXPECT_THAT(line(), HasSubstr(R"("route":"/ws/{room}")"));
    EXPECT_THAT(line(), HasSubstr(R"("stream":{"kind":"upgrade")"));
    EXPECT_THAT(raw(port, upgrade("/plain"), true), StartsWith("HTTP/1.1 101"));
    EXPECT_THAT(records->at_least(2)[1], HasSubstr("GET /plain 101"));
    EXPECT_THAT(raw(port, upgrade("/nowhere")), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(records->at_least(3)[2], HasSubstr("GET /nowhere 404"));
    EXPECT_EQ(records->all().size(), 3u);
}

}   // namespace
}   // namespace outrigger::middleware
