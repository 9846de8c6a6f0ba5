package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const (
	maxCode  = 600
	maxTest  = 800
	maxMatch = 399 // shipped lines of package match: the gate is small enough to be read whole
)

// maxDocument is the most lines that a document at the root may have.
func maxDocument() map[string]int {
	return map[string]int{"README.md": 150, "ARCHITECTURE.md": 200, "Makefile": 40}
}

// sizes checks that files can be read in one go.
func sizes(t *Tree) []Fault {
	var out []Fault
	match := 0
	for _, f := range t.Files {
		limit := maxDocument()[f.Path]
		switch {
		case f.goTest():
			limit = maxTest
		case f.goCode():
			limit = maxCode
			if f.dir() == "match" {
				match += f.lines()
			}
		}
		if limit > 0 && f.lines() > limit {
			out = append(out, Fault{f.Path, 0, fmt.Sprintf("%d lines, at most %d: two subjects?", f.lines(), limit)})
		}
	}
	if match > maxMatch {
		out = append(out, Fault{"match", 0, fmt.Sprintf("the package has %d lines, at most %d", match, maxMatch)})
	}
	return out
}

// catchAll are names that say nothing of what is inside.
func catchAll() []string {
	return []string{"util", "utils", "common", "types", "models", "manager", "impl", "base", "helpers"}
}

// packages checks that each package has a name that says something, and a
// comment of three lines or more that says what it is and what it promises.
func packages(t *Tree) []Fault {
	var out []Fault
	var dirs []string
	explained := map[string]bool{}
	for _, f := range t.Files {
		if f.Syntax == nil {
			continue
		}
		dir := f.dir()
		if !strings.HasSuffix(f.Path, "_test.go") && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
			for _, name := range []string{path.Base(dir), f.Syntax.Name.Name} {
				if slices.Contains(catchAll(), name) {
					out = append(out, Fault{f.Path, 0, "package name " + name + " says nothing of what is inside"})
					break
				}
			}
		}
		if strings.Count(f.Syntax.Doc.Text(), "\n") >= 3 {
			explained[dir] = true
		}
	}
	for _, dir := range dirs {
		if !explained[dir] {
			out = append(out, Fault{dir, 0, "the package has no comment of three lines or more"})
		}
	}
	return out
}
