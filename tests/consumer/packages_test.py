#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages that scripts/package makes: the shared libraries in them, and an installation on a bare Debian.

OUTRIGGER_MIRROR is where that comes from; it is of this machine's release, as the packages are."""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from installed import BARE, FOLDER, NO_THIRD_PARTY, ROOT, SAYS, ConsumerCase, must, requirements, run   # noqa: E402

FILE_SECONDS = 1750                      # building takes most of it, where ccache does not help
BUILD_SECONDS, DEBIAN_SECONDS = 900, 600
MIRROR = os.environ.get("OUTRIGGER_MIRROR", "http://deb.debian.org/debian")
# With mounts of its own, which end with it; so do all processes in it.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
PACKAGES = ROOT / "build" / "packages"
# What a shared library may show: namespace outrigger, outrigger_* and what the compiler makes of it.
OURS = re.compile(r"(typeinfo (name )?for |vtable for |VTT for |guard variable for |(non-)?virtual thunk to |"
                  r"TLS .* function for )?outrigger::|[\w:<>, *&()]+ outrigger::|outrigger_\w+@|OUTRIGGER_\d")


def setUpModule():
    environment = {**os.environ, "OUTRIGGER_NO_INSTALL": "1"}
    done = subprocess.run([ROOT / "scripts" / "package"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=BUILD_SECONDS, env=environment)
    if done.returncode:
        raise RuntimeError(f"scripts/package ended with {done.returncode}\n{done.stdout[-4000:]}")


class SharedTest(ConsumerCase):
    """Consumers of the shared libraries, unpacked into a folder."""
    @classmethod
    def install(cls, prefix):
        for package in PACKAGES.glob("*.deb"):
            must(["dpkg-deb", "-x", package, prefix.parent])
        cls.prefix = prefix.parent / "usr"
        cls.libraries_there = [path for path in cls.prefix.rglob("liboutrigger_*.so.*") if not path.is_symlink()]
        cls.environment = {"LD_LIBRARY_PATH": str(cls.libraries_there[0].parent)}

    def test_every_component_works_without_the_packages_inside(self):
        components = ["metrics", *sorted(set(SAYS) - {"metrics"})]
        folder = self.build("find_package", "shared", COMPONENTS=";".join(components), EXTRA="boundary", **NO_THIRD_PARTY)
        for component in SAYS:
            self.check(folder / component, component, **self.environment)
        self.crosses_the_boundary(folder / "boundary")
        ours = {"liboutrigger_resilience.so.0.1"}
        self.assertEqual(self.libraries(folder / "resilience"), ours)

    def crosses_the_boundary(self, program):
        said = must([program], env={**os.environ, **self.environment})
        self.assertIn("caught 1\ncast 1\n", said)
        self.assertIn("\nconstant 7\n", said)
        self.assertRegex(said, r"outrigger_scrape_source_errors_total\{[^}]*\} 1\n")

    def test_pkg_config_names_our_libraries_only(self):
        flags = self.pkg_config("--libs-only-l", "outrigger-middleware")
        self.assertEqual({flag for flag in flags if not flag.startswith("-loutrigger_")}, set())
        self.check(self.compile_with_pkg_config("middleware"), "middleware", **self.environment)

    def test_they_have_a_versioned_name_and_show_only_what_is_ours(self):
        self.assertGreaterEqual(len(self.libraries_there), len(SAYS))
        for library in self.libraries_there:
            self.assertRegex(must(["readelf", "-d", library]), rf"SONAME.*\[{library.name.rpartition('.')[0]}\]")
            shown = must(["nm", "-DC", "--defined-only", library]).splitlines()
            names = [re.sub(r"^\S* \S ", "", line) for line in shown]
            self.assertEqual([name for name in names if not OURS.match(name)], [])

    def test_the_program_holds_our_libraries(self):
        self.assertNotIn("outrigger", must(["ldd", self.prefix / "bin" / "outrigger"]))

    def test_the_program_s_package_names_the_libraries_that_are_loaded_later(self):
        (package,) = PACKAGES.glob("outrigger_*.deb")
        self.assertRegex(must(["dpkg-deb", "-f", package, "Depends"]), r"libcurl4 .*\blibpq5\b")

    def test_lintian_finds_nothing(self):
        if not shutil.which("lintian"):
            requirements.skip(self, "lintian is not installed")
        # Who answers for a package is known to who makes it (OUTRIGGER_CONTACT).
        contact = "bogus-mail-host,bogus-mail-host-in-debian-changelog"
        said, code = run(["lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", contact,
                          *PACKAGES.glob("*.deb")])
        self.assertEqual(code, 0, said)

    def test_systemd_understands_the_unit_and_finds_it_closed(self):
        if not shutil.which("systemd-analyze"):
            requirements.skip(self, "systemd-analyze is not installed")
        unit = self.prefix / "lib/systemd/system/outrigger.service"
        there = self.folder / "outrigger.service"
        there.write_text(unit.read_text().replace("/usr/bin/", f"{self.prefix}/bin/").replace("man:", "https://"))
        said, code = run(["systemd-analyze", "verify", there])
        self.assertEqual((code, said), (0, ""))
        said, code = run(["systemd-analyze", "security", "--offline=true", "--threshold=25", there])
        self.assertEqual(code, 0, said)


class DebianTest(unittest.TestCase):
    """A bare Debian that has nothing but what the packages depend on."""
    def setUp(self):
        for program in ("debootstrap", "chroot", "unshare"):
            if not shutil.which(program):
                requirements.skip(self, f"{program} is not installed")
        machine = platform.freedesktop_os_release()
        if machine["ID"] != "debian" or not machine.get("VERSION_CODENAME"):
            requirements.skip(self, f"the packages are for {machine['ID']}, not for a release of Debian")
        self.release = machine["VERSION_CODENAME"]
        if os.geteuid() != 0:
            requirements.skip(self, "only root may make a Debian of its own")
        try:
            urllib.request.urlopen(f"{MIRROR}/dists/{self.release}/Release", timeout=10).close()
        except (OSError, urllib.error.URLError) as error:
            requirements.skip(self, f"the mirror {MIRROR} is not reachable: {error}")
        if run([*APART, "true"])[1]:
            requirements.skip(self, "this machine lets nobody mount")

    def test_they_install_run_and_go(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        root = pathlib.Path(folder) / "root"
        settings = root / "etc/dpkg/dpkg.cfg.d"
        settings.mkdir(parents=True)
        (settings / "unsafe").write_text("force-unsafe-io\n")          # nobody misses it after a power cut
        must([*APART, "debootstrap", "--variant=minbase", "--include=g++,make,cmake,pkg-config", self.release, root,
              MIRROR], timeout=DEBIAN_SECONDS)
        for package in PACKAGES.glob("*.deb"):
            shutil.copy(package, root / "srv")
        shutil.copytree(FOLDER, root / "srv" / "consumer")
        said = must([*APART, "chroot", root, "/bin/sh", "/srv/consumer/on_debian.sh", *BARE], timeout=DEBIAN_SECONDS)
        print(said[-2000:], flush=True)
        self.assertIn("every step has passed", said)


if __name__ == "__main__":
    requirements.FILE_SECONDS = FILE_SECONDS
    requirements.main("cmake", "ninja", "pkg-config", "ldd", "nm", "readelf", "dpkg-deb", "dpkg-shlibdeps", "file",
                      outrigger=False)
