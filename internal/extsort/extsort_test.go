package extsort_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/internal/extsort"
)

// add fills a new Sorter.
func add(t testing.TB, dir string, memory int, records []extsort.Record) *extsort.Sorter {
	t.Helper()
	s := extsort.New(dir, memory)
	t.Cleanup(func() { s.Close() })
	for _, r := range records {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// drain reads a Sorter to its end, which may be an error.
func drain(s *extsort.Sorter) ([]extsort.Record, error) {
	var out []extsort.Record
	for r, err := range s.Sorted() {
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// random makes n records of so few values that repeats and ties are common.
func random(n int) []extsort.Record {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	out := make([]extsort.Record, n)
	for i := range out {
		out[i] = extsort.Record{A: rnd.Uint64N(50), B: rnd.Uint64N(3), C: rnd.Uint64()}
	}
	return out
}

func left(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSortedEqualsSliceSort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	value := rapid.Custom(func(t *rapid.T) uint64 {
		return rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64()).Draw(t, "value")
	})
	record := rapid.Custom(func(t *rapid.T) extsort.Record {
		return extsort.Record{A: value.Draw(t, "a"), B: value.Draw(t, "b"), C: value.Draw(t, "c")}
	})
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(record, 0, 300).Draw(rt, "records")
		// From less than one record to more than all of them.
		memory := rapid.IntRange(0, 330*extsort.RecordSize).Draw(rt, "memory")
		s := add(t, dir, memory, records)
		defer s.Close()
		if s.Len() != int64(len(records)) {
			rt.Fatalf("Len = %d, want %d", s.Len(), len(records))
		}
		got, err := drain(s)
		if err != nil {
			rt.Fatal(err)
		}
		want := slices.Clone(records)
		slices.SortFunc(want, extsort.Record.Compare)
		if !slices.Equal(got, want) {
			rt.Fatalf("%d records with %d bytes of memory come out wrong", len(records), memory)
		}
		if names := left(t, dir); len(names) > 0 {
			rt.Fatalf("names in the folder: %v", names)
		}
	})
}

func TestCompareOrdersByAThenBThenC(t *testing.T) {
	t.Parallel()
	ordered := []extsort.Record{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {1 << 63, 0, 0}}
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(max(i-j, -1), 1)
			if got := a.Compare(b); got != want {
				t.Errorf("%v against %v = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestManyBlocksInARun(t *testing.T) {
	t.Parallel()
	records := random(50_000) // runs of several blocks, read in shares of a block
	got, err := drain(add(t, t.TempDir(), 10_000*extsort.RecordSize, records))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(records, extsort.Record.Compare)
	if !slices.Equal(got, records) {
		t.Error("records come out wrong")
	}
}

func TestUpToTheLimitNoDisk(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing") // any use of the disk fails
	const n = 100
	s := add(t, missing, n*extsort.RecordSize, random(n))
	if got, err := drain(s); err != nil || len(got) != n {
		t.Errorf("got %d records, error %v", len(got), err)
	}
	over := add(t, missing, n*extsort.RecordSize, random(n))
	if err := over.Add(extsort.Record{}); err == nil {
		t.Fatal("a run was written to a folder that does not exist")
	}
	if err := over.Add(extsort.Record{}); err == nil {
		t.Error("the error was forgotten by the next Add")
	}
	if got, err := drain(over); err == nil {
		t.Errorf("after a lost run, Sorted gave %d records and no error", len(got))
	}
}

func TestUseOutOfTurn(t *testing.T) {
	t.Parallel()
	for name, memory := range map[string]int{"in memory": 1 << 20, "on disk": 50 * extsort.RecordSize} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := add(t, t.TempDir(), memory, random(100))
			if _, err := drain(s); err != nil {
				t.Fatal(err)
			}
			if got, err := drain(s); err == nil {
				t.Errorf("read twice: %d records and no error", len(got))
			}
			if err := s.Add(extsort.Record{}); err == nil {
				t.Error("Add after Sorted gave no error")
			}
			if s.Len() != 100 {
				t.Errorf("Len = %d after a refused Add", s.Len())
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := s.Add(extsort.Record{}); err == nil {
				t.Error("Add after Close gave no error")
			}
			if got, err := drain(s); err == nil {
				t.Errorf("after Close: %d records and no error", len(got))
			}
		})
		t.Run(name+", reader stops early", func(t *testing.T) {
			t.Parallel()
			s := add(t, t.TempDir(), memory, random(100))
			for range s.Sorted() {
				break
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		t.Run(name+", reader closes", func(t *testing.T) {
			t.Parallel()
			s := add(t, t.TempDir(), memory, random(100))
			var n int
			var last error
			for _, err := range s.Sorted() {
				n, last = n+1, err
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			if last == nil || n != 2 {
				t.Errorf("%d steps, then %v: want the record and then an error", n, last)
			}
		})
	}
}

func TestFaultsEndWithAnError(t *testing.T) {
	t.Parallel()
	const n, limit = 1000, 64 * extsort.RecordSize
	faults := map[string]func(f *os.File) error{
		"last run gone":    func(f *os.File) error { return f.Truncate(14 * limit) },
		"last record gone": func(f *os.File) error { return f.Truncate(15*limit - extsort.RecordSize) },
		"last byte gone":   func(f *os.File) error { return f.Truncate(15*limit - 1) },
		"all gone":         func(f *os.File) error { return f.Truncate(0) },
		"first byte":       func(f *os.File) error { return flip(f, 0) },
		"middle byte":      func(f *os.File) error { return flip(f, 7*limit+11) },
		"last byte":        func(f *os.File) error { return flip(f, 15*limit-1) },
		"runs swapped":     func(f *os.File) error { return swap(f, 0, 3*limit, limit) },
		"not readable":     (*os.File).Close,
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := add(t, t.TempDir(), limit, random(n))
			if err := fault(s.File()); err != nil {
				t.Fatal(err)
			}
			if got, err := drain(s); err == nil {
				t.Errorf("%d of %d records and no error", len(got), n)
			}
		})
	}
}

func TestFileCutWhileMerging(t *testing.T) {
	t.Parallel()
	const n, limit = 1000, 64 * extsort.RecordSize
	s := add(t, t.TempDir(), limit, random(n))
	var got int
	for _, err := range s.Sorted() {
		if err != nil {
			return
		}
		if got++; got == 1 {
			if err := s.File().Truncate(0); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Errorf("%d of %d records and no error", got, n)
}

func flip(f *os.File, at int64) error {
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return err
	}
	b[0] ^= 1
	_, err := f.WriteAt(b[:], at)
	return err
}

func swap(f *os.File, a, b, n int64) error {
	first, second := make([]byte, n), make([]byte, n)
	if _, err := f.ReadAt(first, a); err != nil {
		return err
	}
	if _, err := f.ReadAt(second, b); err != nil {
		return err
	}
	if _, err := f.WriteAt(first, b); err != nil {
		return err
	}
	_, err := f.WriteAt(second, a)
	return err
}

func BenchmarkSort(b *testing.B) {
	const n = 1_000_000
	records := random(n)
	for name, memory := range map[string]int{"memory": n * extsort.RecordSize, "32 runs": n * extsort.RecordSize / 32} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := add(b, b.TempDir(), memory, records)
				if got, err := drain(s); err != nil || len(got) != n {
					b.Fatal(len(got), err)
				}
				s.Close()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
