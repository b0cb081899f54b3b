// SPDX-License-Identifier: Apache-2.0
#include "sidecar/upstream/cluster.hpp"

#include "sidecar/http1/client_stream.hpp"

namespace outrigger::upstream {

Task<Result<Lease>> Cluster::pick(Reuse reuse, Wait wait) {
    // Connecting would see it; a pooled connection must not be spent on it either.
    if (wait.cancel && wait.cancel->requested()) co_return *wait.cancel->requested();
    if (reuse == Reuse::allowed)
        if (auto pooled = pool_.take()) co_return Lease{std::move(pooled), pool_, endpoint(), true};

    Result<std::unique_ptr<net::Stream>> connected = co_await connector_->connect(wait);
    if (!connected) co_return connected.error();
    auto stream = std::make_unique<http1::ClientStream>(std::move(*connected), limits_);
    co_return Lease{std::move(stream), pool_, endpoint(), false};
}

}  // namespace outrigger::upstream
