#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy.py's own tests: for each rule a small tree that breaks it, and its clean twin."""
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
import house
import tidy

LICENSED_CPP = f"// {house.SPDX}\n"


class TidyTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def errors_of(self, files: dict) -> list[str]:
        """The errors of exactly these files."""
        with tempfile.TemporaryDirectory() as folder:
            write(folder, files)
            return tidy.check(folder).errors

    def texts_of(self, files: dict) -> list[str]:
        return [error.split(": error: ")[1] for error in self.errors_of(files)]

    def errors_in(self, path: str, body: str) -> list[str]:
        """The errors of one C++ file that is licensed, built, included and tested as it should be."""
        return self.errors_of(furnished({path: body}))

    def refuse(self, path: str, body: str, *parts: str):
        """Exactly one error, about this file, that says all parts."""
        errors = self.errors_in(path, body)
        self.assertEqual(len(errors), 1, f"{body}: {errors}")
        self.assertRegex(errors[0], rf"^{path}:\d+: error: ")
        for part in parts:
            self.assertIn(part, errors[0])

    def accept(self, path: str, body: str):
        self.assertEqual(self.errors_in(path, body), [], body)

    # ---- Doors

    def test_a_library_room_includes_only_what_its_door_allows(self):
        self.refuse("metrics/page.cpp", "#include <outrigger/health/registry.hpp>\n",
                    "metrics may not include health")
        self.refuse("core/task.cpp", '#include "metrics/cell.hpp"\n', "core may not include metrics")
        self.refuse("include/outrigger/resilience/retry.hpp", "#include <outrigger/logging/logger.hpp>\n",
                    "resilience may not include logging")
        self.accept("metrics/page.cpp", "#include <outrigger/core/clock.hpp>\n")
        self.accept("logging/logger.cpp", "#include <outrigger/resilience/retry.hpp>\n")

    def test_nothing_includes_the_sidecar(self):
        self.refuse("middleware/emit.cpp", '#include "sidecar/net/loop.hpp"\n',
                    "middleware may not include sidecar")
        self.accept("sidecar/proxy/attempt.cpp", "#include <outrigger/middleware/emit.hpp>\n")

    def test_the_line_of_the_include_is_named(self):
        errors = self.errors_in("core/a.cpp", "\n/* #include <outrigger/health/x.hpp> */\n"
                                              "#include <outrigger/health/y.hpp>\n")
        self.assertEqual([error.split(" ")[0] for error in errors], ["core/a.cpp:4:"])

    def test_doors_inside_the_sidecar_lead_downwards(self):
        self.refuse("sidecar/net/loop.cpp", '#include "sidecar/http1/parser.hpp"\n',
                    "sidecar/net may not include sidecar/http1")
        self.refuse("sidecar/proxy/conductor.hpp", '#include "sidecar/ingress/listener.hpp"\n',
                    "sidecar/proxy may not include sidecar/ingress")
        self.refuse("sidecar/demo/shop.cpp", '#include "sidecar/admin/pages.hpp"\n',
                    "sidecar/demo may not include sidecar/admin")
        self.refuse("sidecar/ingress/listener.cpp", '#include "sidecar/sidecar.hpp"\n', "composition root")
        for room in ("ingress", "proxy", "route", "upstream", "http1", "http2", "net", "config"):
            self.accept("sidecar/admin/pages.cpp", f'#include "sidecar/{room}/thing.hpp"\n')
        self.accept("sidecar/sidecar.cpp", '#include "sidecar/demo/shop.hpp"\n'
                                           '#include "sidecar/net/loop.hpp"\n')

    def test_a_relative_include_does_not_slip_past_the_doors(self):
        files = furnished({"sidecar/net/loop.cpp": '#include "../http1/parser.hpp"\n',
                           "sidecar/http1/parser.hpp": ""})
        errors = self.errors_of(files)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("sidecar/net may not include sidecar/http1", errors[0])

    def test_config_is_a_leaf_that_net_and_the_codecs_do_not_know(self):
        include = '#include "sidecar/config/settings.hpp"\n'
        for room in ("net", "http1", "http2"):
            self.refuse(f"sidecar/{room}/thing.cpp", include,
                        f"sidecar/{room} may not include sidecar/config")
        for room in ("route", "upstream", "stream", "proxy", "ingress", "admin", "intake", "demo"):
            self.accept(f"sidecar/{room}/thing.cpp", include)
        self.refuse("sidecar/config/load.cpp", '#include "sidecar/net/address.hpp"\n',
                    "sidecar/config may not include sidecar/net")

    def test_main_includes_only_the_composition_root_and_the_configuration(self):
        self.refuse("sidecar/main.cpp", '#include "sidecar/demo/shop.hpp"\n', "main.cpp may include")
        self.refuse("sidecar/main.cpp", "#include <outrigger/metrics/registry.hpp>\n",
                    "main.cpp may include")
        self.accept("sidecar/main.cpp", '#include "sidecar/sidecar.hpp"\n#include "sidecar/config/load.hpp"\n'
                                        "#include <outrigger/core/result.hpp>\n#include <CLI/CLI.hpp>\n")

    def test_a_public_header_includes_only_public_headers(self):
        self.refuse("include/outrigger/metrics/counter.hpp", '#include "metrics/cell.hpp"\n',
                    "only public headers")
        self.accept("include/outrigger/metrics/counter.hpp", "#include <outrigger/metrics/labels.hpp>\n")

    def test_users_see_only_the_public_headers(self):
        self.refuse("examples/shop.cpp", '#include "sidecar/net/loop.hpp"\n', "only the public headers")
        self.accept("examples/shop.cpp", "#include <outrigger/outrigger.hpp>\n")

    def test_no_room_includes_everything(self):
        self.refuse("health/registry.cpp", "#include <outrigger/outrigger.hpp>\n", "includes what it needs")
        self.refuse("health/registry.cpp", "#include <outrigger/core.hpp>\n", "includes what it needs")

    # ---- Third party

    def test_third_party_headers_stay_where_they_belong(self):
        for header, home, elsewhere in (
                ("yaml-cpp/yaml.h", "sidecar/config/load.cpp", "sidecar/admin/pages.cpp"),
                ("nlohmann/json.hpp", "sidecar/admin/pages.cpp", "logging/record.cpp"),
                ("httplib.h", "sidecar/demo/shop.cpp", "sidecar/admin/pages.cpp"),
                ("CLI/CLI.hpp", "sidecar/main.cpp", "sidecar/sidecar.cpp"),
                ("prometheus/registry.h", "metrics/bridge.cpp", "sidecar/admin/pages.cpp"),
                ("curl/curl.h", "logging/shipping/sender.cpp", "sidecar/upstream/pool.cpp"),
                ("gtest/gtest.h", "tests/unit/core/more_test.cpp", "metrics/page.cpp")):
            self.accept(home, f"#include <{header}>\n")
            self.refuse(elsewhere, f"#include <{header}>\n", "does not belong here")

    def test_an_unknown_dependency_is_refused_everywhere(self):
        self.refuse("sidecar/net/loop.cpp", "#include <poco/net.h>\n", "declare the dependency")
        self.refuse("tests/unit/core/more_test.cpp", "#include <catch2/catch.hpp>\n",
                    "declare the dependency")
        self.accept("sidecar/net/loop.cpp", "#include <sys/epoll.h>\n#include <unistd.h>\n"
                                            "#include <vector>\n")

    def test_core_and_resilience_use_the_standard_library_alone(self):
        self.refuse("core/clock.cpp", "#include <time.h>\n", "core uses only the standard library")
        self.refuse("include/outrigger/resilience/retry.hpp", "#include <curl/curl.h>\n",
                    "only the standard library")
        self.accept("core/clock.cpp", "#include <chrono>\n#include <outrigger/core/units.hpp>\n")

    def test_heavy_headers_stay_out_of_headers(self):
        self.refuse("sidecar/config/load.hpp", "#include <yaml-cpp/yaml.h>\n", "is heavy")
        self.refuse("sidecar/demo/shop.hpp", "#include <httplib.h>\n", "is heavy")
        self.refuse("include/outrigger/middleware/push.hpp", "#include <httplib.h>\n", "does not belong here")
        self.accept("include/outrigger/middleware/httplib.hpp", "#include <httplib.h>\n")
        self.accept("sidecar/config/load.cpp", "#include <yaml-cpp/yaml.h>\n")

    def test_the_codecs_and_the_proxy_see_no_socket(self):
        self.refuse("sidecar/http1/parser.cpp", "#include <sys/socket.h>\n", "never sees a socket")
        self.refuse("sidecar/proxy/attempt.cpp", "#include <sys/epoll.h>\n", "never sees a socket")
        self.accept("sidecar/net/tcp.cpp", "#include <sys/socket.h>\n")

    # ---- Banned calls

    def test_banned_calls_are_found_and_their_replacement_is_named(self):
        for call, instead in (
                ("auto now = std::chrono::steady_clock::now();", "outrigger::Clock"),
                ("auto now = std::chrono::system_clock::now();", "outrigger::Clock"),
                ("clock_gettime(CLOCK_MONOTONIC, &spec);", "outrigger::Clock"),
                ("auto t = std::time(nullptr);", "outrigger::Clock"),
                ("std::this_thread::sleep_for(1s);", "timer.after"),
                ("::usleep(10);", "timer.after"),
                ("std::random_device device;", "outrigger::Rng"),
                ("int r = rand();", "outrigger::Rng"),
                ("std::regex words{\"a\"};", "hand-written parser"),
                ("out << std::endl;", "'\\n'"),
                ("auto* d = dynamic_cast<Derived*>(base);", "variant"),
                ("thread_local int depth = 0;", "Worker"),
                ("const char* home = std::getenv(\"HOME\");", "sidecar/config"),
                ("printf(\"hello\");", "log writer"),
                ("std::cout << 1;", "log writer"),
                ("std::fputs(\"hello\", stdout);", "log writer")):
            self.refuse("health/check.cpp", f"void run() {{\n    {call}\n}}\n", " is banned, use ", instead)

    def test_comments_strings_and_neighbouring_words_are_not_calls(self):
        self.accept("health/check.cpp", '''
// std::endl and dynamic_cast are banned; printf("x") too
/* std::regex
   rand() */
const char* const text = "std::random_device \\" printf(";
const char* const raw = R"x(thread_local "getenv(" )x";
const int million = 1'000'000;
int run(Operand operand) {
    std::snprintf(nullptr, 0, "x");
    std::fprintf(stderr, "x");
    timer.rand(1);
    return operand(million) + 'x' + strand(1);
}
''')

    def test_a_call_after_a_digit_separator_or_a_quote_is_still_seen(self):
        self.refuse("health/check.cpp", "const int a = 1'000;\nconst char q = '\"';\n"
                                        "void f() { std::regex r; }\n", "std::regex")

    def test_the_places_that_exist_for_a_call_may_use_it(self):
        self.accept("include/outrigger/core/clock.hpp",
                    "inline auto now() { return std::chrono::steady_clock::now(); }\n")
        self.accept("include/outrigger/core/frame_pool.hpp", "inline thread_local int frames = 0;\n")
        self.accept("sidecar/config/environment.cpp",
                    'auto value(const char* n) { return std::getenv(n); }\n')
        self.accept("sidecar/main.cpp", 'int main() { std::puts("x"); }\n')

    def test_policies_name_no_clock_and_no_chance_of_their_own(self):
        for line in ("void f(SystemClock& clock);", "void f(SystemBlockingClock& clock);",
                     "void f(Rng rng = Rng::from_system());",
                     "using Clock = std::chrono::steady_clock;", "#include <random>", "#include <thread>",
                     "#include <outrigger/core/system_blocking_clock.hpp>"):
            for path in ("include/outrigger/resilience/breaker.hpp", "resilience/breaker.cpp"):
                self.refuse(path, f"{line}\n", " is banned, use 'now' and 'rng'")
            self.accept("include/outrigger/resilience/pipeline.hpp", f"{line}\n")
            self.accept("metrics/page.cpp", f"{line}\n")
        self.accept("resilience/breaker.cpp", "#include <chrono>\n#include <mutex>\nInstant from(Instant now);\n")

    def test_unfinished_work_is_refused(self):
        for word in ("FIX" + "ME", "TO" + "DO"):
            self.refuse("core/a.cpp", f"// {word}: later\n", "finish it")
        self.accept("core/a.cpp", "// The method is finished.\n")

    # ---- Mutable globals

    def test_mutable_globals_are_refused(self):
        for body in ("int count = 0;", "std::atomic<int> count{0};", "namespace a { std::vector<int> list; }",
                     "static int count;", "inline std::map<int, int> table = {};",
                     "const char* name = nullptr;",
                     "void f() { static int calls = 0; }", "void f() { static std::function<void(int)> g; }",
                     "struct A { static int count; };", "struct A { inline static int count = 0; };",
                     "template <class T> int slot = 0;", "Registry& registry = make();",
                     "namespace { bool ready{false}; }", "void f() { static const char* last = nullptr; }"):
            self.refuse("metrics/x.cpp", f"{body}\n", "mutable global")

    def test_constants_functions_and_types_are_no_mutable_globals(self):
        self.accept("metrics/x.cpp", '''
namespace outrigger::metrics {
namespace {
constexpr int limit = 3;
inline constexpr std::array<int, 2> pair{1, 2};
const std::string name = "x";
const char* const word = "x";
static constexpr auto twice = [](int x) { return 2 * x; };
using Table = std::map<int, int>;
enum class Kind : int { a, b };
struct Point;
template <class T> concept Small = requires(T t) { t.size(); };
template <class T> inline constexpr bool fits = sizeof(T) < 8;
}  // namespace
struct Point {
    int x = 0;
    std::vector<int> list;
    static Point origin(int x = 0, std::vector<int> list = {}) { return {x, list}; }
    static constexpr int dimensions = 2;
    Point& operator=(const Point&) = default;
    explicit Point(int x) : x{x}, list(1) {}
private:
    static int count(int from);
};
extern template class std::vector<int>;
template class std::vector<Point>;
static_assert(sizeof(int) == 4);
static int local(int x);
auto f(int x) -> int;
Task<std::vector<int>> g(Options options = {}) {
    static const std::string cached = "x";
    static constexpr int steps[] = {1, 2};
    int local = 0;
    for (int i = 0; i < 3; ++i) { local += i; }
    co_return {};
}
[[nodiscard]] bool operator==(const Point& a, const Point& b) { return a.x == b.x; }
}  // namespace outrigger::metrics
''')

    def test_tests_may_count_in_globals(self):
        self.accept("tests/unit/core/more_test.cpp", "int allocations = 0;\n")

    # ---- Names and words

    def test_rooms_that_say_nothing_are_refused(self):
        errors = self.errors_in("metrics/utils/split.cpp", "")
        self.assertTrue(any("'utils' says nothing" in error for error in errors), errors)
        self.accept("metrics/text/split.cpp", "")

    def test_types_that_say_nothing_are_refused(self):
        self.refuse("metrics/x.cpp", "class PoolManager {};\n", "'PoolManager'")
        self.refuse("metrics/x.cpp", "struct CheckBase final : Other {};\n", "'CheckBase'")
        self.accept("metrics/x.cpp", "class Pool {};\nvoid set(httplib::Handler handler);\n")

    def test_words_of_one_machine_are_refused_in_any_text(self):
        for word in ("/wo" + "rk/main", "/ro" + "ot/x", ".b-" + "seed-1"):
            errors = self.errors_of({"README.md": f"line\nsee {word} there\n"})
            self.assertEqual(len(errors), 1, errors)
            self.assertTrue(errors[0].startswith("README.md:2: error:"), errors)
        self.assertEqual(self.errors_of({"README.md": "see docs/work/list and tree/root/x\n"}), [])

    # ---- First lines

    def test_every_source_names_its_license_first(self):
        for path, start in (("tools/x.py", "#"), ("tools/y.mjs", "//"), ("cmake/Rules.cmake", "#"),
                            ("tests/CMakeLists.txt", "#"), ("examples/x.cpp", "//"),
                            ("scripts/setup", "#!/usr/bin/env bash\n#")):
            self.assertEqual(self.errors_of({path: f"{start} {house.SPDX}\n"}), [], path)
            errors = self.errors_of({path: f"{start} text\n" + f"{start} {house.SPDX}\n"})
            self.assertEqual(len(errors), 1, errors)
            self.assertIn(house.SPDX, errors[0])

    def test_every_header_is_read_once(self):
        files = furnished({"include/outrigger/core/a.hpp": ""})
        self.assertEqual(self.errors_of(files), [])
        files["include/outrigger/core/a.hpp"] = LICENSED_CPP + "// #pragma once\n"
        self.assertEqual(self.texts_of(files), ["header without #pragma once"])

    # ---- Homes

    def test_no_file_without_a_home(self):
        for path in ("notes.txt", "src/a.md", "docs/decisions/first.md", "deploy/heroku/app.yaml",
                     "tests/new/a.yaml", "core/data.bin", "sidecar/extra/CMakeLists.txt", "scripts/release",
                     "include/outrigger/sidecar/x.hpp"):
            errors = self.errors_of(furnished({path: ""}))
            self.assertTrue(any("has no home" in error for error in errors), f"{path}: {errors}")
        for path in ("README.md", "docs/life-of-a-request.md", "docs/decisions/0001-event-loop.md", ".ci/run",
                     "tests/scenario/config/bad/a.yaml", "deploy/kubernetes/pod.yaml", ".gitignore",
                     "tests/fuzz/corpus/head/seed1", "docs/reference/configuration.md"):
            self.assertEqual(self.errors_of(furnished({path: ""})), [], path)

    def test_large_blobs_are_refused(self):
        self.assertEqual(self.errors_of({"tests/fuzz/corpus/x/seed": b"\0" * (256 * 1024)}), [])
        errors = self.errors_of({"tests/fuzz/corpus/x/seed": b"\0" * (256 * 1024 + 1)})
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("256 KiB is the most", errors[0])

    def test_git_decides_which_files_count(self):
        write(self.root, {"README.md": "x\n", ".gitignore": "ignored.txt\n", "ignored.txt": "x",
                          "stray.txt": "x", "gone.txt": "x"})
        for command in (["init", "-q"], ["add", "README.md", "gone.txt"]):
            subprocess.run(["git", "-C", str(self.root), *command], check=True, capture_output=True)
        (self.root / "gone.txt").unlink()
        self.assertEqual([error.split(":")[0] for error in tidy.check(self.root).errors], ["stray.txt"])

    # ---- Built, included, tested

    def test_every_cpp_in_a_room_is_built(self):
        files = furnished({"metrics/page.cpp": ""})
        self.assertEqual(self.errors_of(files), [])
        files["metrics/CMakeLists.txt"] = f"# {house.SPDX}\n# page.cpp\nadd_library(x other/page.cpp)\n"
        errors = self.errors_of(files)
        self.assertEqual([error.split(": error: ")[0] for error in errors], ["metrics/page.cpp:1"])
        self.assertIn("no CMakeLists.txt names this file", errors[0])

    def test_a_namesake_in_another_room_does_not_count_as_built(self):
        files = furnished({"metrics/page.cpp": "", "health/page.cpp": ""})
        del files["health/CMakeLists.txt"]
        self.assertEqual([error.split(":")[0] for error in self.errors_of(files)], ["health/page.cpp"])

    def test_a_glob_names_the_files_beside_it(self):
        files = furnished({"tests/unit/core/a_test.cpp": "", "tests/unit/core/b_test.cpp": "",
                           "tests/unit/core/more/c_test.cpp": "", "tests/unit/core/d.cpp": ""})
        files["tests/CMakeLists.txt"] = f"# {house.SPDX}\n"
        files["tests/unit/core/CMakeLists.txt"] = f"# {house.SPDX}\nfile(GLOB sources *_test.cpp)\n"
        self.assertEqual([error.split(":")[0] for error in self.errors_of(files)],
                         ["tests/unit/core/d.cpp", "tests/unit/core/more/c_test.cpp"])

    def test_every_header_is_included(self):
        files = furnished({"sidecar/net/loop.hpp": ""})
        self.assertEqual(self.errors_of(files), [])
        del files["tests/unit/core/every_header_test.cpp"]
        self.assertEqual(self.texts_of(files), ["no file includes this header"])

    def test_every_cpp_in_a_room_has_its_test(self):
        files = furnished({"sidecar/net/loop.cpp": ""})
        self.assertEqual(self.errors_of(files), [])
        del files["tests/unit/sidecar/net/loop_test.cpp"]
        self.assertEqual(self.texts_of(files), ["no tests/unit/sidecar/net/loop_test.cpp"])

    def test_the_aspects_of_a_cpp_may_each_have_a_test(self):
        files = furnished({"metrics/page.cpp": "", "tests/unit/metrics/page_labels_test.cpp": ""})
        del files["tests/unit/metrics/page_test.cpp"]
        self.assertEqual(self.errors_of(files), [])
        files = furnished({"metrics/page.cpp": "", "tests/unit/metrics/pages_test.cpp": ""})
        del files["tests/unit/metrics/page_test.cpp"]
        self.assertEqual(self.texts_of(files), ["no tests/unit/metrics/page_test.cpp"])

    # ---- Sizes

    def test_conduct_stays_short(self):
        def conduct(lines):
            body = "    step();\n" * lines
            head = "Task<Reply> conduct(Exchange& exchange, Limits limits = {})"
            return f"namespace outrigger::proxy {{\n{head} {{\n{body}}}\n}}\n"
        self.accept("sidecar/proxy/conductor.cpp", conduct(60))
        self.refuse("sidecar/proxy/conductor.cpp", conduct(61), "conduct() has 61 lines")
        self.refuse("sidecar/proxy/conductor.cpp", "void other() {}\n", "no conduct() here")

    def test_other_sizes_are_only_notes(self):
        long_function = "void step() {\n" + "    go();\n" * 61 + "}\n"
        wide_line, long_file = "//" + "x" * 109 + "\n", "\n" * 400
        write(self.root, furnished({"metrics/a.cpp": long_function, "metrics/b.cpp": wide_line,
                                    "metrics/c.cpp": long_file}))
        tree = tidy.check(self.root)
        self.assertEqual(tree.errors, [])
        notes = "\n".join(tree.notes)
        for part in ("metrics/a.cpp:2: note: step() has 61 lines", "metrics/b.cpp:2: note: 1 lines wider",
                     "metrics/c.cpp:400: note: 401 lines"):
            self.assertIn(part, notes)

    # ---- The program

    def run_tidy(self, *arguments):
        command = [sys.executable, str(TOOLS / "tidy.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    def test_the_exit_code_says_whether_the_house_is_tidy(self):
        write(self.root, {"README.md": "x\n"})
        self.assertEqual(self.run_tidy(str(self.root)).returncode, 0)
        write(self.root, {"stray.txt": "x\n"})
        result = self.run_tidy(str(self.root))
        self.assertEqual(result.returncode, 1)
        self.assertIn("stray.txt:1: error: has no home", result.stdout)
        self.assertEqual(self.run_tidy(str(self.root / "missing")).returncode, 2)

    def test_a_house_of_30000_lines_takes_less_than_a_second_and_a_half(self):
        function = ("// A comment.\nint step(const std::map<int, int>& map, int x) {\n"
                    "    return map.at(x) + \"text\"[0];\n}\n\n")
        write(self.root, furnished({f"metrics/part{number}.cpp": function * 40 for number in range(150)}))
        start = time.process_time()
        self.assertEqual(tidy.check(self.root).errors, [])
        self.assertLess(time.process_time() - start, 1.5)


def write(folder, files: dict):
    for path, text in files.items():
        target = pathlib.Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())


def furnished(files: dict) -> dict:
    """The files with what the other rules want: license, CMake entry, mirror test, an includer."""
    tree, headers = {}, []
    for path, body in files.items():
        if path.endswith(".hpp"):
            headers.append(path.removeprefix("include/"))
            tree[path] = LICENSED_CPP + "#pragma once\n" + body
        elif path.endswith(".cpp"):
            tree[path] = LICENSED_CPP + body
            if tidy.room_of(path) and path not in house.NO_MIRROR:
                tree[f"tests/unit/{path[:-4]}_test.cpp"] = LICENSED_CPP
        elif path.endswith("CMakeLists.txt"):
            tree[path] = f"# {house.SPDX}\n"
        else:
            tree[path] = body
    if headers:
        includes = "".join(f'#include "{path}"\n' for path in headers)
        tree["tests/unit/core/every_header_test.cpp"] = LICENSED_CPP + includes
    for path in [path for path in tree if path.endswith(".cpp")]:
        if tidy.room_of(path):
            lists = f"{path.split('/')[0]}/CMakeLists.txt"
        elif path.startswith("tests/"):
            lists = "tests/CMakeLists.txt"
        else:
            continue
        tree.setdefault(lists, f"# {house.SPDX}\n")
        tree[lists] += path.removeprefix(lists.removesuffix("CMakeLists.txt")) + "\n"
    return tree


if __name__ == "__main__":
    unittest.main()
