// SPDX-License-Identifier: Apache-2.0
#include "sidecar/sidecar.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <variant>

#include <outrigger/core/base64.hpp>
#include <outrigger/health/registry.hpp>
#include <outrigger/metrics/http_server.hpp>
#include <outrigger/metrics/http_server_summary.hpp>
#include <outrigger/metrics/learned_routes.hpp>
#include <outrigger/metrics/process_metrics.hpp>
#include <outrigger/metrics/push.hpp>
#include <outrigger/metrics/registry.hpp>
#include <outrigger/middleware/health_metrics.hpp>
#include <outrigger/middleware/limit_metrics.hpp>
#include <outrigger/middleware/log_metrics.hpp>
#include <outrigger/middleware/operational_log.hpp>

#include "sidecar/admin/app_metrics.hpp"
#include "sidecar/admin/checks.hpp"
#include "sidecar/admin/desk.hpp"
#include "sidecar/admin/pages.hpp"
#include "sidecar/admin/pusher.hpp"
#include "sidecar/admin/upstream_check.hpp"
#include "sidecar/config/load.hpp"
#include "sidecar/intake/posts.hpp"
#include "sidecar/listening.hpp"
#include "sidecar/logs.hpp"
#include "sidecar/net/cpus.hpp"
#include "sidecar/outbounds.hpp"
#include "sidecar/upstream/named_connector.hpp"
#include "sidecar/worker.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t admin_connections_max = 1000;
constexpr Duration look_every = 1s;   // at the workers' heartbeats
constexpr Duration app_page_timeout = 5s;   // half of a server's default patience
constexpr Duration push_every = 15s;
constexpr Duration push_timeout = 3s;         // the last one is a part of the process' end
constexpr Duration checks_end_within = 1s;    // those that can be stopped end at once
constexpr Duration last_shipment = 500ms;   // however late it is
constexpr Duration last_state_shown_for = 300ms;   // three looks of `outrigger drain`

std::size_t worker_count(const config::Settings& settings) {
    if (const auto* fixed = std::get_if<std::uint32_t>(&settings.workers)) return *fixed;
    return net::usable_cpus();
}

middleware::AccessPolicy access_policy(const config::Settings& settings) {
    if (const auto* share = std::get_if<Ratio>(&settings.logs.access))
        return middleware::AccessPolicy::sampled(*share, settings.journal.slow);
    switch (std::get<config::AccessRecords>(settings.logs.access)) {
        case config::AccessRecords::all: return middleware::AccessPolicy::all();
        case config::AccessRecords::errors: return middleware::AccessPolicy::errors();
        case config::AccessRecords::none: return middleware::AccessPolicy::none();
    }
    return middleware::AccessPolicy::all();
}

std::vector<std::string> route_texts(const config::Inbound& inbound) {
    std::vector<std::string> texts;
    for (const config::RoutePattern& route : inbound.routes) texts.push_back(route.text);
    return texts;
}

std::string app_name(const config::AppUrl& app) {
    if (app.scheme == "unix") return app.to_text();
    return config::bracketed(app.host) + ':' + std::to_string(app.port);
}

std::vector<net::SocketAddress> app_addresses(const config::AppUrl& app) {
    if (app.scheme != "unix") return resolved(app.host, app.port, "inbound.app");
    const auto address = net::unix_address(app.path);
    if (!address) throw StartError{"inbound.app: " + std::string{address.error().detail}};
    return {*address};
}

proxy::UpstreamPolicies::Settings inbound_policies(const config::Settings& settings) {
    proxy::UpstreamPolicies::Settings policies{.name = "app", .setting = "inbound"};
    set_limits(settings.inbound.limit, policies);
    return policies;
}

WorkerSettings worker_settings(const config::Settings& settings, std::size_t workers,
                               const proxy::CallPolicies& inbound) {
    const config::ResourceLimits& limits = settings.limits;
    const http1::HeadLimits head{limits.header_bytes.count(), limits.uri_bytes.count()};
    return {.connections = {head, limits.head_timeout, limits.idle},
            .connections_max = std::max<std::size_t>(1, limits.connections / workers),
            .inbound = {{settings.inbound.timeout, limits.idle, limits.body_bytes, inbound},
                        limits.stream_idle,
                        limits.replay.request,
                        Bytes{limits.replay.total.count() / workers}},
            .pool = {.idle_for = limits.idle},
            .app_name = app_name(settings.inbound.app),
            .app_addresses = app_addresses(settings.inbound.app)};
}

// A socket for each worker, if this is set.
std::vector<net::Fd> intake_sockets(const std::optional<config::Address>& address, std::size_t workers, const char* setting) {
    return address ? listening_sockets(*address, workers, setting) : std::vector<net::Fd>{};
}

std::optional<net::Fd> take_one(std::vector<net::Fd>& sockets) {
    if (sockets.empty()) return std::nullopt;
    std::optional<net::Fd> one{std::move(sockets.back())};
    sockets.pop_back();
    return one;
}

std::string bound_to(const std::vector<net::Fd>& sockets) {
    return sockets.empty() ? "" : net::local_address(sockets.front().number()).text();
}

std::string basic_authorization(const config::HttpUrl& url) {
    return url.userinfo.empty() ? "" : "Basic " + base64(url.userinfo, Base64::standard);
}

// The app's own metrics page, if the settings name one.
std::optional<admin::AppMetrics::Settings> app_page(const config::Settings& settings) {
    if (!settings.metrics.app) return std::nullopt;
    const config::HttpUrl& url = *settings.metrics.app;
    const std::string path = url.path.starts_with('/') ? url.path : "/metrics" + url.path;
    return admin::AppMetrics::Settings{url.authority(), path, basic_authorization(url), app_page_timeout};
}

// So that replicas do not overwrite each other's metrics.
std::string host_name() {
    std::array<char, 256> name{};   // gethostname(2): at most 64 bytes on Linux
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Where the metrics are pushed to, if anywhere.
std::optional<admin::Pusher::Settings> push_target(const config::Settings& settings) {
    if (!settings.metrics.push) return std::nullopt;
    const config::HttpUrl& url = *settings.metrics.push;
    const std::string query = url.path.substr(std::min(url.path.find('?'), url.path.size()));
    std::string path = url.path.substr(0, url.path.size() - query.size());
    if (path.empty() || path == "/")
        path = metrics::push_path({.job = settings.service, .labels = {{"instance", host_name()}}});
    path += query;
    return admin::Pusher::Settings{url.authority(), path, basic_authorization(url), push_timeout};
}

// Whose name is looked up only when it is called: that it is not known yet keeps no sidecar from starting.
std::unique_ptr<upstream::Connector> connector_to(const config::HttpUrl& url, net::Loop& loop) {
    return std::make_unique<upstream::NamedConnector>(
        loop, config::bracketed(url.host) + ':' + std::to_string(url.port), url.host, url.port);
}

admin::Checks planned_checks(const config::Settings& settings, Instant now) {
    try {
        return admin::planned_checks(settings, now);
    } catch (const std::invalid_argument& refused) {
        throw StartError{refused.what()};
    }
}

// Every change of a check is a line of the log and counts, from whatever thread ran it.
health::Settings health_settings(const middleware::OperationalLog& log, middleware::HealthChanges& changes,
                                 const Clock& clock) {
    return {.on_change = [&](const health::CheckChanged& changed) {
        log.emit(changed, clock.wall());
        changes.count(changed);
    }};
}

}  // namespace

class Sidecar::Parts {
public:
    Parts(config::Settings settings, const Clock& clock, int log_fd, net::Resolver* names);
    ~Parts();

    [[nodiscard]] bool run();
    void drain(std::string cause, Then then);
    void end_now();

    [[nodiscard]] std::string inbound_address() const { return inbound_address_; }
    [[nodiscard]] std::string admin_address() const { return admin_address_; }
    [[nodiscard]] std::string outbound_address(std::string_view upstream) const { return outbounds_->address(upstream); }
    [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }

private:
    void start_checks();
    void watch_upstream(const admin::PlannedCheck& planned);
    void start_workers();
    void make_workers();
    [[nodiscard]] intake::IntakeSettings intake_settings();
    void say_where_records_go();
    void end_shipping();
    [[nodiscard]] bool end_checks();
    void begin_drain(std::string cause);
    [[nodiscard]] Task<void> drain_workers(std::string cause);
    [[nodiscard]] Task<void> watch_workers();
    [[nodiscard]] Task<void> keep_pushing();
    [[nodiscard]] Task<void> push(Cancel* cancel);
    [[nodiscard]] Task<void> live();
    [[nodiscard]] admin::Sources sources();
    [[nodiscard]] std::shared_ptr<admin::AppMetrics> app_metrics();
    [[nodiscard]] std::uint64_t in_progress() const;
    [[nodiscard]] Scheduler& scheduler() noexcept { return loop_.scheduler(); }

    const config::Settings settings_;
    const Clock& clock_;
    net::Resolver* const names_;   // null: the machine's
    const std::size_t worker_count_;
    proxy::UpstreamPolicies inbound_policies_;
    const WorkerSettings worker_settings_;
    admin::Checks checks_;
    const ingress::ConnectionLimits admin_limits_;
    const route::Table routes_;
    metrics::LearnedRoutes learned_;
    metrics::HttpServerInstruments instruments_;
    std::deque<metrics::HttpServerRecorder> recorders_;
    middleware::IntakeCounts intake_counts_;
    ingress::Journal journal_;
    std::optional<Outbounds> outbounds_;   // made last, before the workers; gone after them
    std::deque<Worker> workers_;   // before the logs, whose shipper answers into their loops until it has ended
    Logs logs_;
    const intake::IntakeSettings intake_;
    middleware::OperationalLog log_;
    metrics::Registry metrics_;
    const std::shared_ptr<admin::ScrapeMetrics> scrape_metrics_ = std::make_shared<admin::ScrapeMetrics>();
    middleware::HealthChanges health_changes_;
    health::Registry health_;
    std::string inbound_address_;
    std::string intake_addresses_;   // "" unless there is an intake

    // The admin thread's own.
    net::Loop loop_;
    net::Worker bench_;
    Cancel stop_;           // ends what runs as long as the process: checks, looking at workers, asking the app
    std::deque<admin::UpstreamCheck> upstream_checks_;
    admin::Desk desk_;
    std::optional<upstream::Cluster> app_page_;
    const std::shared_ptr<admin::AppMetrics> app_metrics_;   // null: none is set
    admin::Scraper scraper_;
    std::optional<upstream::Cluster> gateway_;
    std::optional<admin::Pusher> pusher_;   // none: nowhere to push to
    admin::Pages pages_;
    ingress::Listener admin_;
    std::string admin_address_;
    std::size_t workers_running_ = 0;
    std::size_t exchanges_cut_ = 0;
    std::string push_fault_ = "none yet";   // why the last push failed; empty: it did not
    bool draining_ = false;
    Instant drain_began_{};
    bool drain_watched_ = false;   // somebody looks how far it is, and shall see its end
    Gate workers_ended_{loop_.scheduler()};
    Gate drained_{loop_.scheduler()};
    Gate may_end_{loop_.scheduler()};
    Cancel hurry_;          // cuts the drain short
    Cancel stop_pushing_;
    TaskGroup tasks_;
};

Sidecar::Parts::Parts(config::Settings settings, const Clock& clock, int log_fd, net::Resolver* names)
    : settings_{std::move(settings)},
      clock_{clock},
      names_{names},
      worker_count_{worker_count(settings_)},
      inbound_policies_{inbound_policies(settings_)},
      worker_settings_{worker_settings(settings_, worker_count_,
                                       inbound_policies_.for_calls("inbound", std::nullopt, false))},
      checks_{planned_checks(settings_, clock.now())},
      admin_limits_{worker_settings_.connections},
      routes_{route_texts(settings_.inbound)},
      learned_{static_cast<std::uint32_t>(settings_.inbound.routes.size() + 1)},
      instruments_({.series_max = settings_.metrics.series}),
      journal_{{.slow = settings_.journal.slow, .keep = settings_.journal.keep}},
      logs_{settings_, log_fd},
      intake_{intake_settings()},
      log_{logs_.operations(), settings_.service, static_cast<logging::Level>(settings_.logs.level)},
      health_{health_settings(log_, health_changes_, clock)},
      loop_{clock},
      bench_{loop_.scheduler(), Rng::from_system(), {}, {}},
      desk_{clock},
      app_metrics_{app_metrics()},
      scraper_{metrics_, *scrape_metrics_, desk_.executor(), loop_.scheduler(), app_metrics_.get(), &stop_},
      pages_{sources()},
      admin_{loop_,
             bench_,
             std::move(listening_sockets(settings_.admin.listen, 1, "admin.listen", "--admin").front()),
             pages_,
             admin_limits_,
             admin_connections_max} {
    metrics_.absorb(instruments_.source());
    if (resilience::ConcurrencyLimiter* slots = inbound_policies_.slots())
        metrics_.absorb(middleware::limit_metrics(*slots, "inbound"));
    if (const resilience::RateLimiter* rate = worker_settings_.inbound.limits.policies.rate)
        metrics_.absorb(middleware::limit_metrics(*rate, "inbound"));
    metrics_.absorb(middleware::health_metrics(health_));
    metrics_.absorb(health_changes_.metrics());
    metrics_.absorb(logs_.metrics(clock_));
    if (settings_.logs.intake) metrics_.absorb(middleware::intake_metrics(intake_counts_));
    metrics_.absorb(scrape_metrics_);
    metrics_.absorb(metrics::process_metrics());
    metrics_.absorb(metrics::build_info(OUTRIGGER_VERSION));
    if (app_metrics_) metrics_.absorb(app_metrics_);   // last: of what both have, ours counts
    if (std::optional<admin::Pusher::Settings> target = push_target(settings_)) {
        gateway_.emplace(bench_, connector_to(*settings_.metrics.push, loop_), admin_limits_.head,
                         upstream::Pool::Settings{});
        pusher_.emplace(std::move(*target), scraper_, *gateway_, bench_);
    }
    admin_address_ = admin_.address().text();
    outbounds_.emplace(settings_, worker_count_, metrics_, log_, clock_);
    make_workers();
}

void Sidecar::Parts::make_workers() {
    auto sockets = listening_sockets(settings_.inbound.listen, worker_count_, "inbound.listen", "--listen");
    inbound_address_ = net::local_address(sockets.front().number()).text();
    const config::Intake intake = settings_.logs.intake.value_or(config::Intake{});
    auto posts = intake_sockets(intake.listen, worker_count_, "logs.intake.listen");
    auto lines = intake_sockets(intake.tcp, worker_count_, "logs.intake.tcp");
    intake_addresses_ = bound_to(posts) + (posts.empty() || lines.empty() ? "" : " and ") + bound_to(lines);
    for (net::Fd& socket : sockets) {
        metrics::HttpServerRecorder& recorder = recorders_.emplace_back(instruments_.recorder());
        const std::string name = "worker" + std::to_string(workers_.size());
        workers_.emplace_back(
            clock_, worker_settings_, routes_, learned_,
            middleware::ExchangeTelemetry{recorder, logs_.access(), settings_.service, access_policy(settings_), &logs_.redaction()},
            journal_, std::move(socket), outbounds_->for_worker(), health_.watch(name, clock_.now()), intake_,
            IntakeSockets{take_one(posts), take_one(lines)});
    }
}

intake::IntakeSettings Sidecar::Parts::intake_settings() {
    const config::Intake settings = settings_.logs.intake.value_or(config::Intake{});
    return {.service = settings_.service,
            .redaction = logs_.redaction(),
            .submit =
                [this](logging::Submission submission, std::function<void(const Result<void>&)> done) {
                    return logs_.shipper()->submit(std::move(submission), std::move(done));
                },
            .counts = intake_counts_,
            .body_max = settings.body_bytes,
            .idle = settings_.limits.idle};
}

Sidecar::Parts::~Parts() {
    for (Worker& worker : workers_) worker.join();
}

admin::Sources Sidecar::Parts::sources() {
    return {.health = health_,
            .heartbeats = checks_.heartbeats,
            .scraper = scraper_,
            .traffic = instruments_,
            .service = settings_.service,
            .version = OUTRIGGER_VERSION,
            .started = clock_.now(),
            .config_json = config::print_json(settings_),
            .exposed = settings_.admin.expose == config::Exposure::all,
            .token = settings_.admin.token,
            .idle = settings_.limits.idle,
            .spool_json = [this] { return logs_.spool_json(); },
            .upstreams_json = [this] { return outbounds_->json(clock_.now()); },
            .upstreams = [this] { return outbounds_->summaries(clock_.now()); },
            .journal = journal_,
            .drain = [this](bool then_end) {
                drain(then_end ? "POST /quit" : "POST /drain", then_end ? Then::end : Then::live_on);
            },
            .drain_state =
                [this] {
                    drain_watched_ = draining_;
                    return admin::DrainState{draining_, drained_.is_open(), in_progress(), exchanges_cut_};
                }};
}

std::shared_ptr<admin::AppMetrics> Sidecar::Parts::app_metrics() {
    std::optional<admin::AppMetrics::Settings> page = app_page(settings_);
    if (!page) return nullptr;
    app_page_.emplace(bench_, connector_to(*settings_.metrics.app, loop_), admin_limits_.head,
                      upstream::Pool::Settings{});
    return std::make_shared<admin::AppMetrics>(
        std::move(*page), *app_page_, bench_,
        [this](const middleware::AppMetricsChanged& event) { log_.emit(event, clock_.wall()); });
}

// Exchanges, and connections whose exchanges we do not see.
std::uint64_t Sidecar::Parts::in_progress() const {
    const metrics::HttpServerSummary summary = instruments_.summary();
    std::uint64_t count = summary.active;
    for (const auto& stream : summary.streams)
        if (stream.kind == metrics::StreamKind::http2) count += stream.active;
    return count;
}

bool Sidecar::Parts::run() {
    logs_.start();
    desk_.start();
    start_checks();
    start_workers();
    outbounds_->discover(loop_, names_, tasks_, stop_, [this](std::size_t upstream, const auto& endpoints) {
        for (Worker& worker : workers_) worker.update(upstream, endpoints);
    });
    admin_.start();
    tasks_.spawn(watch_workers());
    if (pusher_) tasks_.spawn(keep_pushing());
    tasks_.spawn(live());
    log_.emit({.version = OUTRIGGER_VERSION,
               .listen = inbound_address_,
               .app = worker_settings_.app_name,
               .admin = admin_address_,
               .workers = workers_.size()},
              clock_.wall());
    say_where_records_go();
    loop_.run();
    for (Worker& worker : workers_) worker.join();
    desk_.finish();
    loop_.run_leftovers();
    const bool ended = end_checks();
    end_shipping();
    return ended;
}

void Sidecar::Parts::start_checks() {
    for (admin::PlannedCheck& planned : checks_.checks) {
        if (planned.upstream.empty())
            health_.add(std::move(planned.name), std::move(planned.indicator), std::move(planned.settings));
        else
            watch_upstream(planned);
    }
}

void Sidecar::Parts::watch_upstream(const admin::PlannedCheck& planned) {
    // It is made with the upstream, and told only once the workers run.
    const auto changed = [this, place = upstream_checks_.size()] {
        post(loop_, [this, place] { upstream_checks_[place].changed(); });
    };
    upstream_checks_.emplace_back(scheduler(), health_, health_.add(planned.name, planned.settings),
                                  outbounds_->watch(planned.upstream, changed));
    tasks_.spawn(upstream_checks_.back().run(stop_));
}

void Sidecar::Parts::say_where_records_go() {
    const std::string place = logs_.waiting_place();
    if (!place.empty()) log_.say(logging::Level::info, place, clock_.wall());
    if (const std::string calls = outbounds_->addresses(); !calls.empty())
        log_.say(logging::Level::info, "the app's calls go to " + calls, clock_.wall());
    if (!intake_addresses_.empty()) log_.say(logging::Level::info, "the app's records come in at " + intake_addresses_, clock_.wall());
}

// The receiver gets what is left of drain.timeout, and a moment in any case.
void Sidecar::Parts::end_shipping() {
    const Duration left = after(drain_began_, settings_.drain.timeout) - clock_.now();
    logs_.finish(std::max<Duration>(left, last_shipment));
}

// A call into the system that hangs, such as statvfs on a file system that is gone, cannot be ended.
bool Sidecar::Parts::end_checks() {
    const std::vector<std::string> hanging = health_.stop(checks_end_within);
    for (const std::string& check : hanging)
        log_.say(logging::Level::warn, "the health check " + check + " hangs: the process ends without it", clock_.wall());
    if (!hanging.empty()) (void)logs_.operations().flush(logging::WriterSettings{}.last_words);
    return hanging.empty();
}

void Sidecar::Parts::start_workers() {
    const auto ended = [this](std::size_t cut) {
        post(loop_, [this, cut] {
            exchanges_cut_ += cut;
            if (--workers_running_ == 0) workers_ended_.open();
        });
    };
    try {
        for (Worker& worker : workers_) {
            worker.start(ended);
            ++workers_running_;
        }
    } catch (...) {   // the machine gives no thread: those that run already would be joined for ever
        for (std::size_t i = 0; i < workers_running_; ++i) {
            workers_[i].stop_accepting();
            workers_[i].cut(Fault{Reason::draining, "the sidecar could not start"});
            workers_[i].end_rest();
        }
        throw;
    }
}

Task<void> Sidecar::Parts::watch_workers() {
    for (Result<void> paused; paused;) {
        paused = co_await Pause{scheduler(), look_every, Wait{.cancel = &stop_}};
        for (const health::WorkerChanged& changed : health_.look(scheduler().now())) log_.emit(changed, clock_.wall());
        if (const auto changed = logs_.look()) log_.emit(*changed, clock_.wall());
    }
}

void Sidecar::Parts::drain(std::string cause, Then then) {
    post(loop_, [this, cause = std::move(cause), then]() mutable {
        if (then == Then::end) may_end_.open();
        begin_drain(std::move(cause));
    });
}

void Sidecar::Parts::end_now() {
    post(loop_, [this] {
        may_end_.open();
        begin_drain("told to end at once");
        hurry_.cancel(Fault{Reason::draining, "told to end at once"});
    });
}

void Sidecar::Parts::begin_drain(std::string cause) {
    if (std::exchange(draining_, true)) return;
    tasks_.spawn(drain_workers(std::move(cause)));
}

// `delay` and `timeout` both count from here.
Task<void> Sidecar::Parts::drain_workers(std::string cause) {
    const Instant began = drain_began_ = scheduler().now();
    const Instant end = after(began, settings_.drain.timeout);
    health_.begin_drain();
    log_.emit(middleware::DrainBegan{cause, settings_.drain.timeout}, clock_.wall());
    for (Worker& worker : workers_) worker.begin_drain();
    (void)co_await Pause{scheduler(), settings_.drain.delay, Wait{.cancel = &hurry_}};

    for (Worker& worker : workers_) worker.stop_accepting();
    Result<void> ended = co_await workers_ended_.wait(Wait{end, &hurry_});
    if (!ended) {
        for (Worker& worker : workers_) worker.cut(Fault{Reason::draining, "drain.timeout has passed"});
        ended = co_await workers_ended_.wait({});
    }
    log_.emit(middleware::DrainEnded{scheduler().now() - began, exchanges_cut_}, clock_.wall());
    drained_.open();
}

Task<void> Sidecar::Parts::keep_pushing() {
    for (Result<void> paused; paused;) {
        paused = co_await Pause{scheduler(), push_every, Wait{.cancel = &stop_pushing_}};
        if (paused) co_await push(&stop_pushing_);
    }
}

Task<void> Sidecar::Parts::push(Cancel* cancel) {
    std::string fault = co_await pusher_->push(cancel);
    const bool cut = cancel && cancel->requested();
    if (!cut && fault != push_fault_)   // a Pushgateway that stays away is not worth a line every time
        log_.say(fault.empty() ? logging::Level::info : logging::Level::warn,
                 fault.empty() ? "the metrics are pushed" : "the metrics could not be pushed: " + fault, clock_.wall());
    push_fault_ = std::move(fault);
}

Task<void> Sidecar::Parts::live() {
    (void)co_await may_end_.wait({});
    (void)co_await drained_.wait({});
    for (Worker& worker : workers_) worker.end_rest();
    stop_pushing_.cancel(Fault{Reason::draining, "the last push comes"});   // so that no older page comes after it
    if (pusher_) co_await push(&hurry_);
    if (drain_watched_) (void)co_await Pause{scheduler(), last_state_shown_for, {}};
    const Fault ending{Reason::draining, "the process ends"};
    stop_.cancel(ending);
    admin_.begin_drain();
    admin_.stop_accepting();
    // A scrape or probe in progress gets its answer, but no more than a moment.
    co_await Yield{scheduler()};
    admin_.cut(ending);
    co_await admin_.ended();
    loop_.stop();
}

Sidecar::Sidecar(config::Settings settings, const Clock& clock, int log_fd, net::Resolver* names)
    : parts_{std::make_unique<Parts>(std::move(settings), clock, log_fd, names)} {}
Sidecar::~Sidecar() = default;

std::string Sidecar::inbound_address() const { return parts_->inbound_address(); }
std::string Sidecar::admin_address() const { return parts_->admin_address(); }
std::string Sidecar::outbound_address(std::string_view upstream) const { return parts_->outbound_address(upstream); }
std::size_t Sidecar::workers() const noexcept { return parts_->workers(); }
bool Sidecar::run() { return parts_->run(); }
void Sidecar::drain(std::string cause, Then then) { parts_->drain(std::move(cause), then); }
void Sidecar::end_now() { parts_->end_now(); }

}  // namespace outrigger::sidecar
