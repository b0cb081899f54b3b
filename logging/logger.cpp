// SPDX-License-Identifier: Apache-2.0
#include <outrigger/logging/logger.hpp>

#include "logger_core.hpp"

#include <utility>

namespace outrigger::logging {
// What differs between a logger and its children.
struct Logger::Own {
    RecordConstants constants;
    OwnedFields fields{{}};
};

Logger::Logger(const LoggerSettings& settings)
    : core_{std::make_shared<Core>(settings)},
      own_{std::make_shared<const Own>(Own{RecordConstants{settings}})},
      level_{&core_->level()} {}

Logger::Logger(std::shared_ptr<Core> core, std::shared_ptr<const Own> own) noexcept
    : core_{std::move(core)}, own_{std::move(own)}, level_{&core_->level()} {}

Logger Logger::child(std::span<const Field* const> fields) const {
    std::vector<const Field*> all;
    for (const Field& field : own_->fields.all()) all.push_back(&field);
    all.insert(all.end(), fields.begin(), fields.end());
    return {core_, std::make_shared<const Own>(Own{own_->constants, OwnedFields{all}})};
}

Logger Logger::named(std::string_view name) const {
    std::vector<const Field*> all;
    for (const Field& field : own_->fields.all()) all.push_back(&field);
    Own own{own_->constants, OwnedFields{all}};
    own.constants.rename(name);
    return {core_, std::make_shared<const Own>(std::move(own))};
}

void Logger::write(Level level, const Message& message, std::span<const Field* const> fields) const noexcept {
    core_->write({level, message, own_->constants, own_->fields.all(), fields});
}

void Logger::pass_on(const Relayed& said, std::span<const Field* const> fields) const noexcept {
    core_->relay(said, own_->constants, own_->fields.all(), fields);
}

bool Logger::flush(Duration at_most) const noexcept { return core_->flush(at_most); }
std::error_code Logger::reopen() const noexcept { return core_->reopen(); }
LoggerStats Logger::stats() const noexcept { return core_->stats(); }
std::shared_ptr<Sink> Logger::sink() const noexcept { return core_; }
const Redaction& Logger::redaction() const noexcept { return core_->redaction(); }
std::string_view Logger::service() const noexcept { return core_->service(); }

}   // namespace outrigger::logging
