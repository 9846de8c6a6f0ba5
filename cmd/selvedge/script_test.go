package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/selvedge/selvedge/list"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"selvedge": main})
}

// TestScripts runs the scripts in testdata/script, each in an empty folder, with
// the test binary as selvedge. Beside testscript's own commands there are
//
//	expand FILE...          write the time an hour ago in place of $NOW
//	save FILE REGEXP        write what the first group matched in stdout to FILE
//	await REGEXP VAR FILE   wait until FILE matches, and set VAR to the first group
//	until REGEXP COMMAND... run a command until its stdout matches
//	lists FOLDER            upload every list of the folder with selvedge, and
//	                        compare the reports with those that are expected
func TestScripts(t *testing.T) {
	t.Parallel()
	lists, err := filepath.Abs("../../testdata/lists")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"expand": expand, "save": save, "await": await, "until": until, "lists": uploadLists,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("LISTS", lists)
			return nil
		},
	})
}

// usage ends a script that calls a command wrongly.
func usage(ts *testscript.TestScript, ok, neg bool, text string) {
	if !ok || neg {
		ts.Fatalf("usage: %s", text)
	}
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) > 0, neg, "expand FILE...")
	now := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.ReplaceAll(ts.ReadFile(name), "$NOW", now)), 0o600))
	}
}

func save(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2, neg, "save FILE REGEXP")
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) < 2 {
		ts.Fatalf("stdout does not match %s", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(m[1]+"\n"), 0o600))
	ts.Setenv(strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(args[0])), m[1])
}

// patience is how long a script waits for what must come.
const patience = time.Minute

// poll calls fn until it returns true, and ends the script if it never does.
func poll(ts *testscript.TestScript, what string, fn func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !fn() {
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("%s did not come", what)
		}
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3, neg, "await REGEXP VAR FILE")
	re := regexp.MustCompile(args[0])
	poll(ts, args[0], func() bool {
		b, err := os.ReadFile(ts.MkAbs(args[2])) // it may not be there yet
		m := re.FindSubmatch(b)
		if err != nil || len(m) < 2 {
			return false
		}
		ts.Setenv(args[1], string(m[1]))
		return true
	})
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) > 1, neg, "until REGEXP COMMAND...")
	re := regexp.MustCompile(args[0])
	poll(ts, args[0], func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		return re.MatchString(ts.ReadFile("stdout"))
	})
}

// uploadLists uploads with the environment's server, key and audience. The
// expected reports were written by hand from reading the lists.
func uploadLists(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 1, neg, "lists FOLDER")
	names, err := filepath.Glob(filepath.Join(args[0], "*.expected.json"))
	ts.Check(err)
	if len(names) < 40 {
		ts.Fatalf("%d lists", len(names))
	}
	for _, name := range names {
		var want struct {
			Options map[string]string `json:"options"`
			File    string            `json:"file"`
			Refused string            `json:"refused"`
			Report  list.Report       `json:"report"`
		}
		decode(ts, ts.ReadFile(name), &want)
		if want.File == "" {
			want.File = strings.TrimSuffix(filepath.Base(name), ".expected.json") + ".csv"
		}
		flags := []string{"list", "upload", "--ad-user-data", "granted", "--ad-personalization", "granted", filepath.Join(args[0], want.File)}
		for option, value := range want.Options {
			if value != "" {
				flags = append(flags, "--"+strings.ReplaceAll(option, "_", "-"), value)
			}
		}
		if err := ts.Exec("selvedge", flags...); want.Refused != "" {
			if err == nil {
				ts.Fatalf("%s was taken", want.File)
			}
			continue
		} else if err != nil {
			ts.Fatalf("%s: %v, %s", want.File, err, ts.ReadFile("stderr"))
		}
		var got struct {
			ID, Audience, Status, AcceptedAt, ExpiresAt json.RawMessage
			Advice                                      map[string]string
			Report                                      list.Report
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
		if diff := cmp.Diff(want.Report, got.Report); diff != "" {
			ts.Fatalf("%s (-want +got):\n%s", filepath.Base(name), diff)
		}
		for _, r := range got.Report.Refused {
			if got.Advice[string(r.Reason)] == "" {
				ts.Fatalf("%s: no advice for %s", filepath.Base(name), r.Reason)
			}
		}
		ts.Logf("%s: %d rows", filepath.Base(name), got.Report.Rows.Read)
	}
}

func decode(ts *testscript.TestScript, text string, v any) {
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	ts.Check(dec.Decode(v))
}
