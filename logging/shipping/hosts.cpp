// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include <unistd.h>

#include <memory>
#include <utility>

#include "elasticsearch.hpp"
#include "http_sender.hpp"
#include "logstash_http.hpp"
#include "output_sender.hpp"
#include "stream_sender.hpp"

namespace outrigger::logging {
namespace {

constexpr std::uint64_t unsettled_share = 4;   // the fourth part of the spool

std::unique_ptr<Sender> sender_of(const Destination& to, const Destination::Host& host, const Ship& settings,
                                  Bytes spool_max, Transfers& transfers) {
    const HttpSettings http{.timeout = settings.timeout, .gzip = settings.gzip, .ca = settings.ca};
    switch (to.protocol) {
        case Protocol::standard_output: return std::make_unique<OutputSender>(STDOUT_FILENO);
        case Protocol::logstash_http:
            return std::make_unique<HttpSender>(transfers, to, host, http, std::make_unique<LogstashHttp>());
        case Protocol::elasticsearch:
            return std::make_unique<HttpSender>(transfers, to, host, http, std::make_unique<Elasticsearch>());
        case Protocol::logstash_tcp:
            return std::make_unique<StreamSender>(
                transfers, to, host,
                StreamSettings{.timeout = settings.timeout,
                               .ca = settings.ca,
                               .settle_after = Bytes{spool_max.count() / unsettled_share}});
    }
    return nullptr;
}

}   // namespace

std::vector<Forwarder::Host> hosts_of(const Destination& to, const Ship& settings, Bytes spool_max,
                                      Transfers& transfers) {
    std::vector<Forwarder::Host> hosts;
    if (to.hosts.empty())
        hosts.push_back({.name = "stdout", .sender = sender_of(to, {}, settings, spool_max, transfers)});
    for (const Destination::Host& host : to.hosts)
        hosts.push_back({.name = host.to_text(), .sender = sender_of(to, host, settings, spool_max, transfers)});
    return hosts;
}

}   // namespace outrigger::logging
