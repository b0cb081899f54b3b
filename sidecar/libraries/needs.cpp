// SPDX-License-Identifier: Apache-2.0
#include "sidecar/libraries/needs.hpp"

#include <utility>
#include <variant>

namespace outrigger::libraries {
namespace {

// Of each kind of check.
struct OfCheck {
    const config::Settings& settings;
    const std::string path;
    const Loader libcurl;
    const Loader libpq;
    std::vector<Need>& found;

    void operator()(const config::HttpCheck&) const { add("an http check", libcurl); }
    void operator()(const config::RedisCheck&) const { add("a redis check", libcurl); }
    void operator()(const config::CertificateCheck&) const { add("a certificate check", libcurl); }
    void operator()(const config::PostgresCheck&) const { add("a postgres check", libpq); }
    void operator()(const config::MemoryCheck& check) const {
        if (check.of == config::MemoryOf::app && settings.metrics.app)
            add("reading metrics.app for its memory", libcurl);
    }
    // What the system can tell, or the sidecar itself.
    void operator()(const config::TcpCheck&) const {}
    void operator()(const config::UpstreamCheck&) const {}
    void operator()(const config::DiskCheck&) const {}
    void operator()(const config::DnsCheck&) const {}
    void operator()(const config::FileCheck&) const {}
    void operator()(const config::CommandCheck&) const {}
    void operator()(const config::HeartbeatCheck&) const {}

private:
    void add(std::string_view what, Loader library) const { found.push_back({path, what, library}); }
};

}   // namespace

std::vector<Need> needs(const config::Settings& settings, Loader libcurl, Loader libpq) {
    std::vector<Need> found;
    for (const auto& [name, check] : settings.health.ready)
        std::visit(OfCheck{settings, "health.ready." + name, libcurl, libpq, found}, check.kind);
    // Whatever a shipper talks to, it waits in libcurl.
    const config::Logs& logs = settings.logs;
    if (!logs.ship.to.is_stdout())
        found.push_back({"logs.ship.to", "shipping", libcurl});
    else if (logs.intake)
        found.push_back({"logs.intake", "the intake", libcurl});
    else if (logs.is_shipped())
        found.push_back({"logs.ship.spool.dir", "a spool", libcurl});
    return found;
}

std::vector<config::Problem> load(const std::vector<Need>& needs) {
    std::vector<config::Problem> problems;
    for (const Need& need : needs)
        if (std::string fault = need.library().fault(need.what); !fault.empty())
            problems.push_back({need.path, 0, std::move(fault)});
    return problems;
}

}   // namespace outrigger::libraries
