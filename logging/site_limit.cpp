// SPDX-License-Identifier: Apache-2.0
#include "site_limit.hpp"

#include <bit>
#include <outrigger/logging/sampling.hpp>

namespace outrigger::logging {
namespace {

// The same call has the same literals.
bool same_place(const std::source_location& left, const std::source_location& right) noexcept {
    return left.line() == right.line() && left.column() == right.column() && left.file_name() == right.file_name();
}

}   // namespace

SiteLimit::SiteLimit(std::uint32_t rate)
    : rate_{rate}, buckets_{rate == 0 ? nullptr : std::make_unique<std::array<Bucket, bucket_count>>()} {}

SiteLimit::Verdict SiteLimit::ask(const std::source_location& origin, Level level, std::int64_t second) noexcept {
    const auto file = std::bit_cast<std::uintptr_t>(origin.file_name());
    const std::uint64_t hash = well_mixed(file ^ std::uint64_t{origin.line()} << 32 ^ std::uint64_t{origin.column()} << 52);
    Bucket& bucket = (*buckets_)[hash % bucket_count];
    const std::scoped_lock lock{bucket.mutex};
    Site* const site = site_in(bucket, origin, second);
    if (site == nullptr) return {};
    Verdict verdict;
    if (site->made > 0 && site->second != second) verdict.before = told(*site);
    site->second = second;
    site->level = level;
    verdict.passes = ++site->made <= rate_;
    return verdict;
}

// The place's own entry; else one that is free, or has been quiet since an earlier second with nothing to tell.
SiteLimit::Site* SiteLimit::site_in(Bucket& bucket, const std::source_location& origin, std::int64_t second) noexcept {
    Site* free = nullptr;
    for (Site& site : bucket.sites) {
        if (site.made > 0 && same_place(site.origin, origin)) return &site;
        if (site.made == 0 || (site.second != second && site.made <= rate_)) free = &site;
    }
    if (free != nullptr) *free = {.origin = origin, .second = second};
    return free;
}

SiteLimit::Suppressed SiteLimit::told(Site& site) const noexcept {
    const std::uint64_t count = site.made > rate_ ? site.made - rate_ : 0;
    site.made = 0;
    return {count, site.level, site.origin};
}

std::optional<SiteLimit::Suppressed> SiteLimit::take_untold(std::int64_t second) noexcept {
    if (!is_on()) return std::nullopt;
    for (Bucket& bucket : *buckets_) {
        const std::scoped_lock lock{bucket.mutex};
        for (Site& site : bucket.sites)
            if (site.made > rate_ && site.second != second) return told(site);
    }
    return std::nullopt;
}

}   // namespace outrigger::logging
