#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What packages_test.py does inside a bare Debian, as root: installs the packages that lie in /srv, uses and removes them.
#
# Usage: on_debian.sh COMPONENT ...     those that need no third-party library
set -eu
cd /srv
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

mount -t proc proc /proc
apt-get install -y -q --no-install-recommends ./*.deb

echo "== the program"
outrigger --version
outrigger check -c /etc/outrigger/outrigger.yaml
outrigger demo --duration 5s
test -s /usr/share/man/man1/outrigger.1.gz || grep -rqs 'path-exclude.*man' /etc/dpkg/dpkg.cfg.d

echo "== its consumers"
for component in "$@"; do
    g++ -std=c++20 "consumer/$component.cpp" -o "plain_$component" $(pkg-config --cflags --libs "outrigger-$component")
    "./plain_$component"
done
cmake -S consumer/find_package -B built "-DCOMPONENTS=metrics;middleware;health_drivers"
cmake --build built
built/metrics >/dev/null
built/middleware >/dev/null
built/health_drivers

echo "== removal"
apt-get purge -y -q outrigger liboutrigger-dev 'liboutrigger0.*'
test ! -e /etc/outrigger
test ! -e /usr/bin/outrigger
test -z "$(find /usr -name '*outrigger*')"
echo "every step has passed"
