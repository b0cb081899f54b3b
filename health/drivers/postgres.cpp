// SPDX-License-Identifier: Apache-2.0
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <outrigger/health/drivers.hpp>

#include "../lookup.hpp"

namespace outrigger::health {
namespace {

struct Free {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    void operator()(PGresult* result) const noexcept { PQclear(result); }
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

// What was written, as pairs of keyword and value.
struct Parameters {
    std::vector<std::string> keywords;
    std::vector<std::string> values;

    [[nodiscard]] std::string find(std::string_view keyword) const {
        for (std::size_t i = 0; i < keywords.size(); ++i)
            if (keywords[i] == keyword) return values[i];
        return "";
    }
    void add(std::string keyword, std::string value) {
        keywords.push_back(std::move(keyword));
        values.push_back(std::move(value));
    }
};

Parameters parse(const std::string& text) {
    char* why = nullptr;
    const std::unique_ptr<PQconninfoOption, Free> options{PQconninfoParse(text.c_str(), &why)};
    PQfreemem(why);   // it repeats the text, which may hold a password
    if (!options)
        throw std::invalid_argument(
            "a postgres check needs postgres://user@host/database or 'host=... dbname=...'");
    Parameters parameters;
    for (const PQconninfoOption* option = options.get(); option->keyword; ++option)
        if (option->val) parameters.add(option->keyword, option->val);
    return parameters;
}

// One connection and one query, without ever blocking longer than the run may take.
class Query {
public:
    Query(const Parameters& parameters, const Probe& probe) : probe_{probe}, connection_{start(parameters)} {
        // libpq would print what the server says unasked, its own end for one, to the program's stderr.
        if (connection_) PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    }

    Outcome run() {
        if (!connection_) return down("out of memory");
        if (auto failed = connect()) return *std::move(failed);
        if (PQsetnonblocking(connection_.get(), 1) != 0 || PQsendQuery(connection_.get(), "SELECT 1") != 1)
            return failure();
        for (int left; (left = PQflush(connection_.get())) != 0;) {
            if (left < 0) return failure();
            if (!wait(POLLIN | POLLOUT)) return probe_.timed_out();
            if (PQconsumeInput(connection_.get()) != 1) return failure();
        }
        while (PQisBusy(connection_.get()) != 0) {
            if (!wait(POLLIN)) return probe_.timed_out();
            if (PQconsumeInput(connection_.get()) != 1) return failure();
        }
        const std::unique_ptr<PGresult, Free> result{PQgetResult(connection_.get())};
        return PQresultStatus(result.get()) == PGRES_TUPLES_OK ? up() : failure();
    }

private:
    static PGconn* start(const Parameters& parameters) {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
        for (const std::string& keyword : parameters.keywords) keywords.push_back(keyword.c_str());
        for (const std::string& value : parameters.values) values.push_back(value.c_str());
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        return PQconnectStartParams(keywords.data(), values.data(), 0);
    }
    // Nothing: it is connected.
    std::optional<Outcome> connect() {
        if (PQstatus(connection_.get()) == CONNECTION_BAD) return failure();
        short events = POLLOUT;
        for (;;) {
            if (!wait(events)) return probe_.timed_out();
            switch (PQconnectPoll(connection_.get())) {
                case PGRES_POLLING_OK: return std::nullopt;
                case PGRES_POLLING_FAILED: return failure();
                case PGRES_POLLING_READING: events = POLLIN; break;
                case PGRES_POLLING_WRITING:
                case PGRES_POLLING_ACTIVE: events = POLLOUT; break;
            }
        }
    }
    [[nodiscard]] bool wait(short events) const {
        return probe_.wait(PQsocket(connection_.get()), events) == Probe::Ready::ready;
    }
    // Each attempt has a line of its own, and hints below it that begin with a tab: the last attempt's.
    [[nodiscard]] Outcome failure() const {
        std::string_view text = PQerrorMessage(connection_.get());
        std::string message = "the query failed";
        while (!text.empty()) {
            const std::string_view line = text.substr(0, text.find('\n'));
            if (!line.empty() && line.front() != '\t') message = line;
            text.remove_prefix(std::min(line.size() + 1, text.size()));
        }
        return down(std::move(message));
    }

    const Probe& probe_;
    std::unique_ptr<PGconn, Free> connection_;
};

class PostgresCheck {
public:
    explicit PostgresCheck(const std::string& text) : parameters_{parse(text)} {
        parameters_.add("application_name", "outrigger-health");
        const std::string host = parameters_.find("host");
        const bool one_name = !host.empty() && host.find_first_of(",/@") == std::string::npos;
        if (one_name && parameters_.find("hostaddr").empty())
            lookup_ = std::make_unique<Lookup>(host, std::uint16_t{5432});
    }

    // libpq looks names up itself, and waits; so a single host is looked up for it. Of several it does so itself.
    Outcome run(const Probe& probe) {
        if (!lookup_) return Query{parameters_, probe}.run();
        return try_each(lookup_->ask(probe), probe, [this](const FoundAddress& address, const Probe& share) {
            Parameters parameters = parameters_;
            parameters.add("hostaddr", address.host());
            return Query{parameters, share}.run();
        });
    }

private:
    Parameters parameters_;
    std::unique_ptr<Lookup> lookup_;
};

}   // namespace

Indicator postgres(std::string connection_string) {
    auto check = std::make_shared<PostgresCheck>(connection_string);
    return {[check](const Probe& probe) { return check->run(probe); }, true};
}

}   // namespace outrigger::health
