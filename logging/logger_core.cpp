// SPDX-License-Identifier: Apache-2.0
#include "logger_core.hpp"

#include <outrigger/core/rng.hpp>
#include <outrigger/logging/sampling.hpp>
#include <outrigger/logging/shipping/open_ship_sink.hpp>
#include <outrigger/logging/writer.hpp>
#include "thread_facts.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <new>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <unistd.h>
#include <utility>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t usual_record = 4096;   // made on the stack
constexpr std::size_t least_record_max = 1024;
constexpr Duration between_looks = 50us;     // of who waits for room
constexpr int waits_apart = 100;             // times a wait's own length

const LoggerSettings& checked(const LoggerSettings& settings) {
    if (settings.record_max.count() < least_record_max)
        throw std::invalid_argument("a logger's record_max must be at least 1 KiB");
    if (!Ratio::from_fraction(settings.sample.fraction()))
        throw std::invalid_argument("a logger's sample must be between 0 and 1");
    for (const Duration wait : {settings.wait_for_errors, settings.wait_below_error})
        if (wait < 0s || wait > 1h) throw std::invalid_argument("a logger may wait for room for 0 s to 1 h");
    return settings;
}

std::shared_ptr<Sink> opened(const Ship& ship, const std::string& service) {
    // Null unless shipping is linked; the compiler must not conclude otherwise from the definition it sees there.
    auto* const open = &outrigger_open_ship_sink;
    if (open == nullptr) throw std::runtime_error("ship.to needs the component outrigger::shipping: link it");
    std::shared_ptr<Sink> sink;
    open(ship, service.c_str(), sink);
    return sink;
}

std::shared_ptr<Sink> stdout_sink() {
    auto writer = std::make_shared<Writer>(STDOUT_FILENO);
    writer->start();
    return writer;
}

// "suppressed 1,234 records like this"
class SuppressedText {
public:
    explicit SuppressedText(std::uint64_t count) noexcept {
        std::array<char, 20> digits;
        const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), count).ptr;
        add("suppressed ");
        for (const char* digit = digits.data(); digit != end; ++digit) {
            add({digit, 1});
            if ((end - digit) % 3 == 1 && digit + 1 != end) add(",");
        }
        add(count == 1 ? " record like this" : " records like this");
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void add(std::string_view part) noexcept { size_ += part.copy(text_.data() + size_, text_.size() - size_); }
    std::array<char, 64> text_{};
    std::size_t size_ = 0;
};

std::int64_t second_of(WallTime at) noexcept {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}   // namespace

Logger::Core::Core(const LoggerSettings& settings)
    : level_{checked(settings).level},
      origin_{settings.origin},
      record_max_{settings.record_max.count()},
      sample_{settings.sample},
      wait_for_errors_{settings.wait_for_errors},
      wait_below_error_{settings.wait_below_error},
      redaction_{settings.redact},
      service_{settings.service},
      constants_{settings},
      clock_{settings.clock != nullptr ? *settings.clock : system_clock_},
      site_limit_{settings.site_rate} {
    if (sample_ < Ratio{1.0}) sampling_ = Rng::from_system()();
    std::vector<std::shared_ptr<Sink>> sinks = settings.sinks;
    if (!settings.file.empty()) sinks.push_back(file_ = std::make_shared<FileSink>(settings.file));
    if (!settings.ship.to.empty()) sinks.push_back(opened(settings.ship, settings.service));
    if (settings.to_stdout.value_or(sinks.empty())) sinks.push_back(stdout_sink());
    for (auto& sink : sinks) {
        if (sink == nullptr) throw std::invalid_argument("a logger's sink must not be null");
        outlets_.push_back(std::make_unique<Outlet>(std::move(sink)));
    }
}

Logger::Core::~Core() {
    while (const auto untold = site_limit_.take_untold(-1)) tell(*untold, constants_, clock_.wall());
}

void Logger::Core::write(const LogCall& call) noexcept {
    if (sampled_out(call.level, ThreadFacts::of_this_thread().trace)) return count(&Figures::sampled, call.level);
    const WallTime now = clock_.wall();
    const bool has_origin = call.message.origin.line() != 0;   // else nobody knows the place: it is not limited either
    if (has_origin && site_limit_.is_on() && suppressed(call, now)) return count(&Figures::suppressed, call.level);
    make(call, has_origin && call.level >= origin_, now);
}

void Logger::Core::relay(const Relayed& said, const RecordConstants& constants, std::span<const Field> bound,
                         std::span<const Field* const> given) noexcept {
    if (sampled_out(said.level, ThreadFacts::of_this_thread().trace)) return count(&Figures::sampled, said.level);
    make({said.level, Message{said.message}, constants, bound, given}, false, said.at, &said);
}

bool Logger::Core::sampled_out(Level level, std::string_view trace) noexcept {
    if (level >= Level::warn || sample_ >= Ratio{1.0}) return false;
    if (!trace.empty()) return fraction_of(trace) >= sample_.fraction();
    const std::uint64_t turn = sampling_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed);
    return fraction_of(well_mixed(turn)) >= sample_.fraction();
}

bool Logger::Core::suppressed(const LogCall& call, WallTime now) noexcept {
    const std::int64_t second = second_of(now);
    std::int64_t swept = swept_.load(std::memory_order_relaxed);
    if (swept != second && swept_.compare_exchange_strong(swept, second, std::memory_order_relaxed))
        while (const auto untold = site_limit_.take_untold(second)) tell(*untold, constants_, now);
    const SiteLimit::Verdict verdict = site_limit_.ask(call.message.origin, call.level, second);
    if (verdict.before.count > 0) tell(verdict.before, call.constants, now);
    return !verdict.passes;
}

void Logger::Core::tell(const SiteLimit::Suppressed& what, const RecordConstants& constants, WallTime now) noexcept {
    const SuppressedText text{what.count};
    const Field count = field("outrigger.suppressed", what.count);
    const std::array<const Field*, 1> fields{&count};
    make({what.level, Message{text.text(), what.origin}, constants, {}, fields}, true, now);
}

void Logger::Core::make(const LogCall& call, bool with_origin, WallTime at, const Relayed* relayed) noexcept {
    std::array<char, usual_record> buffer;
    const RecordDraft draft{.level = call.level,
                            .at = at,
                            .message = call.message.text,
                            .constants = call.constants,
                            .origin = with_origin ? &call.message.origin : nullptr,
                            .bound = call.bound,
                            .given = call.given,
                            .redaction = redaction_,
                            .thread = ThreadFacts::of_this_thread(),
                            .relayed = relayed};
    const RecordText record = write_record(draft, {buffer.data(), std::min(buffer.size(), record_max_)});
    if (record.line.empty()) return make_large(draft);
    hand_over(record, call.level);
}

void Logger::Core::make_large(const RecordDraft& draft) noexcept {
    const std::unique_ptr<char[]> memory{new (std::nothrow) char[record_max_]};
    if (memory == nullptr) return count(&Figures::refused, draft.level);
    const std::span<char> buffer{memory.get(), record_max_};
    RecordText record = write_record(draft, buffer);
    if (record.line.empty()) record = write_truncated_record(draft, buffer);
    if (record.line.empty()) return count(&Figures::refused, draft.level);   // even its constants are too long
    hand_over(record, draft.level);
}

void Logger::Core::hand_over(const RecordText& record, Level level) noexcept {
    bool all = true;
    for (const auto& outlet : outlets_) all = taken_by(*outlet, record.line, level) && all;
    count(all ? &Figures::taken : &Figures::refused, level);
    if (record.truncated) figures_[thread_part()].truncated.fetch_add(1, std::memory_order_relaxed);
}

bool Logger::Core::take(std::string_view record, Level level) noexcept {
    bool all = true;
    for (const auto& outlet : outlets_) all = outlet->sink->take(record, level) && all;
    count(all ? &Figures::taken : &Figures::refused, level);
    return all;
}

bool Logger::Core::has_room(std::size_t bytes, Level level) const noexcept {
    return std::all_of(outlets_.begin(), outlets_.end(),
                       [&](const auto& outlet) { return outlet->sink->has_room(bytes, level); });
}

bool Logger::Core::taken_by(Outlet& outlet, std::string_view line, Level level) noexcept {
    const Duration wait = level == Level::error ? wait_for_errors_ : wait_below_error_;
    if (wait > 0s && !outlet.sink->has_room(line.size(), level)) wait_for_room(outlet, line.size(), level, wait);
    return outlet.sink->take(line, level);
}

// Whoever has waited makes all others go without a wait for a hundred times as long: a flood of errors in a row, or a
// receiver that hangs, costs a hundredth of the time at most.
void Logger::Core::wait_for_room(Outlet& outlet, std::size_t bytes, Level level, Duration at_most) noexcept {
    const Instant start = clock_.now();
    if (start.time_since_epoch().count() < outlet.next_wait.load(std::memory_order_relaxed)) return;
    const Instant until = after(start, at_most);
    Instant now = start;
    do {
        Signal nobody_raises_it;
        (void)clock_.wait(nobody_raises_it, std::min(until, after(now, between_looks)), std::stop_token{});
        now = clock_.now();
    } while (now < until && !outlet.sink->has_room(bytes, level));
    outlet.next_wait.store(after(now, (now - start) * waits_apart).time_since_epoch().count(), std::memory_order_relaxed);
}

bool Logger::Core::flush(Duration at_most) noexcept {
    const WallTime wall = clock_.wall();
    while (const auto untold = site_limit_.take_untold(second_of(wall))) tell(*untold, constants_, wall);
    const Instant until = after(clock_.now(), at_most);
    bool all = true;
    for (const auto& outlet : outlets_) all = outlet->sink->flush(std::max(until - clock_.now(), Duration{})) && all;
    return all;
}

std::error_code Logger::Core::reopen() noexcept { return file_ ? file_->reopen() : std::error_code{}; }

LoggerStats Logger::Core::stats() const noexcept {
    LoggerStats sum;
    const auto add = [](LoggerStats::BySeverity& to, const Counts& from) {
        for (std::size_t i = 0; i < severity_count; ++i) to[i] += from[i].load(std::memory_order_relaxed);
    };
    for (const Figures& figures : figures_) {
        add(sum.taken, figures.taken);
        add(sum.refused, figures.refused);
        add(sum.sampled, figures.sampled);
        add(sum.suppressed, figures.suppressed);
        sum.truncated += figures.truncated.load(std::memory_order_relaxed);
    }
    return sum;
}

}   // namespace outrigger::logging
