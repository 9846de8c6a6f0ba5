package arch

import "fmt"

// Fault is one breach of a rule. Line is 0 when the whole file is at fault.
type Fault struct {
	File string
	Line int
	Text string
}

// String returns the fault as file:line: text.
func (f Fault) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
}

// Rule is one thing that holds for the whole tree. Check returns every breach,
// in the order of the files.
type Rule struct {
	Name  string
	Check func(*Tree) []Fault
}

// Rules returns every rule.
func Rules() []Rule {
	return []Rule{
		{"imports follow the table", func(t *Tree) []Fault { return imports(t, Layers()) }},
		{"keys, randomness and engines stay in their homes", homes},
		{"clocks and printing stay in their homes", calls},
		{"digests are not spelled out", digests},
		{"no init functions", inits},
		{"files are short", sizes},
		{"packages are named and explained", packages},
		{"no unfinished or skipped work", words},
		{"documents point at what exists", links},
		{"documents name make targets that exist", targets},
		{"every module has a reason", modules},
	}
}
