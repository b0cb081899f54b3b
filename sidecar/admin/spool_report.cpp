// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/spool_report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include <outrigger/logging/ecs_record.hpp>

namespace outrigger::admin {
namespace {

using nlohmann::ordered_json;
using namespace logging;

ordered_json time_of(const std::optional<WallTime>& at) {
    if (!at) return nullptr;
    return std::string{Timestamp{}.write(*at)};
}

template <std::size_t Size>
ordered_json counts_of(const std::array<std::string_view, Size>& words, const std::array<std::uint64_t, Size>& counts) {
    ordered_json object = ordered_json::object();
    for (std::size_t i = 0; i < Size; ++i) object[std::string{words[i]}] = counts[i];
    return object;
}

template <std::size_t Size>
void read_counts(const ordered_json& object, const std::array<std::string_view, Size>& words,
                 std::array<std::uint64_t, Size>& counts) {
    for (std::size_t i = 0; i < Size; ++i) counts[i] = object.at(std::string{words[i]}).template get<std::uint64_t>();
}

ordered_json ledger_of(const Ledger& ledger) {
    return {{"accepted", ledger.accepted},
            {"delivered", ledger.delivered},
            {"quarantined", counts_of(rejection_words, ledger.quarantined)},
            {"dropped", counts_of(loss_words, ledger.dropped)},
            {"spooled", ledger.spooled},
            {"balanced", ledger.balanced()}};
}

ordered_json gap_of(const Gap& gap) {
    return {{"reason", to_string(gap.reason)},
            {"records", counts_of(severity_words, gap.records)},
            {"first", time_of(gap.first)},
            {"last", time_of(gap.last)}};
}

// Throws what nlohmann's accessors do.
SpoolReport read(const ordered_json& json) {
    SpoolReport report;
    report.dir = json.at("dir").get<std::string>();
    report.used = Bytes{json.at("used_bytes").get<std::uint64_t>()};
    report.max = Bytes{json.at("max_bytes").get<std::uint64_t>()};
    report.quarantine_kept = json.at("quarantine_kept").get<std::uint64_t>();
    report.fault = json.at("fault").get<std::string>();
    report.note = json.at("note").get<std::string>();
    const ordered_json& ledger = json.at("ledger");
    report.ledger.accepted = ledger.at("accepted").get<std::uint64_t>();
    report.ledger.delivered = ledger.at("delivered").get<std::uint64_t>();
    report.ledger.spooled = ledger.at("spooled").get<std::uint64_t>();
    read_counts(ledger.at("quarantined"), rejection_words, report.ledger.quarantined);
    read_counts(ledger.at("dropped"), loss_words, report.ledger.dropped);
    for (std::size_t i = 0; i < severity_count; ++i) {
        const ordered_json& stored = json.at("stored").at(std::string{severity_words[i]});
        report.stored[i].batches = stored.at("batches").get<std::uint64_t>();
        report.stored[i].records = stored.at("records").get<std::uint64_t>();
        report.stored[i].bytes = Bytes{stored.at("bytes").get<std::uint64_t>()};
    }
    return report;
}

}   // namespace

std::string to_json(const SpoolReport& report) {
    ordered_json stored;
    for (std::size_t i = 0; i < severity_count; ++i)
        stored[std::string{severity_words[i]}] = {{"batches", report.stored[i].batches},
                                                  {"records", report.stored[i].records},
                                                  {"bytes", report.stored[i].bytes.count()},
                                                  {"oldest", time_of(report.stored[i].oldest)}};
    ordered_json gaps = ordered_json::array();
    for (const Gap& gap : report.gaps) gaps.push_back(gap_of(gap));
    const ordered_json json{{"dir", report.dir},
                            {"used_bytes", report.used.count()},
                            {"max_bytes", report.max.count()},
                            {"oldest", time_of(report.oldest)},
                            {"ledger", ledger_of(report.ledger)},
                            {"stored", std::move(stored)},
                            {"quarantine_kept", report.quarantine_kept},
                            {"gaps", std::move(gaps)},
                            {"fault", report.fault},
                            {"note", report.note}};
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

std::optional<SpoolReport> spool_report_of(std::string_view json) {
    try {
        return read(ordered_json::parse(json));
    } catch (const ordered_json::exception&) {
        return std::nullopt;
    }
}

}   // namespace outrigger::admin
