package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
)

const listFile = "internal/mutant/mutants.yaml"

func main() {
	every := flag.Int("every", 1, "try the first of every so many mutants; of the others see only that they can be tried")
	flag.Parse()
	os.Exit(run(".", *every, flag.Args(), os.Stdout))
}

// run tries the mutants of the module at root, those of the names alone if any
// is given, the first of every so many of them. It returns the exit status: 0 if
// every one that was tried is red and every other one has its guard in place.
func run(root string, every int, names []string, out io.Writer) int {
	mutants, err := readList(root)
	if err != nil || every < 1 {
		fmt.Fprintln(out, "mutants:", cmp.Or(err, errors.New("every: not a positive number")))
		return 2
	}
	if len(names) > 0 {
		mutants = slices.DeleteFunc(mutants, func(m Mutant) bool { return !slices.Contains(names, m.Name) })
	}
	tried, bad := sample(mutants, every), 0
	for _, m := range mutants {
		if _, err := m.apply(root); err != nil && !slices.Contains(tried, m) {
			fmt.Fprintln(out, Verdict{Broken, err.Error()}.line(m))
			bad++
		}
	}
	red := 0
	for m, v := range tryAll(root, tried) {
		fmt.Fprintln(out, v.line(m))
		if v.Result == Red {
			red++
		}
	}
	fmt.Fprintf(out, "%d mutants, %d tried, %d red\n", len(mutants), len(tried), red)
	if red < len(tried) || red == 0 || bad > 0 {
		return 1
	}
	return 0
}

// sample returns the first of every so many mutants.
func sample(mutants []Mutant, every int) []Mutant {
	var out []Mutant
	for part := range slices.Chunk(mutants, every) {
		out = append(out, part[0])
	}
	return out
}
