#!/bin/sh
# Installs a package of Debian 12 in the version that was judged, and puts its program into $ENVIRONMENT/bin.
#
# sh docs/results/gateways/debian.sh haproxy 2.6.12 /usr/sbin/haproxy
#
# A package is installed only by root; nobody's services are started.
set -eu
package=$1 version=$2 program=$3

if ! [ -x "$program" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$program is missing: install $package $version of Debian 12"
    exit 1
  fi
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "$package"
fi
found=$(dpkg-query --show --showformat '${Version}' "$package")
case $found in
"$version"*) ;;
*)
  echo "$package is here in version $found, and the row is about $version"
  exit 1
  ;;
esac
mkdir -p "$ENVIRONMENT/bin"
ln -s "$program" "$ENVIRONMENT/bin/"
