// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include <outrigger/core/units_text.hpp>

#include "sidecar/admin/drain_state.hpp"
#include "sidecar/admin_address.hpp"
#include "sidecar/commands.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_every = 100ms;
constexpr Duration beyond_the_drain = 5s;   // what `drain.timeout` cuts still has to end

int fail(const std::string& line) {
    std::cerr << "outrigger: " << line << '\n';
    return exit_failure;
}

int say(const std::string& line) {
    if (std::cout << line << '\n' << std::flush) return exit_success;
    return fail("standard output: cannot be written to");
}

int fail_with(const AdminAddress& running, const std::string& request, const AdminAddress::Answer& answer) {
    return fail(running.refusal(request, answer));
}

std::string counted(std::uint64_t count, const char* one, const char* several) {
    return std::to_string(count) + (count == 1 ? one : several);
}

std::string seconds(Duration length) {
    return to_string(Duration{std::chrono::round<std::chrono::milliseconds>(length)});
}

int wait_until_drained(AdminAddress& running, const Clock& clock, Duration timeout) {
    const Instant began = clock.now();
    for (std::optional<admin::DrainState> last;;) {
        const AdminAddress::Answer answer = running.ask("GET", "/api/drain");
        const std::optional<admin::DrainState> state = admin::drain_state_of(answer.body);
        const Duration passed = clock.now() - began;
        if (state && state->ended && state->cut > 0)
            return fail("drain.timeout has passed: " + counted(state->cut, " exchange was cut", " exchanges were cut"));
        if (state && state->ended) return say("drained in " + seconds(passed));
        // One that ends in order shows its last state first, long enough for us to see it.
        if (answer.nobody_there && last && last->exchanges > 0)
            return fail("the sidecar ended with " + counted(last->exchanges, " exchange", " exchanges") + " in progress");
        if (answer.nobody_there) return say("drained and ended in " + seconds(passed));
        if (answer.status != 0 && !state) return fail_with(running, "GET /api/drain", answer);
        if (passed >= timeout)
            return fail("not drained within " + to_string(timeout) +
                        (state ? ": " + counted(state->exchanges, " exchange", " exchanges") + " in progress" : ""));
        if (state) last = state;
        ::poll(nullptr, 0, static_cast<int>(look_every.count()));
    }
}

}  // namespace

int drain(const DrainCommand& command) {
    const config::Flags flags{.admin = command.admin};
    const config::Loaded loaded = command.file
                                      ? config::load_file(*command.file, config::process_environment(), flags)
                                      : config::load_flags(flags);
    if (!loaded.problems.empty()) return report(loaded.problems, command.file.value_or(""));
    const config::Settings& settings = loaded.settings;
    const std::optional<Duration> timeout =
        command.timeout ? parse_duration(*command.timeout) : settings.drain.timeout + beyond_the_drain;
    if (!timeout || *timeout > 24h) {
        std::cerr << "outrigger: --timeout: found '" << *command.timeout
                  << "', expected a duration up to 24h, such as 30s or 5m\n";
        return exit_usage;
    }
    const config::Destination where = config::from_here(settings.admin.listen);
    if (where.port == 0) {
        std::cerr << "outrigger: admin.listen: found " << settings.admin.listen.to_text()
                  << ", which may be any port; expected --admin with that of the running sidecar\n";
        return exit_usage;
    }
    const SystemClock clock;
    try {
        AdminAddress running{where, settings.admin.token};
        const AdminAddress::Answer told = running.ask("POST", "/drain");
        if (told.status != 202) return fail_with(running, "POST /drain", told);
        return wait_until_drained(running, clock, *timeout);
    } catch (const std::exception& failure) {
        return fail(failure.what());
    }
}

}  // namespace outrigger::sidecar
