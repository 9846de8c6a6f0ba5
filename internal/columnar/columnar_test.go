package columnar_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/columnar"
)

var limits = columnar.Limits{Footer: 1 << 20, Page: 1 << 20, Values: 1 << 16, Row: 4096}

type person struct {
	Email  string   `parquet:"email,optional"`
	Digest [32]byte `parquet:"digest"`
	Raw    []byte   `parquet:"raw"`
	Phone  int64    `parquet:"phone"`
	Score  float64  `parquet:"score"`
	Opted  bool     `parquet:"opted"`
	More   []string `parquet:"more,list"`
	Home   struct {
		City string `parquet:"city"`
	} `parquet:"home"`
}

func write[T any](tb testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// read reads columns by name, each cell as its values between "|".
func read(file []byte, names ...string) (out [][]string, err error) {
	f, err := columnar.Open(bytes.NewReader(file), int64(len(file)), limits)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var columns []int
	for i, n := range f.Names() {
		if names == nil || slices.Contains(names, n) {
			columns = append(columns, i)
		}
	}
	r := f.Rows(columns)
	defer r.Close()
	for {
		b, err := r.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		for row := range slices.Chunk(b.Cells, max(len(columns), 1)) {
			var cells []string
			for _, values := range row {
				cells = append(cells, strings.Join(values, "|"))
			}
			out = append(out, cells)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	people := []person{
		{Email: "anna@example.com", Digest: [32]byte{1, 255}, Raw: []byte("plain"), Phone: 447912345678, Score: 4.5, Opted: true, More: []string{"a", "b"}},
		{Raw: []byte{0, 1}, Phone: -1},
	}
	people[0].Home.City = "Leeds"
	for name, options := range map[string][]parquet.WriterOption{
		"as it comes": nil, "gzip": {parquet.Compression(&parquet.Gzip)}, "zstd, old pages": {parquet.Compression(&parquet.Zstd), parquet.DataPageVersion(1)},
		"snappy": {parquet.Compression(&parquet.Snappy)},
	} {
		got, err := read(write(t, people, options...), "email", "digest", "raw", "phone", "score", "opted", "more", "home.city")
		if err != nil {
			t.Fatal(name, err)
		}
		want := [][]string{
			{"anna@example.com", "01ff" + strings.Repeat("0", 60), "plain", "447912345678", "4.5", "", "a|b", "Leeds"},
			{"", strings.Repeat("0", 64), "0001", "-1", "0", "", "", ""},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestManyGroupsAndPages reads lists whose rows go over pages.
func TestManyGroupsAndPages(t *testing.T) {
	t.Parallel()
	type row struct {
		More []string `parquet:"more,list"`
		Name string   `parquet:"name,dict"`
	}
	var rows []row
	var want [][]string
	for i := range 5000 {
		r := row{Name: strings.Repeat("n", i%3)}
		for range i % 4 {
			r.More = append(r.More, strings.Repeat("x", i%7+1))
		}
		rows = append(rows, r)
		want = append(want, []string{strings.Join(r.More, "|"), r.Name})
	}
	got, err := read(write(t, rows, parquet.PageBufferSize(200), parquet.MaxRowsPerRowGroup(700)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	type text struct {
		Email string `parquet:"email"`
	}
	prefixes := parquet.NewSchema("list", parquet.Group{"email": parquet.Encoded(parquet.String(), &parquet.DeltaByteArray)})
	good := write(t, []text{{"anna@example.com"}})
	rows := func(n int) []text { return slices.Repeat([]text{{strings.Repeat("x", 100)}}, n) }
	// A footer that says that it has 2^31 columns.
	liar := append([]byte("PAR1"), 0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0)
	liar = append(binary.LittleEndian.AppendUint32(liar, uint32(len(liar)-4)), "PAR1"...)
	damagedPage := slices.Clone(good)
	damagedPage[4] ^= 0xff
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"nothing":             {[]byte("PAR1"), columnar.ReasonNotOne},
		"cut":                 {good[:len(good)-10], columnar.ReasonNotOne},
		"directory too large": {append(append([]byte("PAR1"), make([]byte, 2<<20)...), "\x00\x00\x1f\x00PAR1"...), columnar.ReasonNotOne},
		"endless list":        {liar, columnar.ReasonNotOne},
		"damaged page":        {damagedPage, columnar.ReasonNotOne},
		"large page":          {write(t, rows(20_000), parquet.PageBufferSize(8<<20)), columnar.ReasonPage},
		"bomb":                {write(t, rows(20_000), parquet.PageBufferSize(8<<20), parquet.Compression(&parquet.Zstd)), columnar.ReasonPage},
		"many values":         {write(t, slices.Repeat([]text{{""}}, 1<<17), parquet.PageBufferSize(1<<20)), columnar.ReasonPage},
		"long value":          {write(t, []text{{strings.Repeat("x", 5000)}}), columnar.ReasonRow},
		"prefixes":            {write(t, []text{{"anna@example.com"}}, prefixes), columnar.ReasonEncoding},
	} {
		_, err := read(c.file)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Field != "file" || e.Reason != c.reason {
			t.Errorf("%s: error is %v, want %s", name, err, c.reason)
		}
	}
}

// TestWalk holds that what is walked has all that it says it has.
func TestWalk(t *testing.T) {
	t.Parallel()
	structures := func(n int) []byte {
		list := binary.AppendUvarint([]byte{0x19, 0xfc}, uint64(n)) // a field, a list of structures
		return append(append(list, make([]byte, n)...), 0)
	}
	for name, c := range map[string]struct {
		b  []byte
		n  int
		ok bool
	}{
		"empty":                {[]byte{0}, 1, true},
		"nothing":              {nil, 0, false},
		"truth, number, text":  {[]byte{0x11, 0x15, 2, 0x18, 1, 'x', 0, 99}, 7, true},
		"map and double":       {append([]byte{0x1b, 1, 0x87, 1, 'k'}, make([]byte, 9)...), 14, true},
		"text too long":        {[]byte{0x18, 9, 'x', 0}, 4, false},
		"list too long":        {[]byte{0x19, 0xf5, 9, 0}, 3, false},
		"unknown kind":         {[]byte{0x1f, 0}, 1, false},
		"structures":           {structures(99), 103, true},
		"as many as there may": {structures(columnar.MaxElements), columnar.MaxElements + 6, true},
		"too many":             {structures(columnar.MaxElements + 1), 0, false},
		"too deep":             {bytes.Repeat([]byte{0x1c}, 99), 0, false},
	} {
		n, ok := columnar.Walk(c.b)
		if ok != c.ok || ok && n != c.n {
			t.Errorf("%s: %d bytes, %v", name, n, ok)
		}
	}
}

// TestPageThatUnpacksToMore is one whose packed content is larger than the page
// says.
func TestPageThatUnpacksToMore(t *testing.T) {
	t.Parallel()
	type text struct {
		Email string `parquet:"email"`
	}
	file := write(t, slices.Repeat([]text{{strings.Repeat("x", 100)}}, 100), parquet.Compression(&parquet.Gzip), parquet.DataPageVersion(1))
	// The head of the page begins with its type (0) and its size, 10,124 bytes, in
	// zigzag.
	head := []byte{0x15, 0, 0x15, 0x98, 0x9e, 0x01}
	at := bytes.Index(file, head)
	if at < 0 {
		t.Fatalf("no such head in % x", file[:40])
	}
	file[at+3] = 0x90 // four bytes fewer
	_, err := read(file)
	if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Reason != columnar.ReasonNotOne {
		t.Errorf("error is %v", err)
	}
}

// FuzzFile holds that any file is read, or refused with an error that has a name.
func FuzzFile(f *testing.F) {
	type text struct {
		Email string   `parquet:"email,optional"`
		More  []string `parquet:"more,list"`
	}
	rows := []text{{"anna@example.com", []string{"a", "b"}}, {}}
	f.Add(write(f, rows))
	f.Add(write(f, rows, parquet.Compression(&parquet.Gzip), parquet.DataPageVersion(1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := read(b)
		if e, ok := errors.AsType[*selvedge.Error](err); err != nil && (!ok || e.Reason == "") {
			t.Errorf("error is %v", err)
		}
	})
}
