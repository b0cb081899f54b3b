// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/core/units.hpp>

#include "sidecar/http1/message.hpp"
#include "sidecar/net/worker.hpp"
#include "sidecar/upstream/cluster.hpp"

namespace outrigger::admin {

// A request of the sidecar's own. Its views must live until the answer is there.
struct HttpCall {
    std::string_view method = "GET";
    std::string_view path = "/";
    std::string_view host;
    std::vector<http1::Field> fields;   // at most a dozen
    std::string_view body = {};         // sent with its length unless the method is GET or DELETE
    Bytes reply_max{8 * 1024 * 1024};
};

struct HttpAnswer {
    int status = 0;
    std::string content_type;
    std::string body;
    // What went wrong before the answer was whole: a word of `Reason`, or "too_large"; and as a sentence. Empty:
    // nothing.
    std::string_view cause = {};
    std::string why = {};
};

// Calls on a connection of its own, on the worker's thread. Nothing throws but std::bad_alloc.
[[nodiscard]] Task<HttpAnswer> call(upstream::Cluster& to, net::Worker& worker, HttpCall request, Wait wait);

}  // namespace outrigger::admin
