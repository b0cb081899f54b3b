// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::core. Time, units, results, reasons, tasks. No socket, no thread, no third party.

#include <outrigger/core/blocking.hpp>
#include <outrigger/core/cancel.hpp>
#include <outrigger/core/clock.hpp>
#include <outrigger/core/describe.hpp>
#include <outrigger/core/executor.hpp>
#include <outrigger/core/manual_blocking_clock.hpp>
#include <outrigger/core/manual_clock.hpp>
#include <outrigger/core/manual_loop.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/core/result.hpp>
#include <outrigger/core/rng.hpp>
#include <outrigger/core/scheduler.hpp>
#include <outrigger/core/system_blocking_clock.hpp>
#include <outrigger/core/task.hpp>
#include <outrigger/core/text_format.hpp>
#include <outrigger/core/units.hpp>
#include <outrigger/core/units_text.hpp>
#include <outrigger/core/utf8.hpp>
#include <outrigger/core/validate.hpp>
