#!/bin/sh
# Runs selvedge and other engines on one work, one after the other, and prints
# one table:
#
#	bench/peers/run.sh [CONTACTS ROWS RUNS [FOLDER]]
#
# It needs node, npm and PostgreSQL. The folder keeps what is made; without it,
# a folder in the user's cache.
set -eu
contacts=${1:-20000000} rows=${2:-5000000} runs=${3:-5}
here=$(cd "$(dirname "$0")" && pwd)
cache=${4:-${XDG_CACHE_HOME:-$HOME/.cache}/selvedge-bench}
work="$cache/export-$rows-of-$contacts"
mkdir -p "$cache"
cd "$here"
npm install --no-audit --no-fund >"$cache/npm.log" 2>&1
cd ../..
GOEXPERIMENT=simd go build -o "$cache/selvedge" ./cmd/selvedge
go build -o "$cache/gomap" ./bench/peers/gomap
"$cache/selvedge" bench match --contacts "$contacts" --rows "$rows" --export "$work"
{
	"$cache/selvedge" bench match --contacts "$contacts" --rows "$rows" --runs "$runs" --dir "$cache" --json
	for peer in duckdb clickhouse postgres sortjoin; do
		node "$here/$peer.mjs" "$work" "$runs"
	done
	"$cache/gomap" "$work" "$runs"
} >"$cache/lines"
node "$here/table.mjs" "$(cat "$work/expected.txt")" <"$cache/lines"
