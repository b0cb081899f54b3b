// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::logging. Structured log records, written by a thread of their own. No third party.

#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/writer.hpp>
