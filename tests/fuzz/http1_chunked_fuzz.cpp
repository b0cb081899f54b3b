// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/parser.hpp"
#include "sidecar/http1/trailers.hpp"
#include "sidecar/http1/writer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A body from anywhere means the same however it is cut into pieces, and after it was framed again; of its trailers
// only what may go on goes on, unchanged. The first
// byte of the input chooses the framing (`l` length, `u` until close, `n` none, else chunked), the second the
// pieces' size.
namespace {

using namespace outrigger;
using namespace outrigger::http1;

void require(bool holds) {
    if (!holds) __builtin_trap();
}

struct Outcome {
    std::string payload;
    std::string trailers;
    std::size_t consumed = 0;
    bool done = false;
    bool may_end_here = false;
    std::string_view refusal;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

void require_within(std::string_view part, std::string_view whole) {
    require(part.empty() ||
            (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

Outcome decode_in_pieces(BodyPlan plan, std::string_view bytes, std::size_t piece_size) {
    BodyDecoder decoder{plan};
    Outcome outcome;
    for (std::size_t piece_end = 0;
         outcome.refusal.empty() && !decoder.done() && outcome.consumed < bytes.size();) {
        piece_end = std::min(bytes.size(), std::max(piece_end, outcome.consumed) + piece_size);
        const std::string_view piece = bytes.substr(outcome.consumed, piece_end - outcome.consumed);
        const Result<BodyDecoder::Step> step = decoder.decode(piece);
        if (!step) {
            outcome.refusal = step.error().detail;
            break;
        }
        require(step->consumed > 0 && step->consumed <= piece.size());
        require_within(step->payload, piece.substr(0, step->consumed));
        require_within(step->trailer, piece.substr(0, step->consumed));
        outcome.payload += step->payload;
        outcome.trailers += step->trailer;
        outcome.consumed += step->consumed;
    }
    outcome.done = decoder.done();
    outcome.may_end_here = decoder.may_end_here();
    return outcome;
}

// The lines of a trailer section that may go on: each as it came, in their order.
std::string forwardable(const std::string& trailers) {
    std::string expected;
    for (std::size_t begin = 0; begin < trailers.size();) {
        const std::size_t end = trailers.find("\r\n", begin) + 2;
        const std::string line = trailers.substr(begin, end - begin);
        if (is_forwardable_trailer(line.substr(0, line.find(':')))) expected += line;
        begin = end;
    }
    std::string kept = trailers;
    keep_forwardable(kept);
    require(kept == expected);
    return kept;
}

void frame_and_decode_again(std::string_view payload, std::size_t chunk_size, const std::string& trailers) {
    std::string framed;
    for (std::size_t at = 0; at < payload.size(); at += chunk_size) {
        const std::string_view chunk = payload.substr(at, chunk_size);
        framed.append(ChunkHead{chunk.size()}.bytes()).append(chunk).append(chunk_tail);
    }
    framed.append("0\r\n").append(trailers).append("\r\n");
    const Outcome again = decode_in_pieces({Framing::chunked, 0}, framed, framed.size());
    require(again.done && again.payload == payload && again.consumed == framed.size());
    require(again.trailers == trailers);
}

BodyPlan plan_of(char choice, std::size_t size) {
    if (choice == 'n') return {};
    if (choice == 'l') return {Framing::length, size / 2};
    if (choice == 'u') return {Framing::until_close, 0};
    return {Framing::chunked, 0};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
    const BodyPlan plan = plan_of(static_cast<char>(data[0]), bytes.size());
    const std::size_t piece_size = 1 + data[1] % 61;
    const Outcome whole = decode_in_pieces(plan, bytes, bytes.size());
    require(whole == decode_in_pieces(plan, bytes, 1));
    require(whole == decode_in_pieces(plan, bytes, piece_size));
    require(whole.may_end_here == (whole.done || plan.framing == Framing::until_close));
    if (whole.done) frame_and_decode_again(whole.payload, piece_size, forwardable(whole.trailers));
    return 0;
}
