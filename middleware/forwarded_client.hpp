// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace outrigger::middleware {

// The client's address by X-Forwarded-For, if so many proxies have appended to it: the so-manieth from its end, without a
// port. Nothing if the field has no so many, or what stands there is no address (ECS has a type for it, and a receiver
// refuses another one).
[[nodiscard]] std::string_view forwarded_client(std::string_view forwarded_for, std::uint32_t proxies) noexcept;

}   // namespace outrigger::middleware
