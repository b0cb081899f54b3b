// SPDX-License-Identifier: Apache-2.0
#include "sidecar/intake/redact.hpp"

#include <algorithm>
#include <string>

namespace outrigger::intake {
namespace {

// One walk over a tree. Of the path above a value only what a pattern can still match is kept, so that long paths with
// many members below them cost no more than the record's length.
class Walk {
public:
    Walk(JsonTree& tree, const logging::Redaction& redaction) : tree_{tree}, redaction_{redaction} {}

    // The path of `parent` is what stands in path_ from `begin` on. As deep as the parser goes.
    void below(const JsonNode& parent, std::size_t begin) {
        const std::size_t end = path_.size();
        tree_.each(parent, [&](JsonNode& child) {
            if (parent.kind == JsonKind::array)
                below_element(child, begin);
            else
                below_member(child, begin);
            path_.resize(end);
        });
    }

private:
    void below_element(const JsonNode& child, std::size_t begin) {
        if (child.first != 0) below(child, begin);
    }

    void below_member(JsonNode& child, std::size_t begin) {
        if (path_.size() != begin) path_ += '.';
        path_ += child.name;
        if (redaction_.matches(std::string_view{path_}.substr(begin)))
            blot_out(child);
        else if (child.first != 0)
            below(child, append_tail(begin));
    }

    // Appends the path's last steps, one fewer than the longest pattern has. A step that only a pattern's `*` can match
    // becomes `*`, which nothing else matches. Returns where they begin.
    std::size_t append_tail(std::size_t begin) {
        const std::size_t end = path_.size();
        std::size_t at = end + 1;   // behind the dot that would follow
        for (std::size_t steps = 1; steps < redaction_.steps_max() && at > begin; ++steps)
            at = step_before(at, begin);
        while (at <= end) {
            const std::size_t size = std::min(path_.find('.', at), end) - at;
            if (path_.size() != end) path_ += '.';
            if (size == 0 || size > redaction_.step_bytes_max())
                path_ += '*';
            else
                path_.append(path_, at, size);
            at += size + 1;
        }
        return end;
    }
    // Where the step begins that ends in front of the dot at[-1].
    [[nodiscard]] std::size_t step_before(std::size_t at, std::size_t begin) const noexcept {
        const std::string_view before = std::string_view{path_}.substr(begin, at - 1 - begin);
        return begin + (before.rfind('.') + 1);   // none: npos + 1 is 0
    }

    JsonTree& tree_;
    const logging::Redaction& redaction_;
    std::string path_;
};

}   // namespace

void blot_out(JsonNode& value) noexcept {
    value.kind = JsonKind::string;
    value.text = logging::Redaction::blot;
    value.sound = true;
    value.first = 0;
}

void redact(JsonTree& tree, const logging::Redaction& redaction) {
    if (redaction.empty()) return;
    Walk{tree, redaction}.below(tree.root(), 0);
}

}   // namespace outrigger::intake
