package identifier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
)

func TestKindAndClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind  identifier.Kind
		class identifier.Class
		word  string
		ok    bool
	}{
		{identifier.Email, identifier.ClassEmail, "email", true},
		{identifier.Phone, identifier.ClassPhone, "phone", true},
		{0, 0, "none", false},
		{3, 3, "none", false},
	} {
		if tt.kind.String() != tt.word || tt.class.String() != tt.word {
			t.Errorf("kind %d is %q, its class %q", tt.kind, tt.kind, tt.class)
		}
		if tt.kind.Class() != tt.class {
			t.Errorf("class of %s is %d", tt.kind, tt.kind.Class())
		}
		k, ok := identifier.ParseKind(tt.word)
		if ok != tt.ok || ok && k != tt.kind || !ok && k != 0 {
			t.Errorf("ParseKind(%q) = %d, %t", tt.word, k, ok)
		}
	}
	// The numbers stand in databases and files.
	if identifier.Email != 1 || identifier.Phone != 2 || identifier.ClassEmail != 1 || identifier.ClassPhone != 2 {
		t.Error("a number has changed")
	}
	if _, ok := identifier.ParseKind("Email"); ok {
		t.Error("ParseKind takes other words than String gives")
	}
}

// TestDigestIsRedacted prints a digest by every road that leads into a log, and
// looks for any of it.
func TestDigestIsRedacted(t *testing.T) {
	t.Parallel()
	form := email("jane@example.com")
	d := form.Digest
	if len(d.Hex()) != 64 || d.Hex() != hexOf("jane@example.com") {
		t.Error("Hex does not show it")
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, verb+verb, d, form)
	}
	text := slog.New(slog.NewTextHandler(&out, nil))
	text.Info("x", "digest", d, "form", form)
	object := slog.New(slog.NewJSONHandler(&out, nil))
	object.Info("x", "digest", d, "form", form)
	if err := json.NewEncoder(&out).Encode(map[string]any{"digest": d, "form": form}); err != nil {
		t.Fatal(err)
	}
	first := d.Hex()[:6]
	for _, leak := range []string{first, strings.ToUpper(first), fmt.Sprintf("%d %d", d[0], d[1]), fmt.Sprintf("0x%x, 0x%x", d[0], d[1])} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the digest shows in %s", out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing was printed")
	}
}

// reasons reads the reasons out of the source, so that none is forgotten.
func reasons(t *testing.T) []identifier.Reason {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var rs []identifier.Reason
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, identifier.Reason(word))
		return false
	})
	if len(rs) < 10 {
		t.Fatalf("%d reasons found", len(rs))
	}
	return rs
}

// TestReasonText: every reason has a sentence of its own, and the documentation
// names it.
func TestReasonText(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/identifiers.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]identifier.Reason)
	for _, r := range reasons(t) {
		text := r.Text()
		if text == "" || !strings.HasSuffix(text, ".") {
			t.Errorf("%s says %q", r, text)
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%s and %s say the same", r, other)
		}
		seen[text] = r
		if !strings.Contains(string(doc), "`"+string(r)+"`") {
			t.Errorf("docs/identifiers.md does not name %s", r)
		}
	}
	if identifier.Accepted.Text() != "" || identifier.Reason("no such reason").Text() != "" {
		t.Error("a sentence for no reason")
	}
}
