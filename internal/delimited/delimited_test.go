package delimited_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/internal/delimited"
)

// row is what a Scanner has met.
type row struct {
	Kind  delimited.Kind
	Cells []string
}

func comma(maxRow int) delimited.Dialect {
	return delimited.Dialect{Separator: ',', Quotes: true, MaxRow: maxRow}
}

// scan reads a text whole.
func scan(text string, d delimited.Dialect) (out []row) {
	var s delimited.Scanner
	s.Dialect = d
	s.Reset(text)
	for {
		cells, kind := s.Cells(nil)
		if kind == delimited.End {
			return out
		}
		out = append(out, row{kind, cells})
		if kind == delimited.Open || kind == delimited.TooLong {
			return out
		}
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	full := func(cells ...string) row { return row{delimited.Row, cells} }
	blank, bad, open, long := row{Kind: delimited.Blank}, row{Kind: delimited.Bad}, row{Kind: delimited.Open}, row{Kind: delimited.TooLong}
	for name, c := range map[string]struct {
		text string
		want []row
	}{
		"nothing":                      {"", nil},
		"line feeds":                   {"a,b\nc\n", []row{full("a", "b"), full("c")}},
		"no end at the end":            {"a\nb", []row{full("a"), full("b")}},
		"both":                         {"a\r\nb\r\n", []row{full("a"), full("b")}},
		"carriage returns":             {"a\rb\r", []row{full("a"), full("b")}},
		"mixed":                        {"a\rb\r\nc\nd", []row{full("a"), full("b"), full("c"), full("d")}},
		"blank lines":                  {"\n\r\n\ra\n", []row{blank, blank, blank, full("a")}},
		"empty cells":                  {",,\n,", []row{full("", "", ""), full("", "")}},
		"quoted nothing":               {"\"\"\n", []row{full("")}},
		"quotes":                       {"\"a,\"\"b\",c\n", []row{full(`a,"b`, "c")}},
		"line end in quotes":           {"\"a\r\n\r\",e\n", []row{full("a\r\n\r", "e")}},
		"quote in the middle":          {"a\"b,c\nd\n", []row{bad, full("d")}},
		"text after quotes":            {"\"a\"b,c\nd\n", []row{bad, full("d")}},
		"text after quotes, two lines": {"\"a\n\"b,c\nd\n", []row{bad, full("d")}},
		"quote in a later cell":        {"a,b\"\rd\r", []row{bad, full("d")}},
		"quote after a good cell":      {"\"a\",b\"\nd", []row{bad, full("d")}},
		"open":                         {"a\n\"b,c\nd\n", []row{full("a"), open}},
		"closed by the end":            {"\"b\"", []row{full("b")}},
		"closed by a carriage return":  {"\"b\"\rc", []row{full("b"), full("c")}},
		"just fits":                    {"123456789\na\n", []row{full("123456789"), full("a")}},
		"too long":                     {"a\n1234567890\na\n", []row{full("a"), long}},
		"too long in quotes":           {"\"12345678\"\n", []row{long}},
		"too long and open":            {"\"12345678901", []row{long}},
		"too long and bad":             {"a\"1234567890\nb", []row{long}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, scan(c.text, comma(10))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff([]row{full(`a,"b`), full("\x00")}, scan("a,\"b\n\x00", delimited.Dialect{MaxRow: 99})); diff != "" {
		t.Errorf("without separator and quotes: %s", diff)
	}
}

// pieces are what texts are made of, so that trouble is common.
var pieces = []string{"a", "bc", ",", ",", "\"", "\"", "\"\"", "\n", "\n", "\r\n", "\r", "\",\"", "ä", ";"}

func drawText(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), "")
}

// TestWantedCells holds the cells that are asked for against all cells.
func TestWantedCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		var want []int
		for i := range 5 {
			if rapid.Bool().Draw(t, "want") {
				want = append(want, i)
			}
		}
		var s delimited.Scanner
		s.Dialect = comma(40)
		s.Reset(text)
		out := make([]string, len(want))
		for i, r := range scan(text, comma(40)) {
			for j := range out {
				out[j] = "left from before"
			}
			if kind := s.Next(want, out); kind != r.Kind {
				t.Fatalf("%q: row %d is of kind %d, want %d", text, i, kind, r.Kind)
			}
			if r.Kind != delimited.Row {
				continue
			}
			for j, w := range want {
				cell := ""
				if w < len(r.Cells) {
					cell = r.Cells[w]
				}
				if out[j] != cell {
					t.Fatalf("%q: row %d column %d is %q, want %q", text, i, w, out[j], cell)
				}
			}
		}
	})
}

// TestBlocksChangeNothing holds the rows of the blocks against those of the text
// whole, however it arrives.
func TestBlocksChangeNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	rapid.Check(t, func(t *rapid.T) {
		d := comma(rapid.IntRange(4, 40).Draw(t, "row"))
		d.Quotes = rapid.Bool().Draw(t, "quotes")
		text := drawText(t)
		fails := rapid.Bool().Draw(t, "fails")
		r := io.Reader(strings.NewReader(text))
		if fails {
			r = io.MultiReader(r, iotest.ErrReader(broken))
		}
		if rapid.Bool().Draw(t, "byte by byte") {
			r = iotest.OneByteReader(r)
		}
		s := delimited.NewSplitter(r, d)
		s.Shrink(rapid.IntRange(2*d.MaxRow, 120).Draw(t, "block"))
		var got []row
		var err error
		ended := false
		for err == nil && !ended {
			var block string
			if block, err = s.Next(); err == nil {
				got = append(got, scan(block, d)...)
				ended = len(got) > 0 && got[len(got)-1].Kind == delimited.TooLong
			}
		}
		want := scan(text, d)
		if ended {
			err = io.EOF
		}
		if fails && !ended {
			// What the stream would have gone on with is not known.
			if err != broken || len(got) > len(want) {
				t.Fatalf("%q: error %v after %d rows", text, err, len(got))
			}
			want = want[:len(got)]
		} else if err != io.EOF {
			t.Fatalf("%q: error %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			t.Fatalf("%q (-whole +blocks): %s", text, diff)
		}
	})
}

// TestHalfALineEnd lets a block end between a carriage return and its line feed.
func TestHalfALineEnd(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("abc\r\n", 20)
	for _, quotes := range []bool{false, true} {
		d := delimited.Dialect{Separator: ',', Quotes: quotes, MaxRow: 8}
		for size := 16; size < 24; size++ {
			s := delimited.NewSplitter(strings.NewReader(text), d)
			s.Shrink(size)
			var got []row
			for {
				block, err := s.Next()
				if err != nil {
					break
				}
				got = append(got, scan(block, d)...)
			}
			if diff := cmp.Diff(scan(text, d), got); diff != "" {
				t.Errorf("blocks of %d, quotes %v: %s", size, quotes, diff)
			}
		}
	}
}

// FuzzScanner compares with encoding/csv. The text's carriage returns by
// themselves are left out, which encoding/csv takes for text.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\",d\r\n", "a\"b\n\"c\"d\n\"", "\"a\n\nb\",\"\"\"\"\n\n", "\"a\"\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "\r\n", "\n")
		if strings.Contains(text, "\r") {
			return
		}
		oracle := csv.NewReader(strings.NewReader(text))
		oracle.FieldsPerRecord = -1
		for i, r := range scan(text, comma(1<<30)) {
			if r.Kind == delimited.Blank {
				continue
			}
			cells, err := oracle.Read()
			_, refused := errors.AsType[*csv.ParseError](err)
			if refused != (r.Kind == delimited.Bad || r.Kind == delimited.Open) || !refused && err != nil {
				t.Fatalf("row %d is of kind %d, the oracle says %v", i, r.Kind, err)
			}
			if diff := cmp.Diff(cells, r.Cells); !refused && diff != "" {
				t.Fatalf("row %d (-oracle +got): %s", i, diff)
			}
		}
		if cells, err := oracle.Read(); err != io.EOF {
			t.Fatalf("the oracle goes on with %q, %v", cells, err)
		}
	})
}
