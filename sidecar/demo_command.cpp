// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <outrigger/core/rng.hpp>
#include <outrigger/core/units_text.hpp>

#include "sidecar/commands.hpp"
#include "sidecar/demo/demo.hpp"
#include "sidecar/libraries/loaded.hpp"
#include "sidecar/net/fd.hpp"
#include "sidecar/net/resolver.hpp"
#include "sidecar/sidecar.hpp"
#include "sidecar/signals.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

// A log file that stays for the newcomer to look at.
net::Fd open_log_file(std::string& path) {
    path = (std::filesystem::temp_directory_path() / "outrigger-demo-XXXXXX.log").string();
    net::Fd file{::mkostemps(path.data(), 4, O_APPEND | O_CLOEXEC)};
    if (!file.valid()) throw StartError{"cannot make a log file like " + path};
    return file;
}

config::Settings settings_for(const demo::App& app) {
    config::Settings settings;
    settings.service = "shop";
    settings.admin.listen = {"127.0.0.1", 0};
    settings.inbound.listen = {"127.0.0.1", 0};
    settings.inbound.app = *config::AppUrl::parse(std::to_string(app.port));
    settings.inbound.timeout = app.timeout;
    for (const std::string& route : app.routes) settings.inbound.routes.push_back({route});
    settings.outbound.upstreams = app.upstreams;
    return settings;
}

// The names of the shop's services: the demo asks nobody else.
class ShopNames final : public net::Resolver {
public:
    explicit ShopNames(std::map<std::string, std::vector<std::string>> names) : names_{std::move(names)} {}

    Task<Result<net::NameAnswer>> resolve(std::string host, Wait) override { co_return answer(host); }

private:
    [[nodiscard]] net::NameAnswer answer(const std::string& host) const {
        net::NameAnswer answer{.addresses = {}, .ttl = 1h};
        if (const auto found = names_.find(host); found != names_.end())
            for (const std::string& address : found->second)
                if (const auto known = net::numeric_address(address, 0)) answer.addresses.push_back(*known);
        if (answer.addresses.empty()) answer.none = "the demo knows no such name";
        return answer;
    }

    const std::map<std::string, std::vector<std::string>> names_;
};

// The real sidecar, on a thread of its own.
class Beside final : public demo::ProxyRunner {
public:
    explicit Beside(const Clock& clock) : clock_{clock} {}
    ~Beside() override { stop(); }
    Beside(const Beside&) = delete;
    Beside& operator=(const Beside&) = delete;

    demo::Proxy start(const demo::App& app) override {
        std::string log_file;
        const net::Fd log = open_log_file(log_file);
        names_.emplace(app.names);
        sidecar_.emplace(settings_for(app), clock_, log.number(), &*names_);
        thread_ = std::thread{[this] { (void)sidecar_->run(); }};   // its only check can be stopped
        std::vector<std::string> upstreams;
        for (const auto& [name, upstream] : app.upstreams) upstreams.push_back(sidecar_->outbound_address(name));
        return {sidecar_->inbound_address(), sidecar_->admin_address(), std::move(upstreams), log_file};
    }
    void stop() override {
        if (!thread_.joinable()) return;
        sidecar_->end_now();
        thread_.join();
        sidecar_.reset();   // its log is whole now
    }

private:
    const Clock& clock_;
    std::optional<ShopNames> names_;
    std::optional<Sidecar> sidecar_;
    std::thread thread_;
};

}  // namespace

int demo(const DemoCommand& command) {
    const std::optional<Duration> duration = parse_duration(command.duration);
    if (!duration || *duration < 5s || *duration > 1h) {
        std::cerr << "outrigger: --duration: found '" << command.duration << "', expected 5s to 1h, such as 20s or 5m\n";
        return exit_usage;
    }
    std::atomic<bool> interrupted{false};
    Signals signals;   // before any thread
    signals.start([&interrupted](int, int) { interrupted = true; });
    const SystemClock clock;
    try {
        libraries::libcurl().require("the demo");
        Beside runner{clock};
        const demo::Options options{
            .duration = *duration, .seed = Rng::from_system()(), .style = {.terminal = ::isatty(STDOUT_FILENO) == 1}};
        return demo::run_demo(options, clock, runner, std::cout, interrupted);
    } catch (const std::exception& error) {
        std::cerr << "outrigger: " << error.what() << '\n';
        return exit_failure;
    }
}

}  // namespace outrigger::sidecar
