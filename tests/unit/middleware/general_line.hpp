// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <outrigger/logging/ecs_record.hpp>
#include <outrigger/logging/json_writer.hpp>
#include <outrigger/middleware/exchange_telemetry.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::middleware {

// An exchange's line as the general writer makes it, member by member: what ExchangeTelemetry's literals must come to.
// For texts that are short enough not to be cut.
class GeneralLine {
public:
    explicit GeneralLine(const ExchangeEnded& event) : event_{event} {}

    std::string text() {
        const std::size_t mark = event_.path.find('?');
        const std::string_view path = event_.path.substr(0, mark);
        const bool failed = event_.reason || event_.status >= 500;
        const auto level = event_.status >= 500 ? logging::Level::error
                           : event_.reason      ? logging::Level::warn
                                                : logging::Level::info;
        logging::Timestamp timestamp;
        logging::begin_ecs(json_, timestamp.write(event_.started), level, std::string_view{message(path)});
        json_.open("service");
        json_.field("name", "orders");
        json_.close();
        http();
        json_.open("url");
        field("path", path);
        if (mark != std::string_view::npos) field("query", event_.path.substr(mark + 1));
        field("domain", domain());
        json_.close();
        client();
        if (!event_.trace_id.empty()) json_.field("trace", "id", event_.trace_id);
        if (!event_.span_id.empty()) json_.field("span", "id", event_.span_id);
        ours();
        json_.open("event");
        json_.members(R"("dataset":"outrigger.access","kind":"event","category":["web"],"type":["access"])");
        json_.field("outcome", failed ? "failure" : "success");
        json_.field("duration", event_.duration.count());
        json_.close();
        return std::string{json_.finish()};
    }

private:
    void field(logging::Plain key, std::string_view value) {
        if (!value.empty()) json_.field(key, value);
    }
    [[nodiscard]] std::string message(std::string_view path) const {
        const auto tenths = std::max(event_.duration, Duration::zero()) / std::chrono::microseconds{100};
        std::string text{event_.method};
        text.append(" ").append(path).append(" ");
        text += event_.status == 0 ? "-" : std::to_string(event_.status);
        text += " in " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
        if (event_.reason) text.append(" (").append(to_string(*event_.reason)).append(")");
        return text;
    }
    [[nodiscard]] std::string_view domain() const {
        const std::size_t from = event_.host.starts_with('[') ? event_.host.find(']') : 0;
        return event_.host.substr(0, event_.host.find(':', from));
    }
    void http() {
        json_.open("http");
        field("version", event_.http_version);
        json_.open("request");
        field("id", event_.request_id);
        field("method", event_.method);
        if (event_.request_body) json_.field("body", "bytes", event_.request_body->count());
        json_.close();
        if (event_.status != 0 || event_.response_body) {
            json_.open("response");
            if (event_.status != 0) json_.field("status_code", event_.status);
            if (event_.response_body) json_.field("body", "bytes", event_.response_body->count());
            json_.close();
        }
        json_.close();
    }
    void client() {
        if (!event_.client_ip.empty()) {
            json_.open("client");
            json_.field("ip", event_.client_ip);
            if (event_.client_port != 0) json_.field("port", event_.client_port);
            json_.close();
        }
        if (!event_.user_agent.empty()) json_.field("user_agent", "original", event_.user_agent);
    }
    void ours() {
        if (event_.route.template_.empty() && !event_.reason && event_.detail.empty() && event_.endpoint.empty() &&
            event_.parent_span_id.empty() && !event_.stream)
            return;
        json_.open("outrigger");
        field("route", event_.route.template_);
        if (event_.reason) json_.field("reason", to_string(*event_.reason));
        field("detail", event_.detail);
        field("endpoint", event_.endpoint);
        field("parent_span", event_.parent_span_id);
        if (event_.stream) {
            json_.open("stream");
            json_.field("kind", to_string(*event_.stream));
            json_.field("duration", event_.stream_duration.count());
            json_.close();
        }
        json_.close();
    }

    const ExchangeEnded& event_;
    std::vector<char> buffer_;
    logging::JsonWriter json_{buffer_};
};

}  // namespace outrigger::middleware
