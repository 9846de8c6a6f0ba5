#!/bin/sh
# Sees to what the tests need beside Go and make: a C compiler and the headers
# of the C library, for the race detector. Installs them where it may, and says
# what to run where it may not.
set -eu

compiles() {
	# CC may hold flags, so it is split.
	# shellcheck disable=SC2046
	printf '#include <stdlib.h>\nint main(void) { return 0; }\n' |
		${CC:-$(go env CC)} -x c -o /dev/null - 2>/dev/null
}

compiles && exit 0

install='apt-get install -y --no-install-recommends gcc libc6-dev'
if ! command -v apt-get >/dev/null; then
	echo 'need: a C compiler for the race detector; install gcc and the headers of the C library' >&2
	exit 1
elif [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo='sudo -n'
else
	echo "need: a C compiler for the race detector; run: sudo apt-get update && sudo $install" >&2
	exit 1
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive $install

if ! compiles; then
	echo 'need: gcc is installed and still does not compile' >&2
	exit 1
fi
