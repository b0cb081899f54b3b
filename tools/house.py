# SPDX-License-Identifier: Apache-2.0
"""The house's rules as tables: who may include whom, what is banned, where files live. tidy.py enforces them.

Paths are relative to the repository's root, with forward slashes. Patterns are regular expressions.
"""

# ---- Doors: room -> rooms it may include (besides itself).
DOORS = {
    "core":       set(),
    "metrics":    {"core"},
    "health":     {"core"},
    "resilience": {"core"},
    "logging":    {"core", "resilience"},
    "middleware": {"core", "metrics", "logging", "resilience", "health"},
    "sidecar":    {"core", "metrics", "logging", "resilience", "health", "middleware"},
}

# Inside sidecar/: the floors from top to bottom. A room may include every floor below its own;
# sidecar.{hpp,cpp} stand on top of all.
FLOORS = [
    {"admin", "intake", "demo", "libraries"},
    {"ingress"},
    {"proxy"},
    {"route", "upstream", "stream"},
    {"http1", "http2"},
    {"net"},
]
NEIGHBOURS = {"stream": {"upstream"}, "http2": {"http1"}}      # the doors on one floor
CONFIG = "config"                                              # a leaf: includes no other sidecar room
KNOW_NO_CONFIG = {"net", "http1", "http2"}                     # all others may include it
# The files that stand on top of all rooms: they wire, and hold what the commands of the program do.
COMPOSITION_ROOT = r"(sidecar|worker|outbounds|listening|logs|signals|commands|admin_address|demo_command|drain_command|spool_command)\.(hpp|cpp)"
MAIN_MAY = {"sidecar/sidecar.hpp", "sidecar/commands.hpp"}     # besides config and core
UMBRELLA = r"include/outrigger/\w+\.hpp"                        # for users; no room includes one
WHOLE = "include/outrigger/outrigger.hpp"                      # the one that includes the others


def sidecar_doors() -> dict[str, set[str]]:
    doors = {CONFIG: set()}
    for level, floor in enumerate(FLOORS):
        below = set().union(*FLOORS[level + 1:])
        for room in floor:
            settings = set() if room in KNOW_NO_CONFIG else {CONFIG}
            doors[room] = below | NEIGHBOURS.get(room, set()) | settings
    return doors


SIDECAR_DOORS = sidecar_doors()

# ---- Third-party headers: (pattern of the header's name, product, path prefixes that may include it, heavy).
# Heavy ones cost half a second or more per translation unit: outside tests and bench only .cpp files may
# include them, and headers for programs that use the library in question anyway.
USERS_OWN = ("include/outrigger/middleware/httplib",)
THIRD_PARTY = [
    (r"yaml-cpp/", "yaml-cpp", ("sidecar/config/",), True),
    (r"nlohmann/json_fwd\.hpp$", "nlohmann-json", ("sidecar/config/", "sidecar/admin/", "tests/"), False),
    (r"nlohmann/", "nlohmann-json", ("logging/shipping/", "sidecar/config/", "sidecar/admin/", "sidecar/demo/", "sidecar/outbounds.cpp", "tests/"), True),
    (r"httplib\.h$", "cpp-httplib", ("sidecar/demo/", "middleware/", *USERS_OWN, "tests/", "bench/", "examples/"), True),
    (r"CLI/", "CLI11", ("sidecar/main.cpp",), True),
    (r"prometheus/", "prometheus-cpp", ("metrics/", "middleware/", "tests/unit/metrics/", "tests/unit/middleware/",
                                        "bench/"), False),
    (r"curl/", "libcurl", ("sidecar/demo/", "sidecar/admin_address.cpp", "sidecar/libraries/libcurl.cpp", "logging/shipping/", "health/drivers/", "middleware/",
                           "include/outrigger/middleware/libcurl.hpp", "include/outrigger/middleware/curl_calls.hpp",
                           "tests/", "bench/", "examples/"), False),
    (r"ares\.h$", "c-ares", ("sidecar/net/",), False),
    (r"zlib\.h$", "zlib", ("metrics/", "sidecar/intake/", "tests/unit/sidecar/intake/", "logging/shipping/", "tests/unit/metrics/", "tests/unit/logging/"), False),
    (r"sqlite3\.h$", "SQLite", ("logging/shipping/", "tests/unit/logging/"), False),
    (r"openssl/", "OpenSSL", ("logging/shipping/", "sidecar/net/", "tests/"), False),
    (r"libpq-fe\.h$", "libpq", ("health/drivers/", "sidecar/libraries/libpq.cpp", "tests/unit/health/"), False),
    (r"spdlog/", "spdlog", ("middleware/", "include/outrigger/middleware/", "tests/unit/middleware/",
                            "tests/consumer/", "bench/", "examples/"), False),
    (r"boost/", "Boost", ("examples/",), True),
    (r"grpcpp/|orders\.grpc\.pb\.h$", "gRPC", ("examples/",), True),
    (r"g(test|mock)/", "GoogleTest", ("tests/",), False),
    (r"benchmark/", "Google Benchmark", ("bench/",), False),
]
# The standard library has neither dot nor slash in its names. These are the system's and the compiler's.
SYSTEM_HEADER = (
    r"(sys|netinet|arpa|net|linux|asm|sanitizer|valgrind)/|"
    r"(assert|byteswap|cpuid|ctype|cxxabi|dirent|dlfcn|endian|errno|execinfo|fcntl|getopt|grp|ifaddrs|"
    r"inttypes|limits|locale|malloc|math|[a-z]*mmintrin|netdb|poll|pthread|pty|pwd|resolv|sched|semaphore|"
    r"signal|spawn|stdarg|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|ucontext|unistd|wchar)\.h$")
STANDARD_LIBRARY_ONLY = ("core", "resilience")                 # no third party, no system headers
SOCKET_HEADER = r"sys/(socket|epoll|eventfd|timerfd)\.h$"
SOCKET_FREE = ("sidecar/http1/", "sidecar/http2/", "sidecar/config/", "sidecar/route/", "sidecar/proxy/",
               "metrics/")

# ---- Banned: (words, one of which every hit holds: a quick look first; pattern in code without comments and
# strings; what to use instead; paths that may still use it).
BANNED = [
    (("clock", "gettime", "time("),
     r"\b(?:steady|system|high_resolution)_clock::now\(|\bgettimeofday\(|(?<!\w)(?:std)?::time\(|"
     r"\bclock_gettime\((?!CLOCK_(?:PROCESS|THREAD)_CPUTIME_ID)",
     "an Instant argument or outrigger::Clock", r"(^|/)core/clock\.(hpp|cpp)$"),
    (("sleep",),
     r"\bsleep_(?:for|until)\(|\bu?sleep\(\s*\d|(?<!\w)::u?sleep\(|\bnanosleep\(",
     "co_await timer.after(...)", r"(^|/)core/clock\.(hpp|cpp)$"),
    (("rand", "mt19937"),
     r"\brandom_device\b|(?<![\w.>:])(?:std::)?s?rand\(|\bstd::(?:mt19937|default_random_engine)",
     "outrigger::Rng", r"(^|/)core/rng\.(hpp|cpp)$"),
    (("regex",), r"\bstd::w?regex\b", "a hand-written parser", r"^$"),
    (("endl",), r"\bstd::endl\b", "'\\n'", r"^$"),
    (("dynamic_",), r"\bdynamic_(?:pointer_)?cast\b", "a variant or a virtual function",
     r"^tests/consumer/boundary\.cpp$"),
    (("thread_local",), r"\bthread_local\b", "a member of Worker",
     r"^include/outrigger/core/frame_pool\.hpp$|(^|/)metrics/\w*cell\w*\.(hpp|cpp)$|^logging/thread_facts\.cpp$|"
     r"^middleware/http_observer\.cpp$|^include/outrigger/middleware/httplib_hooks\.hpp$"),
    (("getenv",), r"\b(?:secure_)?getenv\(", "the configuration (sidecar/config)",
     r"^(sidecar/config|tests|bench|examples)/"),
    (("print", "puts(", "putchar(", "cout", "stdout"),
     r"(?<![\w.>])(?:std::)?v?(?:printf|puts|putchar)\(|\bstd::w?cout\b|\bstd::print(?:ln)?\(|"
     r"\bf(?:printf|puts|putc|write)\([^;]*\bstdout\b",
     "the log writer (only main, the commands and the demo print)",
     r"^(sidecar/(main|commands|demo_command|drain_command|spool_command)\.cpp$|sidecar/demo/|tests/|bench/|examples/)"),
]
# As BANNED, but only in the room of the policies: they are given `now` and chance. The pipeline drives them.
BANNED.append((
    ("SystemClock", "SystemBlockingClock", "system_blocking_clock", "from_system", "_clock", "random>", "thread>", "ctime>",
     "stream>", "filesystem>"),
    r"\bSystem(?:Blocking)?Clock\b|\bfrom_system\b|\b(?:steady|system|high_resolution|utc|file)_clock\b|"
    r"#\s*include\s*<(?:outrigger/core/system_blocking_clock\.hpp|random|thread|ctime|fstream|filesystem|iostream)>",
    "'now' and 'rng' from whoever asks the policy",
    r"^(?!(?:include/outrigger/)?resilience/)|^include/outrigger/resilience/pipeline\.hpp$"))
# Globals that change, and why they may: (path, name) -> reason.
MUTABLE_GLOBALS = {
    ("metrics/thread_cells.cpp", "slots"): "which thread counts in which cells: threads belong to the process",
    ("middleware/caught_signals.cpp", "handler_pipe"): "a signal's handler can be given nothing: signals are the process's",
    ("middleware/caught_signals.cpp", "handlers_inside"): "so that nobody closes the pipe while a handler writes to it",
}
UNFINISHED = ("FIX" "ME", "TO" "DO")                           # in code and comments
FORBIDDEN_WORDS = ("/wo" "rk/", "/ro" "ot/", ".b-" "seed-")    # in any text: what only one machine knows

# ---- Names
ROOMS_FORBIDDEN = {"util", "utils", "common", "misc", "helper", "helpers", "base", "shared"}
EMPTY_TYPE_NAME = (r"\b(?:class|struct)\s+(?:\[\[\w+\]\]\s*)?"
                   r"(\w*(?:Manager|Helper|Utils?|Impl|Handler|Base))\b(?=[^;(){}<>]*\{)")

# ---- Homes: every file lies in one of these places.
_LIBRARY_ROOM = "(?:" + "|".join(room for room in DOORS if room != "sidecar") + ")"
_SIDECAR_ROOM = "(?:" + "|".join(sorted(SIDECAR_DOORS)) + ")"
HOMES = [
    r"(CMakeLists\.txt|CMakePresets\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE)",
    r"\.(clang-format|clang-tidy|gitignore|gitattributes)",
    r"\.ci/run",
    r"cmake/\w+\.cmake(\.in)?|cmake/\w+\.(pc|map)\.in",
    UMBRELLA,
    rf"include/outrigger/{_LIBRARY_ROOM}/([\w-]+/)*\w+\.hpp",
    rf"{_LIBRARY_ROOM}/(CMakeLists\.txt|([\w-]+/)*\w+\.(hpp|cpp))",
    rf"sidecar/(CMakeLists\.txt|main\.cpp|{COMPOSITION_ROOT})",
    rf"sidecar/{_SIDECAR_ROOM}/(CMakeLists\.txt|([\w-]+/)*\w+\.(hpp|cpp))",
    r"sidecar/admin/dashboard/.+",
    r"tests/CMakeLists\.txt",
    r"tests/unit/CMakeLists\.txt|tests/unit/sidecar/(CMakeLists\.txt|\w+\.(hpp|cpp))",
    rf"tests/unit/({_LIBRARY_ROOM}|sidecar/{_SIDECAR_ROOM})/([\w-]+/)*(CMakeLists\.txt|\w+\.(hpp|cpp))",
    r"tests/(scenario|sim|system|conformance|fuzz|consumer|headers|reference|tools)/.+",
    r"bench/(CMakeLists\.txt|README\.md|(micro|load)/.+)",
    r"deploy/(README\.md|(kubernetes|grafana|prometheus|elastic|docker|systemd|debian)/.+)",
    r"examples/.+",
    r"docs/([\w-]+\.(md|svg)|outrigger\.1)|docs/decisions/\d{4}-[\w-]+\.md|docs/reference/[\w.-]+\.(md|json)",
    r"tools/[\w-]+\.(py|mjs|json)",
    r"scripts/(setup|demo|test|bench|package)",
]
BLOB_MAX = 256 * 1024

# ---- Mirror tests: a .cpp below a room without tests/unit/<same path>_test.cpp, and why.
NO_MIRROR = {
    "sidecar/main.cpp": "parses the command line and calls one function: tests/system runs the program",
    "sidecar/sidecar.cpp": "only wires: tests/system runs the program",
    "sidecar/outbounds.cpp": "only wires: tests/system runs the program",
    "sidecar/listening.cpp": "tests/system runs the program on ports that are taken",
    "sidecar/logs.cpp": "only wires: tests/system runs the program",
    "sidecar/worker.cpp": "only wires: tests/system runs the program",
    "sidecar/commands.cpp": "tests/system runs every command",
    "sidecar/demo_command.cpp": "tests/system runs the demo",
    "sidecar/admin_address.cpp": "tests/system runs the commands that ask a running sidecar",
    "sidecar/drain_command.cpp": "tests/system runs the command",
    "sidecar/spool_command.cpp": "tests/system runs the command",
    "sidecar/libraries/libcurl.cpp": "is the program's libcurl: tests/system runs all that uses it",
    "sidecar/libraries/libpq.cpp": "is the program's libpq: tests/system runs all that uses it",
    "sidecar/signals.cpp": "belongs to a whole process: tests/system sends the signals",
}

# ---- Sizes are notes; only CONDUCT is an error: one function shows the whole request.
LINES_MAX, FUNCTION_MAX, COLUMNS_MAX = 400, 60, 110
CONDUCT = ("sidecar/proxy/conductor.cpp", "conduct", 60)

SPDX = "SPDX-License-Identifier: Apache-2.0"
