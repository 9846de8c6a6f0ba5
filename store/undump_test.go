package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
)

// few is a dump with a value of each kind at its bounds.
func few(t testing.TB) []byte {
	t.Helper()
	b, err := store.Redump(9, []store.DumpTable{
		{Name: "account", Columns: []string{"id", "platform_id", "tag"}, Rows: [][]any{
			{int64(1), "ada", []byte{0, 255}}, {int64(math.MinInt64), "", []byte{}}, {int64(math.MaxInt64), "größe", nil}, {nil, nil, nil},
		}},
		{Name: "empty", Columns: []string{"id"}},
		{Name: "bare"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// summed puts the right sum behind the bytes of a dump.
func summed(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return append([]byte(s), sum[:]...)
}

// TestUndump: every byte of a dump counts, and one that was written otherwise, with
// a sum that is right, is refused where it is wrong.
func TestUndump(t *testing.T) {
	t.Parallel()
	whole := few(t)
	version, ts, err := store.Undump(whole)
	if err != nil || version != 9 || len(ts) != 3 || len(ts[0].Rows) != 4 {
		t.Fatalf("version %d, %d tables: %v", version, len(ts), err)
	}
	for i := range whole {
		if _, _, err := store.Undump(whole[:i]); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("cut after %d bytes: %v", i, err)
		}
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		if _, _, err := store.Undump(changed); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for name, b := range map[string][]byte{
		"nothing":                   {},
		"another beginning":         summed("SVGDUMP2\x09Z"),
		"no version":                summed("SVGDUMP1\x00Z"),
		"a version that overflows":  summed("SVGDUMP1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01Z"),
		"a part of no kind":         summed("SVGDUMP1\x09X"),
		"too many columns":          summed("SVGDUMP1\x09T\x01a\xe9\x07"),
		"fewer rows than it says":   summed("SVGDUMP1\x09T\x01a\x01\x01bR\x00E\x02Z"),
		"more rows than it says":    summed("SVGDUMP1\x09T\x01a\x01\x01bR\x00R\x00E\x01Z"),
		"a value of no kind":        summed("SVGDUMP1\x09T\x01a\x01\x01bR\x04E\x01Z"),
		"a text longer than all":    summed("SVGDUMP1\x09T\x01a\x01\x01bR\x02\xff\xff\xff\x01E\x01Z"),
		"a text of an endless size": summed("SVGDUMP1\x09T\x01a\x01\x01bR\x02\xff\xff\xff\xff\xff\xff\x01E\x01Z"),
		"a table within a table":    summed("SVGDUMP1\x09T\x01a\x01\x01bT\x01a\x01\x01bE\x00Z"),
		"something behind":          append(few(t), 0),
	} {
		_, _, err := store.Undump(b)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != "dump" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzUndump: whatever the bytes are, they are refused as input at fault, or they
// are a dump, and say again what they said when they are written again.
func FuzzUndump(f *testing.F) {
	f.Add(few(f))
	f.Add(summed("SVGDUMP1\x09Z"))
	f.Add(summed("SVGDUMP1\x09T\x01a\x01\x01bR\x01\x80\x00E\x01Z"))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The right sum behind it, or nothing would come past the sum.
		for _, b := range [][]byte{b, summed(string(b))} {
			version, ts, err := store.Undump(b)
			if err != nil {
				if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != "dump" {
					t.Fatal(err)
				}
				continue
			}
			again, err := store.Redump(version, ts)
			if err != nil {
				t.Fatal(err)
			}
			v, us, err := store.Undump(again)
			if diff := cmp.Diff(ts, us, cmpopts.EquateEmpty()); err != nil || v != version || diff != "" {
				t.Fatalf("written again (-was +is): %v\n%s", err, diff)
			}
		}
	})
}

// TestRestoreFits: what a dump calls its tables and columns becomes part of a
// statement only if the schema calls them so too.
func TestRestoreFits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, d := range map[string]store.DumpTable{
		"another table":    {Name: "org; DROP TABLE org", Columns: []string{"id"}},
		"a table of none":  {Name: "verdictless"},
		"too few columns":  {Name: "segment", Columns: []string{"class"}},
		"a column of none": {Name: "segment", Columns: []string{"class", "source", "sum", "size) SELECT 1, 2, 3, 4 --"}},
	} {
		b, err := store.Redump(9, []store.DumpTable{d})
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Restore(t.Context(), bytes.NewReader(b), func(v int64) (*store.DB, error) {
			return store.OpenAt(t.Context(), filepath.Join(dir, name+".db"), fakeclock.New(start), selvedge.NewSeededEntropy("test"), v)
		})
		if selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
