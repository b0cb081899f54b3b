// SPDX-License-Identifier: Apache-2.0
#include "output_sender.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace outrigger::logging {

void OutputSender::send(Parcel parcel, Instant) {
    parcel_ = std::move(parcel);
    offset_ = 0;
}

Output::Progress OutputSender::write() {
    if (torn_) {
        const Output::Progress mended = output_.write("\n");
        if (mended.error != 0) return {.taken = 0, .error = mended.error};
        torn_ = false;
    }
    return output_.write(std::string_view{parcel_->lines}.substr(offset_));
}

void OutputSender::advance(Instant, std::vector<Outcome>& ended) {
    if (!parcel_) return;
    const Output::Progress progress = write();
    offset_ += progress.taken;
    if (progress.error == EAGAIN) return;
    if (progress.error != 0 && offset_ > 0) torn_ = parcel_->lines[offset_ - 1] != '\n';
    if (progress.error == 0)
        ended.push_back({.kind = Outcome::Kind::delivered, .parcel = std::move(*parcel_)});
    else
        ended.push_back({.kind = Outcome::Kind::again,
                         .parcel = std::move(*parcel_),
                         .detail = "cannot write: " + std::generic_category().message(progress.error)});
    parcel_.reset();
}

void OutputSender::watch(std::vector<pollfd>& descriptors) const {
    if (parcel_) descriptors.push_back({output_.wait_fd(), POLLOUT, 0});
}

}   // namespace outrigger::logging
