// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/shipping/open_ship_sink.hpp>
#include <outrigger/logging/shipping/shipper.hpp>

#include <memory>

void outrigger_open_ship_sink(const outrigger::logging::Ship& settings, const char* service,
                              std::shared_ptr<outrigger::logging::Sink>& opened) {
    const auto shipper = std::make_shared<outrigger::logging::Shipper>(settings, service);
    shipper->start();
    opened = shipper;
}
