// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/units_text.hpp>
#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/logging/shipping/spool_reader.hpp>

#include "sidecar/admin/spool_report.hpp"
#include "sidecar/admin_address.hpp"
#include "sidecar/commands.hpp"

namespace outrigger::sidecar {
namespace {

using namespace logging;

int fail(const std::string& line) {
    std::cout.flush();
    std::cerr << "outrigger: " << line << '\n';
    return exit_failure;
}

int finish(int code) {
    if (std::cout << std::flush) return code;
    return fail("standard output: cannot be written to");
}

std::string counted(std::uint64_t count, const char* one, const char* several) {
    return std::to_string(count) + ' ' + (count == 1 ? one : several);
}

// 1234567 bytes as 1.2MiB: for eyes, not for sums.
std::string about(Bytes size) {
    const std::uint64_t count = size.count();
    if (count < 10'240) return counted(count, "byte", "bytes");
    const bool large = count >= 10 << 20;
    const std::uint64_t tenths = count * 10 / (large ? 1 << 20 : 1 << 10);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + (large ? "MiB" : "KiB");
}

std::string since(const std::optional<WallTime>& oldest) {
    return oldest ? ", the oldest since " + std::string{Timestamp{}.write(*oldest)} : "";
}

// "evicted 700, corrupt 90", without those that are none.
template <class Words, class Counts>
std::string list(const Words& words, const Counts& counts) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (counts[i] > 0) text.append(text.empty() ? "" : ", ").append(words[i]).append(" ").append(std::to_string(counts[i]));
    return text;
}

void print(const SpoolReport& report) {
    const Ledger& ledger = report.ledger;
    std::cout << (report.dir.empty() ? "in memory" : report.dir) << ": " << counted(ledger.spooled, "record waits", "records wait")
              << since(report.oldest) << "; " << about(report.used) << " used";
    if (report.max > Bytes{}) std::cout << " of " << to_string(report.max);
    std::cout << '\n';
    for (std::size_t i = severity_count; i-- > 0;) {
        const StoredOfSeverity& stored = report.stored[i];
        if (stored.records == 0) continue;
        std::cout << "  " << severity_words[i] << ": " << counted(stored.records, "record", "records");
        if (stored.batches > 0)
            std::cout << " in " << counted(stored.batches, "batch", "batches") << ", " << about(stored.bytes);
        std::cout << since(stored.oldest) << '\n';
    }
    std::cout << "accepted " << ledger.accepted << " = delivered " << ledger.delivered << " + quarantined "
              << total(ledger.quarantined) << " + dropped " << total(ledger.dropped) << " + waiting " << ledger.spooled
              << (ledger.balanced() ? "\n" : ", which does not balance\n");
    if (total(ledger.quarantined) > 0)
        std::cout << "quarantined: " << list(rejection_words, ledger.quarantined) << "; "
                  << counted(report.quarantine_kept, "is kept\n", "are kept\n");
    if (total(ledger.dropped) > 0) std::cout << "dropped: " << list(loss_words, ledger.dropped) << '\n';
    for (const Gap& gap : report.gaps)
        std::cout << "not told yet: " << to_string(gap.reason) << ", " << list(severity_words, gap.records) << '\n';
    if (!report.note.empty()) std::cout << "note: " << report.note << '\n';
    if (!report.fault.empty()) std::cout << "fault: " << report.fault << '\n';
}

int show(const SpoolReport& report, bool json) {
    if (json)
        std::cout << admin::to_json(report);
    else
        print(report);
    return finish(exit_success);
}

// Whoever has it tells.
int inspect_running(const SpoolCommand& command, const std::string& why) {
    const config::Flags flags{.admin = command.admin};
    const config::Loaded loaded = command.file
                                      ? config::load_file(*command.file, config::process_environment(), flags)
                                      : config::load_flags(flags);
    if (!loaded.problems.empty()) return report(loaded.problems, command.file.value_or(""));
    AdminAddress running{config::from_here(loaded.settings.admin.listen), loaded.settings.admin.token};
    const AdminAddress::Answer answer = running.ask("GET", "/api/spool");
    const std::optional<SpoolReport> report = admin::spool_report_of(answer.body);
    if (answer.status != 200 || !report) return fail(why + running.refusal("GET /api/spool", answer));
    if (command.json) {
        std::cout << answer.body;   // with all that it knows
        return finish(exit_success);
    }
    return show(*report, false);
}

int inspect(const SpoolCommand& command) {
    if (command.admin || command.file || command.dir.empty()) return inspect_running(command, "");
    try {
        return show(SpoolReader{command.dir}.report(), command.json);
    } catch (const SpoolInUse& in_use) {
        return inspect_running(command, std::string{in_use.what()} + ", which was asked: ");
    }
}

int export_quarantined(SpoolReader& reader) {
    std::vector<char> buffer;
    reader.each_quarantined([&](const Quarantined& record, WallTime at) {
        JsonWriter json{buffer};
        Timestamp time;
        json.plain("at", time.write(at));
        json.plain("reason", to_string(record.reason));
        json.field("detail", record.detail);
        json.field("line", std::string_view{record.line}.substr(0, record.line.find_last_not_of('\n') + 1));
        return bool{std::cout << json.finish()};
    });
    return finish(exit_success);
}

int export_lines(SpoolReader& reader) {
    const std::uint64_t damaged = reader.each_batch([](const Batch& batch) { return bool{std::cout << batch.lines}; });
    const int code = finish(exit_success);
    if (damaged == 0 || code != exit_success) return code;
    return fail(counted(damaged, "batch was left out: it does", "batches were left out: they do") + " not read back as stored");
}

int verify(SpoolReader& reader, const std::string& dir) {
    const std::vector<std::string> wrong = reader.verify();
    for (const std::string& sentence : wrong) std::cerr << "outrigger: " << dir << ": " << sentence << '\n';
    if (!wrong.empty()) return exit_failure;
    std::cout << dir << ": all is well\n";
    return finish(exit_success);
}

}   // namespace

int spool(const SpoolCommand& command) {
    try {
        if (command.what == SpoolCommand::What::inspect) return inspect(command);
        SpoolReader reader{command.dir};
        if (command.what == SpoolCommand::What::verify) return verify(reader, command.dir);
        return command.quarantined ? export_quarantined(reader) : export_lines(reader);
    } catch (const SpoolInUse& in_use) {
        return fail(std::string{in_use.what()} + "; only `outrigger spool inspect` can ask it");
    } catch (const std::exception& failure) {
        return fail(failure.what());
    }
}

}   // namespace outrigger::sidecar
