package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Tree is the text of a module: every text file but go.sum, what is in a
// testdata, vendored, node_modules or build folder, and what is in a hidden folder
// other than .ci and .github.
type Tree struct {
	Module string // from go.mod
	Files  []*File

	fsys fs.FS
	fset *token.FileSet
}

// File is one text file. Syntax is nil unless it is Go.
type File struct {
	Path   string // slash-separated, from the module's root
	Text   string
	Syntax *ast.File
}

// Load reads the module whose root fsys is. It returns an error if there is no
// go.mod, or a Go file that does not parse.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fsys: fsys, fset: token.NewFileSet()}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	for l := range strings.Lines(string(mod)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(l), "module "); ok {
			t.Module = name
		}
	}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(p):
			return fs.SkipDir
		case !d.Type().IsRegular(), path.Base(p) == "go.sum":
			return nil
		}
		return t.read(p)
	})
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	return t, nil
}

// skipped says whether a folder is left out: what it holds is either not ours
// or an input of tests, which may hold anything.
func skipped(dir string) bool {
	switch base := path.Base(dir); base {
	case ".", ".ci", ".github":
		return false
	case "testdata", "vendored", "node_modules":
		return true
	default:
		return dir == "bin" || strings.HasPrefix(base, ".")
	}
}

func (t *Tree) read(p string) error {
	b, err := fs.ReadFile(t.fsys, p)
	if err != nil {
		return err
	}
	if !utf8.Valid(b) || strings.ContainsRune(string(b), 0) {
		return nil
	}
	f := &File{Path: p, Text: string(b)}
	if strings.HasSuffix(p, ".go") {
		if f.Syntax, err = parser.ParseFile(t.fset, p, b, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return err
		}
	}
	t.Files = append(t.Files, f)
	return nil
}

// exists says whether there is a file or folder at p, testdata included.
func (t *Tree) exists(p string) bool {
	_, err := fs.Stat(t.fsys, p)
	return err == nil
}

// fault makes a Fault at a place in a Go file.
func (t *Tree) fault(f *File, at ast.Node, format string, args ...any) Fault {
	return Fault{f.Path, t.fset.Position(at.Pos()).Line, fmt.Sprintf(format, args...)}
}

// dir returns the folder that the file is in.
func (f *File) dir() string { return path.Dir(f.Path) }

// lines counts the lines.
func (f *File) lines() int { return strings.Count(f.Text, "\n") }

// goCode says whether the file is Go that ships: neither a test nor a helper
// for tests.
func (f *File) goCode() bool { return f.Syntax != nil && !f.goTest() }

// goTest says whether the file is a Go test or belongs to a helper for tests.
func (f *File) goTest() bool {
	return f.Syntax != nil && (strings.HasSuffix(f.Path, "_test.go") || testSupport(f.dir()))
}

// program says whether the file belongs to a command, which may print.
func (f *File) program() bool { return f.Syntax != nil && f.Syntax.Name.Name == "main" }

// in says whether the file is one of the places, each a file or a folder with
// all below it.
func (f *File) in(places []string) bool {
	for _, p := range places {
		if f.Path == p || under(f.dir(), p) {
			return true
		}
	}
	return false
}

// importPath returns the path of an import.
func importPath(s *ast.ImportSpec) string {
	p, err := strconv.Unquote(s.Path.Value)
	if err != nil {
		return s.Path.Value // cannot be: the parser checked it
	}
	return p
}

// local returns the folder of an import of this module, and false for any
// other import.
func (t *Tree) local(imp string) (string, bool) {
	if imp == t.Module {
		return ".", true
	}
	return strings.CutPrefix(imp, t.Module+"/")
}
