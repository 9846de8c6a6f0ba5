package world_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/demo/world"
)

var update = flag.Bool("update", false, "rewrite testdata/golden.txt")

var start = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, people int) *world.World {
	t.Helper()
	return newWorldOf(t, world.Config{Seed: "test", People: people, Start: start})
}

func newWorldOf(t testing.TB, cfg world.Config) *world.World {
	t.Helper()
	w, err := world.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// files are all that the world writes, by name.
func files(t testing.TB, w *world.World) map[string][]byte {
	t.Helper()
	out := map[string][]byte{"prompts.yaml": w.Prompts()}
	var b bytes.Buffer
	if err := w.WriteAccounts(&b); err != nil {
		t.Fatal(err)
	}
	out["accounts.csv"] = bytes.Clone(b.Bytes())
	b.Reset()
	if err := w.WriteContactPoints(&b); err != nil {
		t.Fatal(err)
	}
	out["contact_points.csv"] = bytes.Clone(b.Bytes())
	for _, l := range w.Lists() {
		b.Reset()
		if err := l.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		out["lists/"+l.Name+".csv"] = bytes.Clone(b.Bytes())
	}
	b.Reset()
	for a := range w.Acts() {
		c := a.Contact
		fmt.Fprintln(&b, a.Kind, a.Account, a.At.Format(time.RFC3339Nano), a.AddressKind, a.Value, a.Purposes,
			c.Kind, c.Value, c.Region, c.Prompt, c.GivenAt.Unix(), c.VerifiedAt.Unix(), c.VerifiedBy)
	}
	out["acts"] = bytes.Clone(b.Bytes())
	return out
}

// rows reads a CSV file into maps from header to cell.
func rows(t testing.TB, file []byte) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]string, 0, len(all))
	for _, line := range all[1:] {
		m := map[string]string{}
		for i, h := range all[0] {
			m[h] = line[i]
		}
		out = append(out, m)
	}
	return out
}

func TestImportsNothingOfTheProduct(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatal("no files:", err)
	}
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), n, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.Split(path, "/")[0], ".") {
				t.Errorf("%s imports %s: the yardstick stands on the standard library alone", n, path)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]world.Config{
		"empty seed":      {People: 1, Start: start},
		"negative people": {Seed: "s", People: -1, Start: start},
		"too many people": {Seed: "s", People: 1<<40 + 1, Start: start},
		"no start":        {Seed: "s", People: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := world.New(cfg); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestTheCastAloneIsAWorld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	f := files(t, w)
	if got, want := len(rows(t, f["accounts.csv"])), len(w.Cast()); got != want {
		t.Errorf("%d accounts, want the cast's %d", got, want)
	}
	if got := len(rows(t, f["lists/harrow-outdoor.csv"])); got != 200 {
		t.Errorf("list of %d rows, want 200", got)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(files(t, newWorld(t, 300)), files(t, newWorld(t, 300))); diff != "" {
		t.Error("two worlds of one seed differ")
	}
	other := files(t, newWorldOf(t, world.Config{Seed: "another", People: 300, Start: start}))
	for name, b := range files(t, newWorld(t, 300)) {
		if name != "prompts.yaml" && bytes.Equal(b, other[name]) {
			t.Errorf("%s does not depend on the seed", name)
		}
	}
}

// The golden sums notice an accidental change: every published figure, story
// and screenshot depends on these bytes. They prove nothing about what is right.
func TestGolden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	f := files(t, newWorldOf(t, world.Config{Seed: "golden", People: 500, Start: start}))
	names := []string{"prompts.yaml", "accounts.csv", "contact_points.csv", "acts"}
	for _, l := range newWorld(t, 0).Lists() {
		names = append(names, "lists/"+l.Name+".csv")
	}
	for _, n := range names {
		h := sha256.Sum256(f[n])
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(h[:]), n)
	}
	const path = "testdata/golden.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the world has changed; if that is meant, run go test -update (-want +got):\n%s", diff)
	}
}

func TestPersonStandsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2000)
	var forward, backward [2023]string
	show := func(p world.Person) string {
		s := fmt.Sprint(p.Account, p.Country, p.Age, p.ActiveOn, p.State, p.First, p.Last, p.Zip)
		for _, c := range p.Contacts {
			s += fmt.Sprint(c.Key(), c.Kind, c.Value, c.SHA256, c.Region, c.Prompt, c.VerifiedAt, c.VerifiedBy)
		}
		return s
	}
	if w.Len() != len(forward) {
		t.Fatalf("Len() = %d", w.Len())
	}
	for i := range forward {
		forward[i] = show(w.Person(i))
	}
	for i := len(backward) - 1; i >= 0; i-- {
		backward[i] = show(w.Person(i))
	}
	if forward != backward {
		t.Error("a person depends on the order of reading")
	}
	// Nor on how many others there are.
	larger := newWorld(t, 50_000)
	for i := range forward {
		if show(larger.Person(i)) != forward[i] {
			t.Fatalf("person %d is another in a larger world", i)
		}
	}
}

func TestPersonPanicsForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	for _, i := range []int{-1, w.Len()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Person(%d) is somebody", i)
				}
			}()
			w.Person(i)
		}()
	}
}

type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteReturnsTheWritersError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3000)
	l := w.Lists()[0]
	for _, room := range []int{0, 70_000} {
		if err := w.WriteAccounts(&brokenWriter{room}); !errors.Is(err, errBroken) {
			t.Errorf("WriteAccounts with room for %d: %v", room, err)
		}
		if err := w.WriteContactPoints(&brokenWriter{room}); !errors.Is(err, errBroken) {
			t.Errorf("WriteContactPoints with room for %d: %v", room, err)
		}
		if err := l.WriteCSV(&brokenWriter{room}); !errors.Is(err, errBroken) {
			t.Errorf("WriteCSV with room for %d: %v", room, err)
		}
	}
}

func BenchmarkContactPoints(b *testing.B) {
	w := newWorld(b, 20_000)
	n := 0
	for b.Loop() {
		var c counter
		if err := w.WriteContactPoints(&c); err != nil {
			b.Fatal(err)
		}
		n += int(c)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkList(b *testing.B) {
	w := newWorld(b, 20_000)
	for _, l := range w.Lists()[:2] {
		b.Run(l.Name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				var c counter
				if err := l.WriteCSV(&c); err != nil {
					b.Fatal(err)
				}
				n += int(c)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkMembers(b *testing.B) {
	w := newWorld(b, 20_000)
	l := w.Lists()[2]
	for b.Loop() {
		for range w.Members(l, world.State{At: start}) {
		}
	}
	b.ReportMetric(float64(b.N*w.Len())/b.Elapsed().Seconds(), "people/s")
}

// counter counts lines.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}
