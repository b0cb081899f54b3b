# SPDX-License-Identifier: Apache-2.0
"""What the tests of consumers share: an installed library, and programs that are built with it as a user would."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER.parent / "system"))
import requirements                                                          # noqa: E402

COMPILER = os.environ.get("OUTRIGGER_COMPILER", "c++")
STEP_SECONDS = 240
STANDARD = re.compile(r"(linux-vdso|ld-linux[\w-]*|libstdc\+\+|libgcc_s|libc|libm)\.so")

THIRD_PARTY = ("CURL", "PostgreSQL", "prometheus-cpp", "SQLite3", "ZLIB")     # as find_package names them
NO_THIRD_PARTY = {f"CMAKE_DISABLE_FIND_PACKAGE_{name}": "ON" for name in THIRD_PARTY}

# The components that have a program here, and what it must print: a pattern.
SAYS = {
    "resilience": r"Ada\n",
    "logging": r'\{"message":"hello"\}\n',
    "health": r'\{"status":"ok","info":\{"database":\{"responseTime":3,"status":"up"\}\}.*\n',
    "metrics": r'.*http_server_request_duration_seconds_count\{[^}]*http_route="/users/\{id\}"[^}]*\} 1\n.*'
               r'work_total 3\n.*',
    "shipping": r"16 characters\n.*shipped.*\n.+\n",
    "health_drivers": r".*gopher.*\n",
    "middleware": r'.*outrigger_attempts_total\{upstream="users",outcome="success"\} 1\n'
                  r'.*outrigger_circuit_state\{upstream="users",state="closed"\} 1\n.*outrigger_log_in_hand 0\n.*',
}
BARE = ("resilience", "logging", "health")        # without a third-party library


def run(command, timeout=STEP_SECONDS, **settings):
    """What was printed, and the exit code."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, **settings)
    return done.stdout, done.returncode


def must(command, **settings) -> str:
    said, code = run(command, **settings)
    if code:
        raise AssertionError(f"{' '.join(map(str, command))}: ended with {code}\n{said}")
    return said


def defines(**values) -> list[str]:
    return [f"-D{name}={value}" for name, value in values.items()]


class ConsumerCase(unittest.TestCase):
    """With a folder of its own, and an installed prefix: `install(into)` is given by whoever derives."""
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        cls.install(cls.prefix)

    @classmethod
    def install(cls, prefix: pathlib.Path):
        raise NotImplementedError

    def configure(self, project: str, name: str, **values):
        """Configures a project of this folder; what was said, and the exit code."""
        command = ["cmake", "-G", "Ninja", "-S", FOLDER / project, "-B", self.folder / name,
                   *defines(**{"CMAKE_CXX_COMPILER": COMPILER, "CMAKE_PREFIX_PATH": self.prefix,
                               "CMAKE_BUILD_TYPE": "None", **values})]
        return run(command)

    def build(self, project: str, name: str, **values) -> pathlib.Path:
        """Configures and builds; the folder with the programs."""
        said, code = self.configure(project, name, **values)
        self.assertEqual(code, 0, said)
        must(["cmake", "--build", self.folder / name])
        return self.folder / name

    def refused(self, name: str, **values) -> str:
        """What find_package says to a consumer that cannot have what it asks for, on one line."""
        said, code = self.configure("find_package", name, **values)
        self.assertNotEqual(code, 0, said)
        return " ".join(said.split())

    def libraries(self, program) -> set[str]:
        """All that the program loads besides what every C++ program does."""
        return {line.split()[0] for line in must(["ldd", program]).splitlines() if not STANDARD.search(line)}

    def check(self, program, component: str, **environment):
        said = must([program], env={**os.environ, **environment})
        self.assertTrue(re.fullmatch(SAYS[component], said, re.DOTALL), said)

    def pkg_config(self, *arguments) -> list[str]:
        found = sorted(str(file.parent) for file in self.prefix.rglob("outrigger-core.pc"))
        environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(found)}
        return must(["pkg-config", *arguments], env=environment).split()

    def compile_with_pkg_config(self, component: str) -> pathlib.Path:
        program = self.folder / f"pc_{component}"
        flags = self.pkg_config("--cflags", "--libs", f"outrigger-{component}")
        must([COMPILER, "-std=c++20", FOLDER / f"{component}.cpp", "-o", program, *flags])
        return program
