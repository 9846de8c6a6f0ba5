package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

const listFile = "internal/mutant/mutants.yaml"

func main() {
	os.Exit(run(".", os.Args[1:], os.Stdout))
}

// run tries the mutants of the module at root, all if no name is given, and
// returns the exit status: 0 if every one is red.
func run(root string, names []string, out io.Writer) int {
	mutants, err := readList(root)
	if err != nil {
		fmt.Fprintln(out, "mutants:", err)
		return 2
	}
	if len(names) > 0 {
		mutants = slices.DeleteFunc(mutants, func(m Mutant) bool { return !slices.Contains(names, m.Name) })
	}
	red := 0
	for m, v := range tryAll(root, mutants) {
		fmt.Fprintln(out, v.line(m))
		if v.Result == Red {
			red++
		}
	}
	fmt.Fprintf(out, "%d mutants, %d red\n", len(mutants), red)
	if red < len(mutants) || red == 0 {
		return 1
	}
	return 0
}
