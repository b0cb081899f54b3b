// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <outrigger/resilience/verdict.hpp>

namespace outrigger::resilience {

// What results mean, where faults alone do not say it: the function gets a `const Result<T>&` and returns an
// Assessment. It stands innermost in a pipeline; what it says is what the breaker counts and the retry goes by.
template <class Function>
struct Classify {
    Function function;
};
template <class Function>
Classify(Function) -> Classify<Function>;

}  // namespace outrigger::resilience
