#!/bin/sh
# Fuzzes every target of the module, one after the other:
#
#	scripts/fuzz.sh [SECONDS]
#
# A target whose seeds alone take that long gets more time, until it has tried
# inputs of its own. A failing input is left in the package's testdata/fuzz, to
# be committed with the fix.
set -eu
seconds=${1:-5}

# "go test -list" prints the targets of a package and then its name.
list=$(go test -list '^Fuzz' ./...) || {
	echo "$list"
	exit 1
}
targets=$(echo "$list" | awk '
	/^Fuzz/ { names = names " " $1 }
	/^ok/   { n = split(names, name, " "); for (i = 1; i <= n; i++) print $2, name[i]; names = "" }')
if [ -z "$targets" ]; then
	echo 'fuzz: there is no target' >&2
	exit 1
fi

# fuzz PACKAGE TARGET SECONDS leaves what was printed in $output.
fuzz() {
	output=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$3s" "$1" 2>&1 </dev/null) && return
	case $output in
	*'Failing input written'*) return 1 ;;
	*'context deadline exceeded'*) ;;
	*) return 1 ;;
	esac
	# Before Go 1.27, a target may be failed for running out of its time
	# (go.dev/issue/75804): without a failing input it gets one more try.
	output=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$3s" "$1" 2>&1 </dev/null)
}

while read -r package target; do
	for factor in 1 6 36; do
		if ! fuzz "$package" "$target" $((seconds * factor)); then
			echo "$output"
			echo "fuzz: FAIL $package $target" >&2
			exit 1
		fi
		tried=$(echo "$output" | grep -o 'execs: [1-9][0-9]*' | tail -n 1)
		[ -n "$tried" ] && break
	done
	if [ -z "$tried" ]; then
		echo "fuzz: FAIL $package $target: its seeds alone take too long; give it fewer" >&2
		exit 1
	fi
	echo "fuzz: ok $package $target, $tried"
done <<END
$targets
END
