#!/bin/sh
# Sees to what the tests need beside Go and make: a C compiler and the headers
# of the C library, for the race detector, and PostgreSQL. Installs them where
# it may, and says what to run where it may not.
set -eu

compiles() {
	# CC may hold flags, so it is split.
	# shellcheck disable=SC2046
	printf '#include <stdlib.h>\nint main(void) { return 0; }\n' |
		${CC:-$(go env CC)} -x c -o /dev/null - 2>/dev/null
}

# The tests start a server of their own; none need run on this machine.
has_postgres() {
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

packages=
compiles || packages='gcc libc6-dev'
has_postgres || packages="$packages postgresql"
[ -n "$packages" ] || exit 0

install="apt-get install -y --no-install-recommends $packages"
if ! command -v apt-get >/dev/null; then
	echo 'need: a C compiler with the headers of the C library, and PostgreSQL 15 or newer; install them' >&2
	exit 1
elif [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo='sudo -n'
else
	echo "need: $packages; run: sudo apt-get update && sudo $install" >&2
	exit 1
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive $install

compiles || { echo 'need: gcc is installed and still does not compile' >&2; exit 1; }
has_postgres || { echo 'need: PostgreSQL is installed and its programs are not found' >&2; exit 1; }
