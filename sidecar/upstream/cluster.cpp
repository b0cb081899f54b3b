// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/cluster.hpp"

#include "sidecar/http1/client_stream.hpp"

namespace outrigger::upstream {

bool Cluster::Picking::await_ready() {
    // A caller who has left is not worth a connection.
    const bool wanted = !wait_.cancel || !wait_.cancel->requested();
    if (wanted && reuse_ == Reuse::allowed) idle_ = cluster_.pool_.take();
    if (!idle_) connecting_.start(cluster_.connect(wait_));
    return !connecting_.running();
}

Task<Result<Lease>> Cluster::connect(Wait wait) {
    if (wait.cancel && wait.cancel->requested()) co_return *wait.cancel->requested();
    Result<std::unique_ptr<net::Stream>> connected = co_await connector_->connect(wait);
    if (!connected) co_return connected.error();
    auto stream = std::make_unique<http1::ClientStream>(std::move(*connected), worker_.pages, limits_);
    co_return Lease{std::move(stream), pool_, endpoint(), false};
}

}  // namespace outrigger::upstream
