package bench_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/bench"
)

// Match checks each answer against the truth, so what is tested here is that the
// works are what they say, and that a wrong answer is noticed.
func TestMatchOfEveryKindOfWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, w := range map[string]bench.Work{
		"hashed": {Contacts: 50_000, Rows: 10_000, Forms: 1},
		"plain":  {Contacts: 50_000, Rows: 10_000, Forms: 1, Plain: true},
		"heavy":  {Contacts: 50_000, Rows: 10_000, Forms: 2.25},
		"tiny":   {Contacts: 1, Rows: 1, Forms: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // made, and taken from the folder
				f, err := bench.Match(t.Context(), dir+name, w, 2)
				if err != nil {
					t.Fatal(err)
				}
				if f.Contacts == 0 || f.Seconds <= 0 || f.BytesPerForm < 12 || f.Runs != 2 {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// What other engines are given is the same work: joined by hand it has the
// expected answer.
func TestExportIsTheSameWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := bench.Work{Contacts: 20_000, Rows: 5000, Forms: 1}
	if err := bench.Export(dir, w); err != nil {
		t.Fatal(err)
	}
	account := map[string]string{}
	for _, line := range lines(t, filepath.Join(dir, "registry.csv"))[1:] {
		hash, a, _ := strings.Cut(line, ",")
		account[hash] = a
	}
	found := map[string]bool{}
	rows := lines(t, filepath.Join(dir, "list.csv"))[1:]
	for _, hash := range rows {
		if a, ok := account[hash]; ok {
			found[a] = true
		}
	}
	if len(account) != 20_000 || len(rows) != 5000 || len(found) != w.Truth().Accounts {
		t.Errorf("%d contact points, %d rows, %d accounts; want %+v", len(account), len(rows), len(found), w.Truth())
	}
}

func lines(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		out = append(out, s.Text())
	}
	return out
}

func TestWorksThatCannotBeMade(t *testing.T) {
	t.Parallel()
	for field, w := range map[string]bench.Work{
		"rows":     {Contacts: 10, Forms: 1},
		"contacts": {Contacts: 10, Rows: 100, Forms: 1},
		"forms":    {Contacts: 10, Rows: 1},
	} {
		_, err := bench.Match(t.Context(), t.TempDir(), w, 1)
		if e, ok := err.(*selvedge.Error); !ok || e.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
}
