package list_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/list"
)

const listsDir = "../testdata/lists"

// expected is what a list of testdata comes to.
type expected struct {
	Options map[string]string `json:"options"`
	File    string            `json:"file"` // the name of the expectation, as a CSV, if it is empty
	Refused string            `json:"refused"`
	Report  list.Report       `json:"report"`
}

// options are those of an expectation, named as the command has them.
func options(t *testing.T, words map[string]string) (o list.Options) {
	t.Helper()
	for name, word := range words {
		switch name {
		case "default_region":
			o.DefaultRegion = word
		case "column":
			for text := range strings.SplitSeq(word, ",") {
				c, err := list.ParseChoice(text)
				if err != nil {
					t.Fatal(err)
				}
				o.Columns = append(o.Columns, c)
			}
		default:
			t.Fatalf("option %s", name)
		}
	}
	return o
}

// TestListsAsSendersWriteThem receives every list in testdata/lists. The
// expected reports were written by hand from reading the lists.
func TestListsAsSendersWriteThem(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(listsDir, "*.expected.json"))
	if err != nil || len(names) < 50 {
		t.Fatalf("%d lists, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want expected
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&want); err != nil {
				t.Fatal(err)
			}
			if want.File == "" {
				want.File = strings.TrimSuffix(filepath.Base(name), ".expected.json") + ".csv"
			}
			file, err := os.ReadFile(filepath.Join(listsDir, want.File))
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t)
			before := b.files(t)
			sealed, err := b.Receive(t.Context(), bytes.NewReader(file), granted(options(t, want.Options)))
			if want.Refused != "" {
				if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != "file" || e.Reason != want.Refused {
					t.Errorf("error is %v, want %s", err, want.Refused)
				}
				if after := b.files(t); !slices.Equal(before, after) {
					t.Errorf("left: %v", after)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, want.Report)
			if diff := cmp.Diff(want.Report, sealed.Report); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

// outcome is what a file comes to, as text.
func outcome(t *testing.T, file []byte) string {
	t.Helper()
	sealed, err := newBench(t).Receive(context.Background(), bytes.NewReader(file), granted(list.Options{}))
	report, _ := json.Marshal(sealed.Report)
	return fmt.Sprint(string(report), err)
}

// TestReportJSON fixes the field names that senders read.
func TestReportJSON(t *testing.T) {
	t.Parallel()
	report, _ := newBench(t).receive(t, "email,name\nanna@example.com,Anna\nbad,Ben\n", "")
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"format":"csv","encoding":"utf-8","separator":",","header":true,"columns":[{"number":1,"kind":"email"}],"dropped":1,` +
		`"rows":{"read":2,"used":1,"empty":0,"duplicate":0,"refused":1},` +
		`"identifiers":{"read":2,"used":1,"empty":0,"duplicate":0,"refused":1},` +
		`"clear":1,"hashed":0,"repaired":0,` +
		`"refused":[{"reason":"not_an_email","count":1,"rows":[3]}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	none, _ := newBench(t).receive(t, "email\n", "")
	if got, _ := json.Marshal(none); !bytes.Contains(got, []byte(`"refused":[]`)) {
		t.Errorf("no refusals are encoded as %s", got)
	}
}
