// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/sink.hpp>

// How a Logger opens a shipper although the component logging links nothing of shipping: the symbol is weak there, and
// defined in shipping, whose CMake target makes the linker look for it. Throws as Shipper's constructor does.
extern "C" [[gnu::weak]] void outrigger_open_ship_sink(const outrigger::logging::Ship& settings, const char* service,
                                                       std::shared_ptr<outrigger::logging::Sink>& opened);
