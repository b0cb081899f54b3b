// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include <curl/curl.h>

#include <outrigger/core/units_text.hpp>

#include "sidecar/admin/drain_state.hpp"
#include "sidecar/commands.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_every = 100ms;
constexpr std::chrono::milliseconds answer_within = 5s;   // the admin address answers at once, or something is wrong
constexpr Duration beyond_the_drain = 5s;   // what `drain.timeout` cuts still has to end
constexpr std::size_t body_max = 64 * 1024;

struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

std::size_t keep(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    body.append(bytes, std::min(count, body_max - body.size()));
    return count;
}

// The running sidecar's admin address.
class Admin {
public:
    struct Answer {
        CURLcode code = CURLE_OK;
        long status = 0;
        std::string body;
    };

    Admin(const config::Destination& where, const std::string& token)
        : url_{"http://" + where.to_text()}, handle_{curl_easy_init()} {
        if (!handle_) throw std::bad_alloc{};
        if (token.empty()) return;
        fields_.reset(curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
        if (!fields_) throw std::bad_alloc{};
    }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

    Answer ask(const char* method, const std::string& path) {
        CURL* handle = handle_.get();
        Answer answer;
        const std::string url = url_ + path;
        curl_easy_reset(handle);
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields_.get());
        curl_easy_setopt(handle, CURLOPT_PROXY, "");   // nowhere but there, whatever the environment says
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(answer_within.count()));
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
        answer.code = curl_easy_perform(handle);
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
        return answer;
    }

private:
    std::string url_;
    std::unique_ptr<CURL, FreeHandle> handle_;
    std::unique_ptr<curl_slist, FreeList> fields_;
};

int fail(const std::string& line) {
    std::cerr << "outrigger: " << line << '\n';
    return exit_failure;
}

int say(const std::string& line) {
    if (std::cout << line << '\n' << std::flush) return exit_success;
    return fail("standard output: cannot be written to");
}

// A problem document says it in one sentence; anything else that answers is no sidecar.
int fail_with(const Admin& running, const std::string& request, const Admin::Answer& answer) {
    std::string why = "answered " + std::to_string(answer.status);
    if (answer.code != CURLE_OK) why = curl_easy_strerror(answer.code);
    if (answer.code == CURLE_OK && answer.status == 403) why += ": it wants its token from other hosts";
    return fail(running.url() + ": " + request + ": " + why + "; -c and --admin say where the running sidecar is");
}

std::string counted(std::uint64_t count, const char* one, const char* several) {
    return std::to_string(count) + (count == 1 ? one : several);
}

std::string seconds(Duration length) {
    return to_string(Duration{std::chrono::round<std::chrono::milliseconds>(length)});
}

int wait_until_drained(Admin& running, const Clock& clock, Duration timeout) {
    const Instant began = clock.now();
    for (std::optional<admin::DrainState> last;;) {
        const Admin::Answer answer = running.ask("GET", "/api/drain");
        const std::optional<admin::DrainState> state = admin::drain_state_of(answer.body);
        const Duration passed = clock.now() - began;
        if (state && state->ended && state->cut > 0)
            return fail("drain.timeout has passed: " + counted(state->cut, " exchange was cut", " exchanges were cut"));
        if (state && state->ended) return say("drained in " + seconds(passed));
        // One that ends in order shows its last state first, long enough for us to see it.
        if (answer.code == CURLE_COULDNT_CONNECT && last && last->exchanges > 0)
            return fail("the sidecar ended with " + counted(last->exchanges, " exchange", " exchanges") + " in progress");
        if (answer.code == CURLE_COULDNT_CONNECT) return say("drained and ended in " + seconds(passed));
        if (answer.code == CURLE_OK && !state) return fail_with(running, "GET /api/drain", answer);
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
    Admin running{where, settings.admin.token};
    const Admin::Answer told = running.ask("POST", "/drain");
    if (told.code != CURLE_OK || told.status != 202) return fail_with(running, "POST /drain", told);
    return wait_until_drained(running, clock, *timeout);
}

}  // namespace outrigger::sidecar
