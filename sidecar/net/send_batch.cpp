// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/send_batch.hpp"

#include <span>

#include "sidecar/net/socket_stream.hpp"

namespace outrigger::net {

void SendBatch::send_all() noexcept {
    const char* at = bytes_.get();
    for (const Held& one : std::span{held_.data(), count_}) {
        one.stream->send_held({at, one.size});
        at += one.size;
    }
    filled_ = count_ = 0;
}

}   // namespace outrigger::net
