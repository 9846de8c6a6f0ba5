package list_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

// FuzzReceive checks that any upload is either taken with a report that adds up,
// or refused with an error of the sender's and nothing left behind.
func FuzzReceive(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(listsDir, "*.[^j]*"))
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(text) > 20_000 {
			continue
		}
		f.Add(string(text), "GB")
	}
	f.Add("email\n\"", "")
	f.Add("\ufeffsep=;\n#\n\nemail;phone\n\"a\"b;\n\r\n;;;", "XX")
	b := newBench(f)
	before := b.files(f)
	f.Fuzz(func(t *testing.T, text, region string) {
		p, err := b.Preview(context.Background(), strings.NewReader(text), granted(list.Options{DefaultRegion: region}))
		if c := selvedge.CodeOf(err); err != nil && c != selvedge.CodeInvalid && c != selvedge.CodeTooLarge {
			t.Errorf("preview: error is %v", err)
		}
		if err == nil {
			checkSums(t, p.Report)
		}
		sealed, err := b.Receive(context.Background(), strings.NewReader(text), granted(list.Options{DefaultRegion: region}))
		if err != nil {
			if c := selvedge.CodeOf(err); c != selvedge.CodeInvalid && c != selvedge.CodeTooLarge {
				t.Errorf("error is %v", err)
			}
		} else {
			checkSums(t, sealed.Report)
			b.open(t, sealed.Spill)
			if err := b.Blobs.Delete(context.Background(), sealed.Spill); err != nil {
				t.Fatal(err)
			}
			if sealed.Sidecar != nil {
				if err := b.Blobs.Delete(context.Background(), sealed.Sidecar.Ref); err != nil {
					t.Fatal(err)
				}
			}
			if sealed.Rows != nil {
				if r, err := b.RowReport(context.Background(), *sealed.Rows); err != nil || len(r.Rows) == 0 || sealed.Report.Identifiers.Refused == 0 {
					t.Errorf("row report %+v, %v", r, err)
				}
				if err := b.Blobs.Delete(context.Background(), *sealed.Rows); err != nil {
					t.Fatal(err)
				}
			}
		}
		if after := b.files(t); !slices.Equal(before, after) {
			t.Errorf("left: %v", after)
		}
	})
}
