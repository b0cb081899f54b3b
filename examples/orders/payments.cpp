// SPDX-License-Identifier: Apache-2.0
// The payments service: POST /charges charges once for each Idempotency-Key, however often it comes.
#include "service.hpp"

#include <mutex>
#include <set>

namespace mw = og::middleware;
using og::logging::field;

namespace {

class Charges {
public:
    // False: it was charged before.
    bool add(const std::string& key) {
        const std::scoped_lock lock{mutex_};
        return keys_.insert(key).second;
    }

private:
    std::mutex mutex_;
    std::set<std::string> keys_;
};

int serve() {
    const og::logging::Logger log = open_log("payments");
    og::health::Registry health;
    og::metrics::Registry registry;
    const auto charged = registry.counter("charges_total", "Charges, by whether they came for the first time.",
                                          og::metrics::labels("outcome"));
    Charges charges;
    httplib::Server server;
    server.set_tcp_nodelay(true);   // head and body of an answer are two packets
    mw::Observed observed = mw::observe(server, {.metrics = registry, .log = log});
    observed.Post("/charges", [&](const httplib::Request& request, httplib::Response& response) {
        const std::string key = request.get_header_value("Idempotency-Key");
        if (key.empty()) {
            response.status = 400;
            return;
        }
        const bool first = charges.add(key);
        charged.with(first ? "charged" : "repeated").increment();
        if (first) log.info("charged", field("charge.key", key), field("order.total", request.get_param_value("total")));
        response.status = 201;
    });
    mw::expose(server, {.metrics = registry, .health = health});
    return run(observed, registry, health, log);
}

}   // namespace

int main() { return reported(serve); }
