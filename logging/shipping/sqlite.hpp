// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Just enough of SQLite in types. Functions return its result codes, extended ones, SQLITE_OK and the like.
namespace outrigger::logging {

struct CloseDatabase {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// A statement that is prepared once. Parameters and columns count from 0. Texts are not copied: they must live until
// the statement has run. What a column shows holds until reset().
class Statement {
public:
    [[nodiscard]] int prepare(sqlite3* db, const std::string& sql) noexcept;

    Statement& bind(int parameter, std::int64_t value) noexcept;
    Statement& bind(int parameter, std::uint64_t value) noexcept { return bind(parameter, static_cast<std::int64_t>(value)); }
    Statement& bind_text(int parameter, std::string_view value) noexcept;
    Statement& bind_blob(int parameter, std::string_view value) noexcept;

    // SQLITE_ROW, SQLITE_DONE or an error.
    [[nodiscard]] int step() noexcept;
    // To its end, and reset; SQLITE_OK or an error.
    [[nodiscard]] int run() noexcept;
    void reset() noexcept { sqlite3_reset(statement_.get()); }

    [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }
    [[nodiscard]] std::uint64_t count(int column) const noexcept { return static_cast<std::uint64_t>(integer(column)); }
    [[nodiscard]] std::string_view bytes(int column) const noexcept;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = SQLITE_OK;   // the first parameter that could not be bound
};

[[nodiscard]] inline int execute(sqlite3* db, const std::string& sql) noexcept {
    return sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
}

// The file, or a row of it, holds something else than was written.
[[nodiscard]] constexpr bool is_corrupt(int code) noexcept {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB || code == SQLITE_IOERR_SHORT_READ;
}
[[nodiscard]] constexpr bool is_full(int code) noexcept { return (code & 0xff) == SQLITE_FULL; }

}   // namespace outrigger::logging
