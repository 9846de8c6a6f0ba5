package arch

// imports checks who imports whom within the module. Tests may import anything
// but commands.
func imports(t *Tree, table Table) []Fault {
	var out []Fault
	for _, f := range t.Files {
		if f.Syntax == nil {
			continue
		}
		from := f.dir()
		if _, known := table.line(from); !known && !testSupport(from) {
			out = append(out, Fault{f.Path, 0, "package " + from + " is not in the table of layers"})
			continue
		}
		for _, s := range f.Syntax.Imports {
			to, ours := t.local(importPath(s))
			if !ours {
				continue
			}
			if why := refuse(table, f, from, to); why != "" {
				out = append(out, t.fault(f, s, "%s may not import %s: %s", from, to, why))
			}
		}
	}
	return append(out, bothSides(t)...)
}

// refuse returns why the file may not import the folder, "" if it may.
func refuse(table Table, f *File, from, to string) string {
	_, known := table.line(to)
	switch {
	case under(to, "cmd"):
		return "nothing imports a command"
	case f.goTest():
		return ""
	case testSupport(to):
		return "it is for tests only"
	case !known:
		return "it is not in the table of layers"
	default:
		return table.refuse(from, to)
	}
}

// bothSides finds packages that see a store and a door although they do not do
// the wiring: two files of one package would do it as well as one.
func bothSides(t *Tree) []Fault {
	var out []Fault
	store, door := map[string]bool{}, map[string]bool{}
	for _, f := range t.Files {
		if !f.goCode() || f.in(wiring()) {
			continue
		}
		from := f.dir()
		for _, s := range f.Syntax.Imports {
			to, ours := t.local(importPath(s))
			isStore, isDoor := under(to, "store"), to == "api" || to == "web"
			if !ours || !isStore && !isDoor {
				continue
			}
			if isStore && door[from] || isDoor && store[from] {
				out = append(out, t.fault(f, s, "%s may not import %s: only wiring sees both a store and a door", from, to))
			}
			store[from] = store[from] || isStore
			door[from] = door[from] || isDoor
		}
	}
	return out
}
