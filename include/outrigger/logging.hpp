// SPDX-License-Identifier: Apache-2.0
#pragma once

// The component outrigger::logging. Structured log records, written by a thread of their own. No third party.

#include <outrigger/logging/context.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/field.hpp>
#include <outrigger/logging/file_sink.hpp>
#include <outrigger/logging/level.hpp>
#include <outrigger/logging/logger.hpp>
#include <outrigger/logging/record_queue.hpp>
#include <outrigger/logging/redaction.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/logging/writer.hpp>
