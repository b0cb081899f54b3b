// SPDX-License-Identifier: Apache-2.0
// Protected gRPC calls: a pipeline around the stub's call, and an interceptor that sends the ids along. What is
// outrigger's is marked with (og).
//
// Usage: grpc_client PORT NUMBER CALLS      one after another; what became of each is printed
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_interceptor.h>

#include <outrigger/outrigger.hpp>

#include "orders.grpc.pb.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace og = outrigger;
namespace rs = outrigger::resilience;
using namespace std::chrono_literals;
using grpc::experimental::InterceptionHookPoints;

namespace {

// (og) Each attempt is a span of the trace that this thread works for; without one it begins a trace.
class SentIds final : public grpc::experimental::Interceptor {
public:
    void Intercept(grpc::experimental::InterceptorBatchMethods* step) override {
        if (step->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
            og::Rng rng = og::Rng::from_system();
            const og::middleware::TraceParent trace{og::middleware::WorkingFor::current_traceparent(), rng};
            const auto request_id = og::middleware::WorkingFor::current_request_id();
            step->GetSendInitialMetadata()->emplace("traceparent", std::string{trace.traceparent()});
            if (!request_id.empty()) step->GetSendInitialMetadata()->emplace("x-request-id", std::string{request_id});
        }
        step->Proceed();
    }
};

class SendsIds final : public grpc::experimental::ClientInterceptorFactoryInterface {
    grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
        return new SentIds;   // gRPC's from here on
    }
};

// (og) What the callee did not answer is a fault. Everything else is its word, such as NOT_FOUND, and so a value.
og::Result<grpc::Status> meaning(grpc::Status status) {
    switch (status.error_code()) {
        case grpc::StatusCode::UNAVAILABLE: return og::Fault{og::Reason::upstream_reset, "unavailable"};
        case grpc::StatusCode::DEADLINE_EXCEEDED: return og::Fault{og::Reason::timeout, "no answer in time"};
        case grpc::StatusCode::RESOURCE_EXHAUSTED: return og::Fault{og::Reason::rate_limited, "exhausted"};
        case grpc::StatusCode::UNKNOWN:
        case grpc::StatusCode::INTERNAL:
        case grpc::StatusCode::DATA_LOSS: return og::Fault{og::Reason::call_failed, "failed inside"};
        default: return status;
    }
}

}   // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
    interceptors.push_back(std::make_unique<SendsIds>());   // (og)
    grpc::ChannelArguments settings;
    settings.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);   // the pipeline's business, which has a budget
    const auto stub = shop::Orders::NewStub(grpc::experimental::CreateCustomChannelWithInterceptors(
        "127.0.0.1:" + std::string{arguments[1]}, grpc::InsecureChannelCredentials(), settings,
        std::move(interceptors)));

    auto orders = rs::pipeline("orders",                                                    // (og) outermost first
                               rs::Timeout{.limit = 2s},
                               rs::Retry{.attempts = 3, .backoff = {.first = 5ms}},
                               rs::Breaker{.min_calls = 5, .open_for = 1min});
    const og::SystemClock clock;
    shop::OrderId id;
    id.set_number(std::strtoull(arguments[2], nullptr, 10));
    for (int i = 0; i < std::atoi(arguments[3]); ++i) {
        shop::Order order;
        const auto answer = orders.run([&](rs::Call& call) {
            grpc::ClientContext context;
            if (call.deadline() != og::never) context.set_deadline(clock.wall() + (call.deadline() - clock.now()));
            return meaning(stub->Show(&context, id, &order));
        }, {.idempotent = true});   // Show may be called twice; say false of what must not be, such as Charge
        if (!answer)
            std::printf("%s\n", std::string{to_string(answer.error().reason)}.c_str());
        else if (answer->ok())
            std::printf("%s\n", order.customer().c_str());
        else
            std::printf("%s\n", answer->error_message().c_str());
    }
}
