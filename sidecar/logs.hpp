// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <outrigger/logging/redaction.hpp>
#include <outrigger/logging/shipping/shipper.hpp>
#include <outrigger/logging/sink.hpp>
#include <outrigger/logging/writer.hpp>
#include <outrigger/middleware/operational_log.hpp>

#include "sidecar/config/settings.hpp"

namespace prometheus {
class Collectable;
}

namespace outrigger::sidecar {

// Where the process' records go. Standard output has a writer of its own, unless records need a spool or come from the
// app: then a shipper has all of them, and standard output is its receiver. With another receiver the lines about
// operations go to standard output too.
class Logs {
public:
    // `fd`: standard output. Throws StartError.
    Logs(const config::Settings& settings, int fd);
    ~Logs();

    void start();
    [[nodiscard]] logging::Sink& access() noexcept;
    [[nodiscard]] logging::Sink& operations() noexcept;
    [[nodiscard]] const logging::Redaction& redaction() const noexcept { return redaction_; }
    // Null: nothing needs one.
    [[nodiscard]] logging::Shipper* shipper() noexcept { return shipper_ ? &*shipper_ : nullptr; }
    [[nodiscard]] std::shared_ptr<prometheus::Collectable> metrics(const Clock& clock);

    // One sentence about where records wait; empty: nowhere.
    [[nodiscard]] std::string waiting_place() const;
    // What has changed since the last call. One thread.
    [[nodiscard]] std::optional<middleware::ShippingChanged> look();
    // The state of the spool as JSON.
    [[nodiscard]] std::string spool_json() const;
    // Blocks until what was taken is safe and, for so long, until it is delivered.
    void finish(Duration at_most);

private:
    // Both of them; the second one decides.
    class Tee;

    const config::Ship settings_;
    logging::Redaction redaction_;
    std::optional<logging::Shipper> shipper_;
    std::optional<logging::Writer> writer_;
    std::unique_ptr<Tee> tee_;
    std::string destination_;   // as look() found it, like
    std::string trouble_;
};

}   // namespace outrigger::sidecar
