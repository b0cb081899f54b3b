// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/buffer.hpp"

#include <cstring>
#include <utility>

namespace outrigger::net {

void Buffer::append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (!borrowed_.empty()) append(std::exchange(borrowed_, {}));
    if (empty() && bytes.size() <= page_bytes) page_ = pool_.take();
    if (page_ && end_ + bytes.size() > page_bytes && begin_ > 0) {
        std::memmove(page_->data(), page_->data() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    if (page_ && end_ + bytes.size() <= page_bytes) {
        std::memcpy(page_->data() + end_, bytes.data(), bytes.size());
        end_ += bytes.size();
        return;
    }
    if (!large_) {
        auto large = std::make_unique<std::string>(this->bytes());
        clear();
        large_ = std::move(large);
    }
    // Or a peer whose messages never end where a read does would have its whole past kept.
    large_->erase(0, std::exchange(begin_, 0));
    large_->append(bytes);
}

void Buffer::drop_front(std::size_t count) noexcept {
    if (!borrowed_.empty()) return borrowed_.remove_prefix(count);
    begin_ += count;
    if (begin_ == (large_ ? large_->size() : end_)) clear();
}

void Buffer::clear() noexcept {
    if (page_) pool_.give(std::move(page_));
    large_.reset();
    borrowed_ = {};
    begin_ = end_ = 0;
}

}   // namespace outrigger::net
