#!/bin/sh
# Checks format, and what vet and staticcheck find. The tools are pinned in
# tools/go.mod.
set -eu

unformatted=$(go tool -modfile=tools/go.mod gofumpt -l .)
if [ -n "$unformatted" ]; then
	echo 'lint: not formatted; run go tool -modfile=tools/go.mod gofumpt -w on' >&2
	echo "$unformatted" >&2
	exit 1
fi
go vet ./...
go tool -modfile=tools/go.mod staticcheck ./...
