package arch

import (
	"path"
	"slices"
	"strings"
)

// Table is the order of the packages, the most basic line first. A package may
// import packages on the lines above its own, and no other. An entry is a
// folder, "." for the root; "x/..." stands for every folder below x.
type Table [][]string

// Layers is the table of this repository. A folder that is not in it may hold
// no package.
func Layers() Table {
	return Table{
		{"."},
		{"purpose"},
		{"internal/..."},
		{"identifier", "blob", "job", "ledger/proof"},
		{"token", "change", "ledger"},
		{"alert", "org", "list", "upload"},
		{"prompt"},
		{"contact"},
		{"vault", "index", "rotation", "compaction"},
		{"match", "report"},
		{"audience"},
		{"drop"},
		{"campaign"},
		{"exposure"},
		{"serving", "incident"},
		{"person"},
		{"store", "store/..."},
		{"api", "web"},
		{"backup"},
		{"server"},
		{"demo", "demo/world", "bench", "bench/peers/gomap", "audit"},
		{"cmd/selvedge"},
	}
}

// ban forbids an import that the order of the lines would allow. An empty To
// means every package of the module.
type ban struct{ From, To, Why string }

func bans() []ban {
	return []ban{
		{"api", "store", "a door decides nothing and sees no database"},
		{"web", "store", "a door decides nothing and sees no database"},
		{"demo/world", "", "the made-up world must not be bent to fit the product"},
	}
}

// wiring lists the only packages that may see both sides of the domains: the
// store and a door.
func wiring() []string { return []string{"server", "cmd/selvedge"} }

// line returns the index of the line that a folder is on. An entry that names
// the folder itself wins over one that covers it.
func (t Table) line(dir string) (int, bool) {
	for i, l := range t {
		if slices.Contains(l, dir) {
			return i, true
		}
	}
	for i, l := range t {
		for _, e := range l {
			if root, ok := strings.CutSuffix(e, "/..."); ok && under(dir, root) && dir != root {
				return i, true
			}
		}
	}
	return 0, false
}

// refuse returns why the package in folder from may not import the one in
// folder to, and "" if it may. Both are in the table.
func (t Table) refuse(from, to string) string {
	for _, b := range bans() {
		if from == b.From && under(to, b.To) {
			return b.Why
		}
	}
	a, _ := t.line(from)
	b, _ := t.line(to)
	switch {
	case b < a:
		return ""
	case b > a:
		return "it is on a lower line of the table"
	case under(from, "internal"), under(from, to), under(to, from):
		return ""
	default:
		return "it is on the same line of the table"
	}
}

// under says whether dir is root or below it; everything is under "".
func under(dir, root string) bool {
	return root == "" || dir == root || strings.HasPrefix(dir, root+"/")
}

// testSupport says whether a folder holds helpers for tests, such as
// blob/blobtest. They may import what a test may and be imported by tests only.
func testSupport(dir string) bool {
	base := path.Base(dir)
	return strings.HasSuffix(base, "test") && base != "test"
}
