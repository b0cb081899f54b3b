// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/core/reason.hpp>
#include <outrigger/logging/redaction.hpp>
#include <outrigger/logging/shipping/shipper.hpp>

#include "sidecar/intake/json_tree.hpp"
#include "sidecar/intake/record_writer.hpp"

namespace outrigger::intake {

// A record is at most so long, as it comes.
inline constexpr std::size_t record_max = 256 * 1024;

// Why nothing of a post was taken.
struct Mistake {
    Reason reason = Reason::bad_request;
    std::string sentence;
};

// Makes records of what arrives. Of one worker.
class PostReader {
public:
    // `redaction` must outlive it.
    PostReader(std::string_view service, const logging::Redaction& redaction) : writer_{service, redaction} {}

    // A body: JSON objects and arrays of objects, one after the other. That covers a single object, an array of
    // them, and a line for each; what its Content-Type says makes no difference. Nothing: `into` has the records,
    // and says how many.
    [[nodiscard]] std::optional<Mistake> read(std::string_view body, WallTime arrived,
                                              logging::Submission& into);

    // A line that nobody can be told about: what is no object is kept as a record's message. False: it was none.
    bool read_line(std::string_view line, WallTime arrived, logging::Submission& into);

private:
    [[nodiscard]] std::optional<Mistake> read_array(std::string_view body, std::size_t& at, WallTime arrived,
                                                    logging::Submission& into);
    [[nodiscard]] std::optional<Mistake> read_record(std::string_view body, std::size_t& at, WallTime arrived,
                                                     logging::Submission& into);
    void add(Written written, logging::Submission& into);

    JsonTree tree_;
    RecordWriter writer_;
    std::string line_;
    std::uint64_t count_ = 0;   // of the body being read
};

[[nodiscard]] std::uint64_t records_of(const logging::Submission& submission) noexcept;

}   // namespace outrigger::intake
