// SPDX-License-Identifier: Apache-2.0
// A gRPC service that tells what it serves: an interceptor makes a metric, a line of the log and the ids of each call,
// as of a POST to /shop.Orders/Show. What is outrigger's is marked with (og).
//
// Usage: grpc_server [METRICS_FILE]      its port is printed; at the end its metrics are written to the file
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_interceptor.h>

#include <outrigger/outrigger.hpp>

#include "orders.grpc.pb.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace og = outrigger;
using grpc::experimental::InterceptionHookPoints;

namespace {

// (og) What dashboards know: the HTTP status that a gRPC status is mapped to (google/rpc/code.proto).
int http_status(grpc::StatusCode code) {
    switch (code) {
        case grpc::StatusCode::OK: return 200;
        case grpc::StatusCode::INVALID_ARGUMENT:
        case grpc::StatusCode::FAILED_PRECONDITION:
        case grpc::StatusCode::OUT_OF_RANGE: return 400;
        case grpc::StatusCode::UNAUTHENTICATED: return 401;
        case grpc::StatusCode::PERMISSION_DENIED: return 403;
        case grpc::StatusCode::NOT_FOUND: return 404;
        case grpc::StatusCode::ALREADY_EXISTS:
        case grpc::StatusCode::ABORTED: return 409;
        case grpc::StatusCode::RESOURCE_EXHAUSTED: return 429;
        case grpc::StatusCode::CANCELLED: return 499;
        case grpc::StatusCode::UNIMPLEMENTED: return 501;
        case grpc::StatusCode::UNAVAILABLE: return 503;
        case grpc::StatusCode::DEADLINE_EXCEEDED: return 504;
        default: return 500;
    }
}

// (og) One call. gRPC makes one for each, and asks it at every step, one step at a time.
class ObservedCall final : public grpc::experimental::Interceptor {
public:
    ObservedCall(og::middleware::HttpObserver observer, grpc::experimental::ServerRpcInfo* call)
        : observer_{std::move(observer)}, call_{call} {}

    void Intercept(grpc::experimental::InterceptorBatchMethods* step) override {
        if (step->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA))
            begin(*step->GetRecvInitialMetadata());
        if (step->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS) && exchange_)
            exchange_->end({.status = http_status(step->GetSendStatus().error_code())});
        step->Proceed();
    }

private:
    using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

    void begin(const Metadata& metadata) {
        const auto value = [&metadata](grpc::string_ref key) {
            const auto found = metadata.find(key);
            return found == metadata.end() ? std::string_view{}
                                           : std::string_view{found->second.data(), found->second.size()};
        };
        exchange_.emplace(observer_.begin({.method = "POST",
                                           .target = call_->method(),
                                           .user_agent = value("user-agent"),
                                           .http_version = "2",
                                           .request_id = value("x-request-id"),
                                           .traceparent = value("traceparent")}));
        exchange_->route(call_->method());   // the program's own text: as many as there are methods
    }

    const og::middleware::HttpObserver observer_;
    grpc::experimental::ServerRpcInfo* const call_;
    std::optional<og::middleware::HttpExchange> exchange_;
};

class ObservesCalls final : public grpc::experimental::ServerInterceptorFactoryInterface {
public:
    explicit ObservesCalls(og::middleware::HttpObserver observer) : observer_{std::move(observer)} {}
    grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* call) override {
        return new ObservedCall{observer_, call};   // gRPC's from here on
    }

private:
    const og::middleware::HttpObserver observer_;
};

class Orders final : public shop::Orders::Service {
    grpc::Status Show(grpc::ServerContext*, const shop::OrderId* id, shop::Order* order) override {
        if (id->number() == 404) return {grpc::StatusCode::NOT_FOUND, "there is no such order"};
        if (id->number() == 503) return {grpc::StatusCode::UNAVAILABLE, "no connection to the database"};
        order->set_number(id->number());
        order->set_customer("Ada");
        return grpc::Status::OK;
    }
};

}   // namespace

int main(int count, char** arguments) {
    og::metrics::Registry registry;
    const og::logging::Logger log{{.service = "orders"}};
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
    interceptors.push_back(std::make_unique<ObservesCalls>(og::middleware::HttpObserver{registry, log}));   // (og)

    Orders orders;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&orders);
    builder.experimental().SetInterceptorCreators(std::move(interceptors));
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server) {
        std::fputs("the port is not to be had\n", stderr);
        return 2;
    }

    og::middleware::Lifecycle lifecycle{{.log = log,   // (og)
                                         .in_flight = [&] { return registry.http_server().active(); },
                                         .delay = std::chrono::seconds{0}}};   // nobody probes it here
    lifecycle.close("server", [&](const og::middleware::Shutdown& told) {
        const og::SystemClock clock;
        server->Shutdown(clock.wall() + (told.deadline - clock.now()));   // calls may go on until then
    });
    if (count > 1)
        lifecycle.after("metrics", [&] { std::ofstream{arguments[1]} << registry.text_page(); });
    std::printf("%d\n", port);
    std::fflush(stdout);
    const auto report = lifecycle.wait();
    if (report.unfinished()) std::quick_exit(1);
    return report.clean() ? 0 : 1;
}
