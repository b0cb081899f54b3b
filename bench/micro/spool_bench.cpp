// SPDX-License-Identifier: Apache-2.0
// What it costs to store a batch, read it back and remove it. The directory is of TMPDIR, so that a disk can be chosen.
#include <outrigger/logging/shipping/memory_spool.hpp>
#include <outrigger/logging/shipping/sqlite_spool.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace outrigger;
using namespace outrigger::logging;

constexpr std::size_t record = 300;

class Directory {
public:
    Directory() : path_{std::filesystem::temp_directory_path() / "outrigger-spool-XXXXXX"} {
        if (!::mkdtemp(path_.data())) std::abort();
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

// A batch of so many bytes in, read back, and the one before it out: two wait at any time.
void pass_through(benchmark::State& state, Spool& spool, bool read_back) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::vector<Batch> add(1);
    add[0].records = static_cast<std::uint32_t>(size / record);
    for (std::uint32_t i = 0; i < add[0].records; ++i) add[0].lines += std::string(record - 1, static_cast<char>('a' + i % 26)) + '\n';
    std::vector<Fate> fates;
    for (auto _ : state) {
        add[0].first_sequence = spool.next_sequence();
        if (!spool.commit({.add = add, .settle = fates, .now = WallTime{Duration{1}}})) state.SkipWithError("no commit");
        if (read_back) benchmark::DoNotOptimize(spool.next_after(add[0].id - 1));
        fates.assign(1, {.batch = add[0].id, .delivered = add[0].records});
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(add[0].records));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void spool_on_disk(benchmark::State& state, SpoolSync sync, bool read_back) {
    const Directory directory;
    SqliteSpool spool{{.dir = directory.path() + "/spool", .sync = sync}};
    pass_through(state, spool, read_back);
}
BENCHMARK_CAPTURE(spool_on_disk, process_and_read_back, SpoolSync::process, true)->Arg(300)->Arg(1 << 16)->Arg(1 << 20);
BENCHMARK_CAPTURE(spool_on_disk, process, SpoolSync::process, false)->Arg(300)->Arg(1 << 16)->Arg(1 << 20);
BENCHMARK_CAPTURE(spool_on_disk, power, SpoolSync::power, false)->Arg(300)->Arg(1 << 20)->Iterations(50);

void spool_in_memory(benchmark::State& state) {
    MemorySpool spool{64_MiB};
    pass_through(state, spool, true);
}
BENCHMARK(spool_in_memory)->Arg(300)->Arg(1 << 20);

// Full: each commit has to make room.
void spool_on_disk_full(benchmark::State& state) {
    const Directory directory;
    SqliteSpool spool{{.dir = directory.path() + "/spool", .max = 64_MiB}};
    std::vector<Batch> add(1);
    add[0].records = 3495;
    add[0].lines.assign(1 << 20, 'x');
    const auto commit = [&] {
        add[0].first_sequence = spool.next_sequence();
        return spool.commit({.add = add, .now = WallTime{Duration{1}}}).has_value();
    };
    while (spool.ledger().dropped[0] == 0 && commit()) {}
    for (auto _ : state)
        if (!commit()) state.SkipWithError("no commit");
}
BENCHMARK(spool_on_disk_full)->Iterations(100);

}   // namespace
