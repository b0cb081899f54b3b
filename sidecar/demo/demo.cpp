// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/demo.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <string>

#include <outrigger/core/units_text.hpp>

#include "sidecar/demo/client.hpp"
#include "sidecar/demo/figures.hpp"
#include "sidecar/demo/load.hpp"
#include "sidecar/demo/log_sample.hpp"
#include "sidecar/demo/readable.hpp"
#include "sidecar/demo/shop.hpp"
#include "sidecar/demo/stoppable_wait.hpp"
#include "sidecar/demo/summary.hpp"

namespace outrigger::demo {
namespace {

using namespace std::chrono_literals;

// Above the slowest search, below the time that the shop is stuck for: so the sidecar answers for it now and
// then.
constexpr Duration shop_timeout = 1s;

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

// How far the load is: one line that overwrites itself on a terminal, a line now and then elsewhere.
class Ticker {
public:
    Ticker(std::ostream& out, Style style, Duration duration)
        : out_{out},
          style_{style},
          duration_{duration},
          every_{style.terminal ? 500ms : std::clamp<Duration>(duration / 4, 1s, 60s)} {}

    void show(const Load::Progress& progress) {
        if (progress.elapsed < next_ || next_ >= duration_) return;
        next_ += every_;
        const auto seconds = std::chrono::floor<std::chrono::seconds>(progress.elapsed).count();
        out_ << (style_.terminal ? "\r" : "") << to_right(std::to_string(seconds), 5) << " s of "
             << to_string(duration_) << to_right(std::to_string(progress.requests), 10) << " requests"
             << to_right(std::to_string(progress.errors), 8) << " errors" << (style_.terminal ? "" : "\n")
             << std::flush;
    }
    // Clears the line, or leaves an empty one after the others.
    void end() {
        if (style_.terminal)
            out_ << "\r\x1b[K";
        else if (next_ > every_)
            out_ << "\n";
    }

private:
    std::ostream& out_;
    Style style_;
    Duration duration_;
    Duration every_;
    Duration next_ = every_;
};

void watch(const Load& load, Ticker& ticker, const std::atomic<bool>& interrupted) {
    StoppableWait pause;
    for (auto progress = load.progress(); !progress.finished && !interrupted; progress = load.progress()) {
        ticker.show(progress);
        pause.wait(50ms);
    }
    ticker.end();
}

// The sidecar counts an exchange just after the caller has its answer, so the page may lag behind a little.
std::optional<Figures> settled_figures(const std::string& metrics_url, const Results& results) {
    Client client;
    StoppableWait pause;
    std::optional<Figures> figures;
    for (int tries = 0; tries < 10; ++tries) {
        if (tries > 0) pause.wait(30ms);
        const Response page = client.send({.url = metrics_url}, 2s);
        if (!page.error.empty() || page.status != 200) continue;
        figures = read_figures(page.body);
        if (figures && figures->requests >= results.reached && figures->in_flight == 0) break;
    }
    return figures;
}

}  // namespace

int run_demo(const Options& options, const Clock& clock, ProxyRunner& runner, std::ostream& out,
             const std::atomic<bool>& interrupted) {
    Shop shop{{.seed = options.seed}};
    RunningProxy proxy{runner,
                       {.port = shop.gateway_port(), .routes = Shop::routes(), .timeout = shop_timeout}};
    const Proxy& where = proxy.where();
    const Stage stage{shop.gateway_port(), shop.users_port(), shop.orders_port(), where};
    out << opening(stage, options.duration, options.rate, options.style) << std::flush;

    Load load{{.server = "http://" + where.inbound,
               .duration = options.duration,
               .rate = options.rate,
               .seed = options.seed},
              clock};
    Ticker ticker{out, options.style, options.duration};
    watch(load, ticker, interrupted);
    const Results results = load.stop();

    const std::string metrics_url = "http://" + where.admin + "/metrics";
    out << table(results, options.style) << failures(results, where.log_file, options.style)
        << comparison(settled_figures(metrics_url, results), results, metrics_url, options.style)
        << std::flush;
    proxy.stop();  // the shop after it: the sidecar's idle connections are then closed
    shop.stop();
    out << log_sample(last_access_lines(where.log_file, 2), where.log_file, options.style) << std::flush;

    const bool nothing_asked = results.all.requests == 0 && interrupted;
    return results.served > 0 || nothing_asked ? 0 : 1;
}

}  // namespace outrigger::demo
