// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::shipping. Log records on their way to where they are kept, through a spool.

#include <outrigger/logging/shipping/memory_spool.hpp>
#include <outrigger/logging/shipping/ship.hpp>
#include <outrigger/logging/shipping/shipper.hpp>
#include <outrigger/logging/shipping/spool.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>
