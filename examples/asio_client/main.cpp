// SPDX-License-Identifier: Apache-2.0
// Protected calls by Boost.Asio and Beast: a pipeline around a coroutine that makes one HTTP request. The pipeline
// blocks the caller's thread; each attempt runs on an io_context of its own, and ends at the call's deadline.
//
// Usage: asio_client PORT TARGET CALLS      one after another; what became of each is printed
#include <utility>   // before Asio 1.74, which forgets it

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <outrigger/resilience.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace og = outrigger;
namespace rs = outrigger::resilience;
using asio::ip::tcp;
using namespace std::chrono_literals;
using Response = http::response<http::string_body>;

namespace {

// What Asio says, as a fault: who connects in vain has reached nobody, and may always try again.
og::Fault fault_of(const beast::error_code& error, bool connected) {
    if (error == beast::error::timeout) return {og::Reason::timeout, "no answer in time"};
    if (!connected) return {og::Reason::connect_failed, "nobody listens"};
    return {og::Reason::upstream_reset, "the connection ended too early"};
}

asio::awaitable<void> fetch(tcp::endpoint to, std::string target, og::Instant deadline,
                            og::Result<Response>& result) {
    beast::error_code error;
    beast::tcp_stream stream{co_await asio::this_coro::executor};
    if (deadline != og::never) stream.expires_after(deadline - og::SystemClock{}.now());
    co_await stream.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
    const bool connected = !error;
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, "localhost");
    if (!error) co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
    beast::flat_buffer buffer;
    Response response;
    if (!error) co_await http::async_read(stream, buffer, response, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        result = fault_of(error, connected);
    else
        result = std::move(response);
}

// One attempt.
og::Result<Response> get(const rs::Call& call, tcp::endpoint to, const std::string& target) {
    asio::io_context io;
    og::Result<Response> result{og::Fault{}};
    asio::co_spawn(io, fetch(to, target, call.deadline(), result), asio::detached);
    io.run();
    return result;
}

// An answer is a value, whatever its status; what it says of the service is another matter.
rs::Assessment meaning(const og::Result<Response>& result) {
    return result ? rs::assess_status(static_cast<int>(result->result_int())) : rs::assess(result.error());
}

}   // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    const tcp::endpoint to{asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(arguments[1]))};
    auto orders = rs::pipeline("orders",                                                    // outermost first
                               rs::Timeout{.limit = 20s},
                               rs::Retry{.attempts = 3, .per_try_timeout = 10s, .backoff = {.first = 5ms}},
                               rs::Breaker{.min_calls = 5, .open_for = 1min},
                               rs::Classify{&meaning});
    for (int i = 0; i < std::atoi(arguments[3]); ++i) {
        const og::Result<Response> answer =
            orders.run([&](rs::Call& call) { return get(call, to, arguments[2]); },
                       {.idempotent = true});   // a GET may be made twice; say false of what must not be
        if (answer)
            std::printf("%u %s\n", answer->result_int(), answer->body().c_str());
        else
            std::printf("%s\n", std::string{to_string(answer.error().reason)}.c_str());
    }
}
