// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/spool_page.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>

#include "sidecar/admin/spool_report.hpp"

namespace outrigger::admin {

std::string spool_page(std::string dir, const logging::ShipperStats& stats) {
    using nlohmann::ordered_json;
    ordered_json page = ordered_json::parse(to_json(logging::report_of(std::move(dir), stats.ledger, stats.spool)));
    ordered_json refused = ordered_json::object();
    for (std::size_t i = 0; i < logging::severity_count; ++i)
        refused[std::string{logging::severity_words[i]}] = stats.refused[i];
    page["in_hand"] = stats.in_hand;
    page["refused"] = std::move(refused);
    page["receiver"] = {{"host", stats.destination},
                        {"attempts", stats.attempts},
                        {"failed_attempts", stats.failed_attempts},
                        {"trouble", stats.trouble}};
    return page.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}   // namespace outrigger::admin
