// SPDX-License-Identifier: Apache-2.0
#include "gap_record.hpp"

#include <numeric>
#include <vector>

#include <outrigger/logging/ecs_record.hpp>

namespace outrigger::logging {

void append_gap_record(std::string& to, std::string_view service, WallTime now, std::string_view reason,
                       const std::array<std::uint64_t, severity_count>& records, WallTime first, WallTime last) {
    const std::uint64_t count = std::accumulate(records.begin(), records.end(), std::uint64_t{0});
    const std::string number = std::to_string(count);
    std::vector<char> buffer;
    JsonWriter json{buffer};
    Timestamp timestamp;
    begin_ecs(json, timestamp.write(now), Level::warn, Plain::vouched(number),
              count == 1 ? Plain{" log record is missing here: "} : Plain{" log records are missing here: "}, reason);
    json.open("service");
    json.field("name", service);
    json.close();
    json.open("outrigger");
    json.open("gap");
    json.field("reason", reason);
    json.field("count", count);
    json.open("severities");
    for (std::size_t i = 0; i < severity_count; ++i) json.field(Plain::vouched(severity_words[i]), records[i]);
    json.close();
    json.plain("from", timestamp.write(first));
    json.plain("to", timestamp.write(last));
    json.close();
    json.close();
    json.open("event");
    json.field("kind", "event");
    json.field("dataset", "outrigger.shipper");
    json.field("action", "log_gap");
    to += json.finish();
}

}   // namespace outrigger::logging
