// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/spool_page.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>

namespace outrigger::admin {
namespace {

using logging::JsonWriter;
using logging::Plain;

// A figure for each word.
template <std::size_t N>
void figures(JsonWriter& json, Plain name, const std::array<std::string_view, N>& words,
             const std::array<std::uint64_t, N>& values) {
    json.open(name);
    for (std::size_t i = 0; i < N; ++i) json.field(Plain::vouched(words[i]), values[i]);
    json.close();
}

void ledger(JsonWriter& json, const logging::Ledger& ledger) {
    json.open("ledger");
    json.field("accepted", ledger.accepted);
    json.field("delivered", ledger.delivered);
    figures(json, "quarantined", logging::rejection_words, ledger.quarantined);
    figures(json, "dropped", logging::loss_words, ledger.dropped);
    json.field("spooled", ledger.spooled);
    json.field("balanced", ledger.balanced());
    json.close();
}

void storage(JsonWriter& json, std::string_view dir, const logging::SpoolState& spool) {
    logging::Timestamp timestamp;
    json.open("spool");
    json.field("dir", dir);
    json.field("used_bytes", spool.used.count());
    json.field("max_bytes", spool.max.count());
    json.field("batches", spool.batches);
    if (spool.oldest) json.plain("oldest", timestamp.write(*spool.oldest));
    json.field("quarantine_kept", spool.quarantine_kept);
    json.field("fault", spool.fault);
    json.close();
}

}   // namespace

std::string spool_page(std::string_view dir, const logging::ShipperStats& stats) {
    std::vector<char> buffer;
    JsonWriter json{buffer};
    ledger(json, stats.ledger);
    storage(json, dir, stats.spool);
    json.field("in_hand", stats.in_hand);
    figures(json, "refused", logging::severity_words, stats.refused);
    json.open("receiver");
    json.field("host", stats.destination);
    json.field("attempts", stats.attempts);
    json.field("failed_attempts", stats.failed_attempts);
    json.field("trouble", stats.trouble);
    json.close();
    return std::string{json.finish()};
}

}   // namespace outrigger::admin
