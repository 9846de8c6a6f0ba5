package arch

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// home says that only some places may use something, and why.
type home struct {
	what   []string // import paths, or functions as package.Name
	places []string // files or folders
	why    string
}

// importHomes is the table of imports that only some places may have.
func importHomes() []home {
	return []home{
		{
			[]string{"crypto/hkdf", "crypto/aes"},
			[]string{"internal/secret"},
			"one package sees key bytes; ask it for a derived key",
		},
		{
			[]string{"crypto/hmac"},
			[]string{"internal/secret", "entropy.go", "ledger/proof"},
			"one package sees key bytes (a demo's seed and a commitment's salt, which its proof gives away, are no keys); use secret.Key.MAC",
		},
		{
			[]string{"crypto/ed25519"},
			[]string{"internal/secret", "store/tesseralog"},
			"one package sees key bytes; the log's adapter takes a crypto.Signer and names its public key's type alone",
		},
		{
			[]string{"crypto/cipher"},
			[]string{"internal/secret", "internal/kernel", "token", "vault"},
			"tokens are made in token, many at once by internal/kernel, and values sealed in vault, with ciphers that internal/secret keyed",
		},
		{
			[]string{
				"github.com/tink-crypto/tink-go/v2/aead", "github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset",
				"github.com/tink-crypto/tink-go/v2/keyset", "github.com/tink-crypto/tink-go/v2/tink",
			},
			[]string{"internal/secret"},
			"one package sees key bytes; ask its KEK to seal",
		},
		{
			[]string{"crypto/rand"},
			[]string{"entropy.go"},
			"randomness is injected; take a selvedge.Entropy",
		},
		{
			[]string{"math/rand", "math/rand/v2"},
			[]string{"entropy.go", "demo/world", "bench"},
			"randomness is injected; take a selvedge.Entropy",
		},
		{
			[]string{"database/sql", "database/sql/driver", "modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgxpool"},
			[]string{"store", "internal/pgtest"},
			"SQL stays in the store",
		},
		{
			[]string{"net/http"},
			[]string{"api", "web", "server", "demo", "bench", "audit", "cmd"},
			"the domains know no protocol; only doors and what drives them do",
		},
		{
			[]string{"github.com/nyaruka/phonenumbers"},
			[]string{"internal/numbering/generate"},
			"numbers are read from tables that are made from it; use internal/numbering",
		},
		{
			[]string{"log"},
			nil,
			"log with a passed *slog.Logger",
		},
	}
}

// callHomes is the table of functions that only some places may name.
func callHomes() []home {
	return []home{
		{
			[]string{"time.Now", "time.Since", "time.Until"},
			[]string{"clock.go", "bench"}, // bench measures, and nothing that it times depends on the result
			"time is injected; take a selvedge.Clock",
		},
		{
			[]string{
				"log/slog.Default", "log/slog.SetDefault",
				"log/slog.Debug", "log/slog.Info", "log/slog.Warn", "log/slog.Error", "log/slog.Log", "log/slog.LogAttrs",
				"log/slog.DebugContext", "log/slog.InfoContext", "log/slog.WarnContext", "log/slog.ErrorContext",
			},
			nil,
			"there is no global logger; log with a passed *slog.Logger",
		},
		{
			[]string{"github.com/selvedge/selvedge/report.SizeAt"},
			[]string{"store"},
			"only the store brings a published figure back",
		},
	}
}

// printing is what only a command may call: a package's output is what it
// returns.
func printing() []string { return []string{"fmt.Print", "fmt.Printf", "fmt.Println"} }

// homes checks the imports of shipped code against importHomes.
func homes(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.Files {
		if !f.goCode() {
			continue
		}
		for _, s := range f.Syntax.Imports {
			for _, h := range importHomes() {
				if slices.Contains(h.what, importPath(s)) && !f.in(h.places) {
					out = append(out, t.fault(f, s, "%s may not be imported here: %s", importPath(s), h.why))
				}
			}
		}
	}
	return out
}

// calls checks the functions that shipped code names against callHomes. Naming
// one without calling it counts: it would be called elsewhere.
func calls(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.Files {
		if !f.goCode() {
			continue
		}
		eachFunc(f, func(n ast.Node, name string) {
			for _, h := range callHomes() {
				if slices.Contains(h.what, name) && !f.in(h.places) {
					out = append(out, t.fault(f, n, "%s may not be used here: %s", name, h.why))
				}
			}
			if slices.Contains(printing(), name) && !f.program() {
				out = append(out, t.fault(f, n, "%s may not be used here: only commands print", name))
			}
		})
	}
	return out
}

// eachFunc calls fn for every qualified name of another package in the file,
// as import/path.Name.
func eachFunc(f *File, fn func(ast.Node, string)) {
	paths := map[string]string{}
	for _, s := range f.Syntax.Imports {
		p := importPath(s)
		name := path.Base(p)
		if strings.HasPrefix(name, "v") && strings.Trim(name[1:], "0123456789") == "" {
			name = path.Base(path.Dir(p)) // a major version is no name
		}
		if s.Name != nil {
			name = s.Name.Name
		}
		paths[name] = p
	}
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && paths[x.Name] != "" {
				fn(n, paths[x.Name]+"."+sel.Sel.Name)
			}
		}
		return true
	})
}

// digests checks that nothing but identifier spells out the SHA-256 of an
// identifier: in a log or an answer it is as good as the address. The rule
// knows the method by its name, so nothing else may have one of that name.
func digests(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.Files {
		if !f.goCode() || f.in([]string{"identifier"}) {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Hex" {
				out = append(out, t.fault(f, sel.Sel, "Hex may not be used here: only identifier spells out a digest"))
			}
			return true
		})
	}
	return out
}

// inits checks that nothing runs before main.
func inits(t *Tree) []Fault {
	var out []Fault
	for _, f := range t.Files {
		if f.Syntax == nil {
			continue
		}
		for _, d := range f.Syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, t.fault(f, fn, "an init function hides work and order: call it from main"))
			}
		}
	}
	return out
}
