// SPDX-License-Identifier: Apache-2.0
#include "sidecar/libraries/library.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <utility>

namespace outrigger::libraries {
namespace {

// What the last call of dl*() said.
std::string last_fault() {
    const char* const text = ::dlerror();
    return text ? text : "no reason was given";
}

}   // namespace

Library::Library(std::string name, std::string package, const char* newest)
    : name_{std::move(name)},
      package_{std::move(package)},
      handle_{::dlopen(name_.c_str(), RTLD_NOW | RTLD_LOCAL)} {
    if (!handle_)
        fault_ = "cannot be loaded: " + last_fault();
    else if (!find(newest))
        fault_ = "is too old: " + last_fault();
}

std::string Library::fault(std::string_view what) const {
    if (fault_.empty()) return {};
    return std::string{what} + " needs " + name_ + ", which " + fault_ + "; install it (Debian: " + package_ + ')';
}

void Library::require(std::string_view what) const {
    if (!fault_.empty()) throw std::runtime_error{fault(what)};
}

void* Library::function(const char* name) const {
    require(name);
    void* const found = find(name);
    if (!found) throw std::runtime_error{last_fault()};
    return found;
}

void* Library::find(const char* name) const noexcept { return ::dlsym(handle_, name); }

}   // namespace outrigger::libraries
