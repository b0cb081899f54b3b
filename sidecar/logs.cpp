// SPDX-License-Identifier: Apache-2.0
#include "sidecar/logs.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

#include <outrigger/core/units_text.hpp>
#include <outrigger/middleware/log_metrics.hpp>

#include "sidecar/admin/spool_page.hpp"
#include "sidecar/sidecar.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

// The thread that writes takes a processor from a worker where there is none to spare: at 90,000 lines a second, writes of
// 64 KiB were 1.5% of what a request costs.
constexpr Bytes written_at_once{256 << 10};

logging::Redaction redaction_of(const config::Logs& logs) {
    std::vector<std::string> patterns;
    for (const config::FieldPattern& pattern : logs.redact) patterns.push_back(pattern.text);
    return logging::Redaction{patterns};
}

logging::Ship ship_of(const config::Ship& settings) {
    logging::Ship ship = settings.how;
    ship.to = settings.to.to_text();
    return ship;
}

}   // namespace

class Logs::Tee final : public logging::Sink {
public:
    Tee(logging::Sink& first, logging::Sink& second) : first_{first}, second_{second} {}
    bool take(std::string_view record, logging::Level level) noexcept override {
        (void)first_.take(record, level);
        return second_.take(record, level);
    }
    bool flush(Duration at_most) noexcept override {
        (void)first_.flush(at_most);
        return second_.flush(at_most);
    }

private:
    logging::Sink& first_;
    logging::Sink& second_;
};

Logs::Logs(const config::Settings& settings, int fd)
    : settings_{settings.logs.ship}, redaction_{redaction_of(settings.logs)} {
    const bool shipped = settings.logs.is_shipped();
    try {
        if (shipped) shipper_.emplace(ship_of(settings_), settings.service);
    } catch (const std::exception& refused) {
        throw StartError{std::string{"logs.ship: "} + refused.what()};
    }
    if (shipped && settings_.to.is_stdout()) return;
    writer_.emplace(fd, logging::WriterSettings{.flush_at = written_at_once});
    if (shipped) tee_ = std::make_unique<Tee>(*writer_, *shipper_);
}

Logs::~Logs() = default;

void Logs::start() {
    if (writer_) writer_->start();
    if (shipper_) shipper_->start();
}

logging::Sink& Logs::access() noexcept {
    if (shipper_) return *shipper_;
    return *writer_;
}

logging::Sink& Logs::operations() noexcept {
    if (tee_) return *tee_;
    return access();
}

std::shared_ptr<prometheus::Collectable> Logs::metrics(const Clock& clock) {
    if (!shipper_) return middleware::log_metrics(*writer_);
    return middleware::shipping_metrics([this] { return shipper_->stats(); }, clock);
}

std::string Logs::waiting_place() const {
    if (!shipper_) return {};
    const logging::SpoolSettings& spool = settings_.how.spool;
    const std::string where =
        spool.dir.empty() ? "in memory, and are lost if the process is killed" : "in " + spool.dir;
    return "records for " + settings_.to.redacted() + " wait " + where + "; at most " + to_string(spool.max);
}

std::optional<middleware::ShippingChanged> Logs::look() {
    if (!shipper_) return std::nullopt;
    logging::ShipperStats stats = shipper_->stats();
    std::string trouble =
        stats.spool.fault.empty() ? std::move(stats.trouble) : "the spool: " + stats.spool.fault;
    // Another sentence about the same trouble is not worth a line.
    const bool changed = trouble.empty() != trouble_.empty();
    if (!changed) return std::nullopt;
    trouble_ = std::move(trouble);
    destination_ = std::move(stats.destination);
    return middleware::ShippingChanged{destination_, trouble_};
}

std::string Logs::spool_json() const {
    return shipper_ ? admin::spool_page(settings_.how.spool.dir, shipper_->stats()) : "{}\n";
}

// What stays in a directory goes out another time; what is in memory has only this one.
void Logs::finish(Duration at_most) {
    if (!shipper_) return;
    (void)shipper_->drain(settings_.how.spool.dir.empty() ? at_most : std::min<Duration>(at_most, 2s));
}

}   // namespace outrigger::sidecar
