// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin/pusher.hpp"

#include <algorithm>
#include <utility>

#include <outrigger/metrics/text_page.hpp>

namespace outrigger::admin {
namespace {

constexpr Bytes answer_max{64 * 1024};
constexpr std::size_t shown_max = 300;   // of what the Pushgateway says

}  // namespace

Task<std::string> Pusher::push(Cancel* cancel) {
    const Wait wait{after(worker_.scheduler.now(), settings_.timeout), cancel};
    Result<Scraper::Bytes> page = co_await scraper_.make(ScrapeForm{.push = true}, wait);
    if (!page) co_return "The page was not ready in time.";
    HttpCall request;
    request.method = "PUT";
    request.path = settings_.path;
    request.host = settings_.host;
    request.fields = {{"Content-Type", metrics::text_content_type}};
    if (!settings_.authorization.empty()) request.fields.push_back({"Authorization", settings_.authorization});
    request.body = **page;
    request.reply_max = answer_max;
    HttpAnswer answer = co_await call(gateway_, worker_, std::move(request), wait);
    if (!answer.cause.empty()) co_return std::move(answer.why);
    if (answer.status / 100 == 2) co_return std::string{};
    const std::string_view said{answer.body};
    const std::size_t size = std::min({said.find_first_of("\r\n"), said.size(), shown_max});
    co_return "The Pushgateway answered " + std::to_string(answer.status) + ": " + std::string{said.substr(0, size)};
}

}  // namespace outrigger::admin
