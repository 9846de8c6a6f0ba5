package drop

import (
	"errors"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
)

// FuzzManifest: a manifest is read, or refused with a field and no value, or ends
// early; and what it names is a file beside it.
func FuzzManifest(f *testing.F) {
	whole := `{"file":"a.csv","rows":3,"sha256":"` + strings.Repeat("0f", 32) + `","ad_user_data":"granted","columns":["2:email"],"expires_at":"2026-06-01T00:00:00Z"}`
	for _, seed := range []string{whole, whole[:40], "", "{", "{}", "null", "[]", `{"file":7}`, whole + whole, whole + "\n", strings.Replace(whole, "a.csv", "../a.csv", 1), `{"columns":[null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest("a", text)
		if m.File != "" && (!strings.HasPrefix(m.File, "a.") || strings.ContainsAny(m.File, "/\\\x00 ") || strings.HasSuffix(m.File, "report.json")) {
			t.Fatalf("it names %q", m.File)
		}
		if err == nil || err == errUnfinished {
			return
		}
		e, ok := errors.AsType[*selvedge.Error](err)
		if !ok || e.Code != selvedge.CodeInvalid || e.Reason == "" && e.Field == "" {
			t.Fatalf("%v", err)
		}
	})
}
