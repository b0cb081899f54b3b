// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/demo.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include <outrigger/core/units_text.hpp>

#include "sidecar/demo/client.hpp"
#include "sidecar/demo/drill.hpp"
#include "sidecar/demo/examples.hpp"
#include "sidecar/demo/figures.hpp"
#include "sidecar/demo/load.hpp"
#include "sidecar/demo/protection.hpp"
#include "sidecar/demo/readable.hpp"
#include "sidecar/demo/shop.hpp"
#include "sidecar/demo/stoppable_wait.hpp"
#include "sidecar/demo/summary.hpp"
#include "sidecar/demo/upstream_watch.hpp"
#include "sidecar/demo/upstreams.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

// Above all that the gateway waits for: what it has to tell gets through.
constexpr Duration shop_timeout = 3s;
constexpr std::string_view journal = "/api/requests?limit=400";   // less than the MiB that the client keeps

// The sidecar for as long as this lives, or until stop().
class RunningProxy {
public:
    RunningProxy(ProxyRunner& runner, const App& app) : runner_{runner}, where_{runner.start(app)} {}
    ~RunningProxy() { stop(); }
    RunningProxy(const RunningProxy&) = delete;
    RunningProxy& operator=(const RunningProxy&) = delete;

    [[nodiscard]] const Proxy& where() const noexcept { return where_; }
    void stop() {
        if (running_) runner_.stop();
        running_ = false;
    }

private:
    ProxyRunner& runner_;
    Proxy where_;
    bool running_ = true;
};

// What is told while the load runs: a line for whatever happens, and on a terminal how far it is, in one that
// overwrites itself.
class Teller {
public:
    Teller(std::ostream& out, Style style, Duration duration)
        : out_{out}, style_{style}, duration_{duration} {}

    void tell(Duration elapsed, std::string_view line) {
        const auto tenths = std::chrono::floor<std::chrono::milliseconds>(elapsed).count() / 100;
        const std::string when =
            "t+" + std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
        clear();
        out_ << "  " << style_.faint(to_left(when, 11)) << line << "\n" << std::flush;
        told_ = true;
    }
    void show(const Load::Progress& progress) {
        if (!style_.terminal) return;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(progress.elapsed).count();
        out_ << "\r" << to_right(std::to_string(seconds), 5) << " s of " << to_string(duration_)
             << to_right(std::to_string(progress.requests), 10) << " requests"
             << to_right(std::to_string(progress.errors), 8) << " errors" << std::flush;
    }
    void end() {
        clear();
        if (told_) out_ << "\n";
    }

private:
    void clear() {
        if (style_.terminal) out_ << "\r\x1b[K";
    }

    std::ostream& out_;
    const Style style_;
    const Duration duration_;
    bool told_ = false;
};

// Until the load ends. The drill goes on meanwhile, and what comes of it is told.
void watch(const Load& load, Drill& drill, UpstreamWatch& upstreams, const std::string& admin_url,
           Teller& teller, const std::atomic<bool>& interrupted) {
    StoppableWait pause;
    Client client;
    for (auto progress = load.progress(); !progress.finished && !interrupted; progress = load.progress()) {
        for (const std::string_view line : drill.perform(progress.elapsed))
            teller.tell(progress.elapsed, line);
        const Response page = client.send({.url = admin_url + "/api/upstreams"}, 1s);
        for (const std::string& line : upstreams.changes(page.body))
            teller.tell(load.progress().elapsed, line);
        teller.show(progress);
        pause.wait(100ms);
    }
    teller.end();
}

// The sidecar counts an exchange just after the caller has its answer, so the page may lag behind a little.
std::optional<Figures> settled_figures(const std::string& metrics_url, const Results& results,
                                       const Comparison& calls) {
    Client client;
    StoppableWait pause;
    std::optional<Figures> figures;
    const auto [with, without] = all_of(calls);
    for (int tries = 0; tries < 50; ++tries) {
        if (tries > 0) pause.wait(30ms);
        const Response page = client.send({.url = metrics_url}, 2s);
        if (!page.error.empty() || page.status != 200) continue;
        figures = read_figures(page.body);
        if (!figures) continue;
        const bool all_calls = figures->calls() >= with.calls + without.calls;
        if (all_calls && figures->requests >= results.reached && figures->in_flight == 0) break;
    }
    return figures;
}

App app_of(const Shop& shop, Duration duration) {
    App app{.port = shop.gateway_port(),
            .routes = Shop::routes(),
            .timeout = shop_timeout,
            .upstreams = shop_upstreams(shop, duration),
            .names = {}};
    app.names[users_host] = {Shop::users_hosts.begin(), Shop::users_hosts.end()};
    return app;
}

}  // namespace

int run_demo(const Options& options, const Clock& clock, ProxyRunner& runner, std::ostream& out,
             const std::atomic<bool>& interrupted) {
    const Style style = options.style;
    Shop shop{{.seed = options.seed}, clock};
    RunningProxy proxy{runner, app_of(shop, options.duration)};
    const Proxy& where = proxy.where();
    const std::string admin_url = "http://" + where.admin;
    shop.call_at(where.upstreams);
    UpstreamWatch upstreams{shop};
    out << opening(where, shop.gateway_port(), options.duration, options.rate, style) << std::flush;

    Load load{{.server = "http://" + where.inbound,
               .duration = options.duration,
               .rate = options.rate,
               .seed = options.seed},
              clock};
    Drill drill{shop, options.duration};
    Teller teller{out, style, options.duration};
    watch(load, drill, upstreams, admin_url, teller, interrupted);
    const Results results = load.stop();
    const Comparison calls = shop.finish_calls();

    const std::optional<Figures> figures = settled_figures(admin_url + "/metrics", results, calls);
    const Examples examples =
        examples_from(Client{}.send({.url = admin_url + std::string{journal}}, 2s).body);
    out << table(results, style) << agreement(figures, results, calls, admin_url + "/metrics", style)
        << explained(examples, where, style) << policy_table(figures, style) << side_by_side(calls, style)
        << std::flush;
    proxy.stop();  // the shop after it: the sidecar's idle connections are then closed
    shop.stop();

    const bool nothing_asked = results.all.requests == 0 && interrupted;
    return results.served > 0 || nothing_asked ? 0 : 1;
}

}  // namespace outrigger::demo
