// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::metrics {

// The texts of bucket bounds. The series of a family mostly have the same ones, so each is made once.
class BoundTexts {
public:
    // `make(bound)` gives the text; it depends on nothing else.
    template <class Make>
    [[nodiscard]] std::string_view of(std::size_t index, double bound, Make make) {
        if (index < texts_.size()) {
            if (texts_[index].bound != bound) texts_[index] = {bound, make(bound)};
        } else {
            index = texts_.size();
            texts_.push_back({bound, make(bound)});
        }
        return texts_[index].text;
    }

private:
    struct Text {
        double bound;
        std::string text;
    };
    std::vector<Text> texts_;
};

}  // namespace outrigger::metrics
