// SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

namespace outrigger::logging {

int Statement::prepare(sqlite3* db, const std::string& sql) noexcept {
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(db, sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement_.reset(made);
    return code;
}

Statement& Statement::bind(int parameter, std::int64_t value) noexcept {
    if (const int code = sqlite3_bind_int64(statement_.get(), parameter + 1, value); bound_ == SQLITE_OK) bound_ = code;
    return *this;
}

Statement& Statement::bind_text(int parameter, std::string_view value) noexcept {
    const int code = sqlite3_bind_text64(statement_.get(), parameter + 1, value.data() ? value.data() : "", value.size(),
                                         SQLITE_STATIC, SQLITE_UTF8);
    if (bound_ == SQLITE_OK) bound_ = code;
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view value) noexcept {
    const int code = sqlite3_bind_blob64(statement_.get(), parameter + 1, value.data() ? value.data() : "", value.size(),
                                         SQLITE_STATIC);
    if (bound_ == SQLITE_OK) bound_ = code;
    return *this;
}

int Statement::step() noexcept {
    const int bound = bound_;
    bound_ = SQLITE_OK;
    return bound != SQLITE_OK ? bound : sqlite3_step(statement_.get());
}

int Statement::run() noexcept {
    int code = step();
    while (code == SQLITE_ROW) code = step();
    reset();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::string_view Statement::bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data ? std::string_view{static_cast<const char*>(data), static_cast<std::size_t>(size)} : std::string_view{};
}

}   // namespace outrigger::logging
