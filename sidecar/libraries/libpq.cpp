// SPDX-License-Identifier: Apache-2.0
// The functions of libpq that the program calls: see libcurl.cpp.
#include <libpq-fe.h>

#include "sidecar/libraries/loaded.hpp"

namespace outrigger::libraries {

const Library& libpq() {
    static const Library library{OUTRIGGER_LIBPQ, OUTRIGGER_LIBPQ_PACKAGE, "PQconnectStartParams"};
    return library;
}

namespace {

template <auto* function, class... Arguments>
auto pq(const char* name, Arguments... arguments) {
    return pass_on<function>(libpq, name, arguments...);
}

}   // namespace
}   // namespace outrigger::libraries

using outrigger::libraries::pq;

extern "C" {

PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values, int expand) {
    return pq<&PQconnectStartParams>(__func__, keywords, values, expand);
}
PostgresPollingStatusType PQconnectPoll(PGconn* connection) { return pq<&PQconnectPoll>(__func__, connection); }
PQconninfoOption* PQconninfoParse(const char* text, char** why) { return pq<&PQconninfoParse>(__func__, text, why); }
void PQconninfoFree(PQconninfoOption* options) { pq<&PQconninfoFree>(__func__, options); }
void PQfreemem(void* freed) { pq<&PQfreemem>(__func__, freed); }

PQnoticeProcessor PQsetNoticeProcessor(PGconn* connection, PQnoticeProcessor processor, void* whose) {
    return pq<&PQsetNoticeProcessor>(__func__, connection, processor, whose);
}
ConnStatusType PQstatus(const PGconn* connection) { return pq<&PQstatus>(__func__, connection); }
char* PQerrorMessage(const PGconn* connection) { return pq<&PQerrorMessage>(__func__, connection); }
int PQsocket(const PGconn* connection) { return pq<&PQsocket>(__func__, connection); }
int PQsetnonblocking(PGconn* connection, int on) { return pq<&PQsetnonblocking>(__func__, connection, on); }
void PQfinish(PGconn* connection) { pq<&PQfinish>(__func__, connection); }

int PQsendQuery(PGconn* connection, const char* query) { return pq<&PQsendQuery>(__func__, connection, query); }
int PQflush(PGconn* connection) { return pq<&PQflush>(__func__, connection); }
int PQconsumeInput(PGconn* connection) { return pq<&PQconsumeInput>(__func__, connection); }
int PQisBusy(PGconn* connection) { return pq<&PQisBusy>(__func__, connection); }
PGresult* PQgetResult(PGconn* connection) { return pq<&PQgetResult>(__func__, connection); }
ExecStatusType PQresultStatus(const PGresult* result) { return pq<&PQresultStatus>(__func__, result); }
void PQclear(PGresult* result) { pq<&PQclear>(__func__, result); }

}   // extern "C"
