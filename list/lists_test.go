package list_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/list"
)

const listsDir = "../testdata/lists"

// TestListsAsSendersWriteThem receives every list in testdata/lists. The
// expected reports were written by hand from reading the lists.
func TestListsAsSendersWriteThem(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(listsDir, "*.csv"))
	if err != nil || len(names) < 14 {
		t.Fatalf("%d lists, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(strings.TrimSuffix(name, ".csv") + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Options struct {
					DefaultRegion string `json:"default_region"`
				} `json:"options"`
				Report list.Report `json:"report"`
			}
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&want); err != nil {
				t.Fatal(err)
			}
			checkSums(t, want.Report)
			report, _ := newBench(t).receive(t, string(text), want.Options.DefaultRegion)
			if diff := cmp.Diff(want.Report, report); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReportJSON fixes the field names that senders read.
func TestReportJSON(t *testing.T) {
	t.Parallel()
	report, _ := newBench(t).receive(t, "email,name\nanna@example.com,Anna\nbad,Ben\n", "")
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"header":true,"columns":[{"number":1,"kind":"email"}],"dropped":1,` +
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
