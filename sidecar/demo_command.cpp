// SPDX-License-Identifier: Apache-2.0
#include "sidecar/commands.hpp"
namespace outrigger::sidecar {
int demo(const DemoCommand&) { return exit_failure; }
}  // namespace outrigger::sidecar
