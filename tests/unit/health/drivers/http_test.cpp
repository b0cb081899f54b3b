// SPDX-License-Identifier: Apache-2.0
#include <outrigger/health/document.hpp>
#include <outrigger/health/drivers.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/health/probing.hpp"

namespace outrigger::health {
namespace {

using namespace std::chrono_literals;

// What a check makes of this answer.
Outcome answered(const std::string& answer, HttpSettings settings = {}) {
    const Server server{answering("\r\n\r\n", answer)};
    return run(http("http://" + server.address() + "/health", std::move(settings)));
}
std::string reply(const std::string& status, const std::string& body = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
}
Outcome failed(int status, const std::string& text) {
    Outcome outcome = down("Request failed with status code " + std::to_string(status));
    outcome.details = {{"statusCode", std::int64_t{status}}, {"statusText", text}};
    return outcome;
}

TEST(Http, is_up_for_2xx_without_response_time) {
    EXPECT_EQ(answered(reply("200 OK")), up());
    EXPECT_EQ(answered(reply("299 Fine")), up());
    EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"), up());
    EXPECT_FALSE(http("http://a").timed) << "terminus shows none";
}

TEST(Http, other_statuses_are_down_with_code_and_text_as_terminus_says) {
    EXPECT_EQ(answered(reply("500 Internal Server Error")), failed(500, "Internal Server Error"));
    EXPECT_EQ(answered(reply("404")), failed(404, ""));
    EXPECT_EQ(
        entry_body(answered(reply("503 Service Unavailable")), Status::down),
        R"({"message":"Request failed with status code 503","statusCode":503,"statusText":"Service Unavailable","status":"down"})");
}

TEST(Http, the_good_statuses_can_be_named) {
    EXPECT_EQ(answered(reply("401 Unauthorized"), {.statuses = {200, 401}}), up());
    EXPECT_EQ(answered(reply("204 No Content"), {.statuses = {200}}), failed(204, "No Content"));
}

TEST(Http, the_body_can_be_asked_for_a_text) {
    EXPECT_EQ(answered(reply("200 OK", R"({"ok":true})"), {.contains = "\"ok\":true"}), up());
    EXPECT_EQ(answered(reply("200 OK", "no"), {.contains = "yes"}),
              down("the body does not contain \"yes\""));
    const std::string large(2'000'000, 'x');
    EXPECT_EQ(answered(reply("200 OK", "yes" + large), {.contains = "yes"}), up())
        << "the first MiB is enough";
    EXPECT_EQ(answered(reply("200 OK", large + "yes"), {.contains = "yes"}).status, Status::down);
}

TEST(Http, redirects_are_followed) {
    const Server good{answering("\r\n\r\n", reply("200 OK"))};
    EXPECT_EQ(answered("HTTP/1.1 302 Found\r\nLocation: http://" + good.address() +
                       "/\r\nContent-Length: 0\r\n\r\n"),
              up());
    const Outcome elsewhere =
        answered("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(elsewhere.status, Status::down) << elsewhere.message;
}

// By its words: libcurl's own resolver has others.
TEST(Http, the_names_of_redirects_are_looked_up_as_the_first_one_is) {
    const Outcome outcome = answered(
        "HTTP/1.1 302 Found\r\nLocation: http://no-such-name.invalid/\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(outcome.message.starts_with("getaddrinfo ")) << outcome.message;
    EXPECT_TRUE(outcome.message.ends_with(" no-such-name.invalid")) << outcome.message;
}

TEST(Http, a_redirect_within_one_place_keeps_the_password_and_one_elsewhere_does_not) {
    std::mutex mutex;
    std::vector<bool> authorized;
    const auto serve = [&](const std::string& location) {
        return [&, location](int fd) {
            const std::string request = read_until(fd, "\r\n\r\n");
            const std::scoped_lock lock{mutex};
            authorized.push_back(request.find("Authorization: Basic") != std::string::npos);
            const bool last = location.empty() || request.starts_with("GET /last ");
            write_all(fd, last ? reply("200 OK", "well")
                               : "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 3\r\n\r\n302");
        };
    };
    const Server relative{serve("/last")};
    EXPECT_EQ(run(http("http://me:secret@" + relative.address(), {.contains = "well"})), up());
    EXPECT_EQ(authorized, (std::vector<bool>{true, true}));
    authorized.clear();
    const Server other{serve("")};
    const Server away{serve("http://" + other.address() + "/")};
    EXPECT_EQ(run(http("http://me:secret@" + away.address())), up());
    EXPECT_EQ(authorized, (std::vector<bool>{true, false}));
}

TEST(Http, at_most_21_redirects_are_followed) {
    const Server loop{[](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        write_all(fd, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }};
    EXPECT_EQ(run(http("http://" + loop.address())), down("Maximum number of redirects exceeded"));
}

TEST(Http, nobody_there_is_down_in_the_words_of_axios) {
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(http("http://127.0.0.1:" + std::to_string(port))),
              down("connect ECONNREFUSED 127.0.0.1:" + std::to_string(port)));
    EXPECT_TRUE(run(http("http://no-such-name.invalid")).message.starts_with("getaddrinfo "));
}

TEST(Http, one_that_says_nothing_ends_at_the_timeout) {
    const Server silent;
    EXPECT_EQ(run(http("http://" + silent.address()), 50ms), down("timeout of 50ms exceeded"));
    const Server slow{[](int fd) {
        (void)read_until(fd, "\r\n\r\n");
        write_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
        (void)read_until(fd, "never");
    }};
    EXPECT_EQ(run(http("http://" + slow.address()), 50ms), down("timeout of 50ms exceeded"));
}

TEST(Http, what_is_no_http_is_down) {
    EXPECT_EQ(answered("").message, "socket hang up");
    EXPECT_EQ(answered("+PONG\r\n"), down("Parse Error: Expected HTTP/, RTSP/ or ICE/"));
    EXPECT_EQ(run(http("https://" + Server{answering("\n", "no TLS\r\n")}.address()), 2s).status,
              Status::down);
}

TEST(Http, an_answer_that_is_cut_off_is_down) {
    EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Le"), down("socket hang up"));
    EXPECT_EQ(answered("HTTP/1.1 200"), down("socket hang up"));
    EXPECT_EQ(entry_body(answered("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody"), Status::down),
              R"({"message":"stream has been aborted","statusCode":200,"statusText":"OK","status":"down"})");
}

TEST(MemoryOnPage, compares_what_the_process_tells_of_itself) {
    const auto page = [](const std::string& text, Bytes most) {
        const Server server{answering("\r\n\r\n", reply("200 OK", text))};
        return run(memory_on_page(most, "http://" + server.address() + "/metrics"));
    };
    const std::string text =
        "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes_total 9e9\n"
        "process_resident_memory_bytes 5.24288e+07 1700000000000\n";
    EXPECT_EQ(page(text, 50_MiB), up());
    EXPECT_EQ(page(text, Bytes{52'428'799}), down("Used rss exceeded the set threshold"));
    EXPECT_EQ(page("a 1\n", 1_GiB), down("the page does not tell process_resident_memory_bytes"));
    EXPECT_EQ(page("process_resident_memory_bytes", 1_GiB).status, Status::down);
    EXPECT_EQ(page("process_resident_memory_bytes x", 1_GiB).status, Status::down);
    const std::uint16_t port = dead_port();
    EXPECT_EQ(run(memory_on_page(1_GiB, "http://127.0.0.1:" + std::to_string(port))).message,
              "connect ECONNREFUSED 127.0.0.1:" + std::to_string(port));
    EXPECT_THROW((void)memory_on_page(0_B, "http://a"), std::invalid_argument);
    EXPECT_THROW((void)memory_on_page(1_B, "a"), std::invalid_argument);
}

TEST(Http, refuses_what_is_no_url) {
    for (const char* url : {"", "a", "ftp://a", "http://", "http://a:99999", "http://a:0"})
        EXPECT_THROW((void)http(url), std::invalid_argument) << url;
    EXPECT_THROW((void)http("http://a", {.statuses = {600}}), std::invalid_argument);
    try {
        (void)http("ftp://user:secret@host");
    } catch (const std::invalid_argument& refused) {
        EXPECT_EQ(std::string{refused.what()}.find("secret"), std::string::npos);
    }
}

}   // namespace
}   // namespace outrigger::health
