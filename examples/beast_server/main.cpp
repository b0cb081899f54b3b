// SPDX-License-Identifier: Apache-2.0
// A server of Boost.Beast, of coroutines on two threads, that tells what it serves: metrics, a line of the log per
// request, its ids, health pages, and an end in order. What is outrigger's is marked with (og).
//
// Usage: beast_server [PORT [DELAY_SECONDS]]      port 0, the default, is a free one; it is printed
#include <utility>   // before Asio 1.74, which forgets it

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <outrigger/outrigger.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace og = outrigger;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

namespace {

constexpr auto idle = std::chrono::seconds{30};                  // of a connection; and how long an answer may take to leave
constexpr auto accept_pause = std::chrono::milliseconds{100};   // after a failure

// (og) Those that outlive every connection.
struct Service {
    og::metrics::Registry registry;
    og::logging::Logger log{{.service = "orders"}};
    og::health::Registry health;
    og::middleware::HttpObserver observer{registry, log};
    og::middleware::ExposedPages pages{{.metrics = registry, .health = health}};
};

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// GET /orders/<number>
void show_order(const Request& request, Response& response, og::logging::Logger& log) {
    const std::string_view id = view(request.target()).substr(std::string_view{"/orders/"}.size());
    if (id == "13") throw std::runtime_error{"no connection to the database"};
    log.info("order shown", og::logging::field("order.id", id));
    response.set(http::field::content_type, "application/json");
    response.body() = "{\"id\":\"" + std::string{id} + "\"}";
}

// The service's own work, on the thread that has the request now.
void handle(const Request& request, Response& response, Service& service, og::middleware::HttpExchange& exchange) {
    const og::middleware::WorkingFor scope{exchange};   // (og) what is logged in here carries the request's ids
    try {
        if (request.method() == http::verb::get && view(request.target()).starts_with("/orders/")) {
            exchange.route("/orders/{id}");             // (og)
            return show_order(request, response, service.log);
        }
        response.result(http::status::not_found);
    } catch (const std::exception& error) {
        exchange.failed(error);                         // (og)
        response.result(http::status::internal_server_error);
    }
}

asio::awaitable<bool> send(beast::tcp_stream& stream, const Request& request, Response& response) {
    beast::error_code error;
    response.prepare_payload();
    if (request.method() == http::verb::head) response.body().clear();   // its length is told all the same
    stream.expires_after(idle);
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

// (og) A request from its head to the last byte of its answer. False: the connection is of no more use.
asio::awaitable<bool> serve(beast::tcp_stream& stream, const Request& request, Response& response, Service& service,
                            const std::string& client_ip) {
    og::middleware::HttpExchange exchange =
        service.observer.begin({.method = view(request.method_string()),
                                .target = view(request.target()),
                                .client_ip = client_ip,
                                .host = view(request[http::field::host]),
                                .user_agent = view(request[http::field::user_agent]),
                                .request_id = view(request["X-Request-Id"]),
                                .traceparent = request.count("traceparent") == 1 ? view(request["traceparent"]) : ""});
    handle(request, response, service, exchange);
    const std::string_view id = exchange.request_id();
    response.set("X-Request-Id", beast::string_view{id.data(), id.size()});
    const bool sent = co_await send(stream, request, response);
    if (!sent) co_return false;                         // the exchange counts as abandoned
    exchange.end({.status = static_cast<int>(response.result_int()),
                  .request_body = og::Bytes{request.body().size()},
                  .response_body = og::Bytes{response.body().size()}});
    co_return true;
}

// (og) Whether the request was for a page of our own; then the answer is there.
bool expose(const Request& request, Response& response, const Service& service) {
    if (request.method() != http::verb::get && request.method() != http::verb::head) return false;
    const auto page = service.pages.page(
        {.target = view(request.target()), .accept = view(request[http::field::accept])});
    if (!page) return false;
    response.result(static_cast<unsigned>(page->status));
    response.set(http::field::content_type, beast::string_view{page->content_type.data(), page->content_type.size()});
    if (!page->cache_control.empty())
        response.set(http::field::cache_control, beast::string_view{page->cache_control.data(), page->cache_control.size()});
    response.body() = page->body;
    return true;
}

asio::awaitable<void> converse(tcp::socket socket, Service& service, const og::middleware::Lifecycle& lifecycle) {
    beast::error_code error;
    const std::string client_ip = socket.remote_endpoint(error).address().to_string();
    beast::tcp_stream stream{std::move(socket)};
    beast::flat_buffer buffer;
    for (bool open = true; open;) {
        Request request;
        stream.expires_after(idle);
        co_await http::async_read(stream, buffer, request, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        Response response{http::status::ok, request.version()};
        response.keep_alive(request.keep_alive() && !lifecycle.stopping());   // (og) nobody comes back to who leaves
        if (expose(request, response, service))
            open = co_await send(stream, request, response);
        else
            open = co_await serve(stream, request, response, service, client_ip);
        open = open && response.keep_alive();
    }
}

// What a connection threw, such as std::bad_alloc: it has ended, and the others go on.
auto told_to(og::logging::Logger& log) {
    return [&log](const std::exception_ptr& thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            log.error("a connection failed", og::logging::field(error));
        }
    };
}

// Each connection has a strand: of what it waits for, its timer included, one thing happens at a time.
asio::awaitable<void> listen(tcp::acceptor& acceptor, Service& service, const og::middleware::Lifecycle& lifecycle) {
    beast::error_code error;
    asio::steady_timer pause{acceptor.get_executor()};
    while (error != asio::error::operation_aborted) {
        const asio::any_io_executor strand = asio::make_strand(acceptor.get_executor());
        tcp::socket socket =
            co_await acceptor.async_accept(strand, asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            asio::co_spawn(strand, converse(std::move(socket), service, lifecycle), told_to(service.log));
            continue;
        }
        service.log.warn("a connection could not be accepted", og::logging::field("error.message", error.message()));
        beast::error_code never;
        pause.expires_after(accept_pause);   // too many open files, say: there will be fewer
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, never));
    }
}

}   // namespace

int main(int count, char** arguments) {
    const auto port = static_cast<unsigned short>(count > 1 ? std::atoi(arguments[1]) : 0);
    const std::chrono::seconds delay{count > 2 ? std::atoi(arguments[2]) : 5};
    Service service;
    asio::io_context io{2};
    // (og) SIGTERM: readiness goes, calls drain, the threads end, the log is flushed.
    og::middleware::Lifecycle lifecycle{{.health = &service.health,
                                         .log = service.log,
                                         .in_flight = [&] { return service.registry.http_server().active(); },
                                         .delay = delay}};
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), port}};
    asio::co_spawn(io, listen(acceptor, service, lifecycle), asio::detached);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) threads.emplace_back([&] { io.run(); });
    lifecycle.close("server", [&] {
        io.stop();
        for (std::thread& thread : threads) thread.join();
    });
    std::printf("%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);

    const auto report = lifecycle.wait();
    if (report.unfinished()) std::quick_exit(1);
    return report.clean() ? 0 : 1;
}
