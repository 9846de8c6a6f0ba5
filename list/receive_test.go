package list_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

func TestRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text             string
		rows, identifier list.Tally
	}{
		"used": {
			"email\nanna@example.com\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 1, Used: 1},
		},
		"last line without an end": {
			"email\nanna@example.com\nben@example.com",
			list.Tally{Read: 2, Used: 2},
			list.Tally{Read: 2, Used: 2},
		},
		"last line ends in a carriage return": {
			"email\nanna@example.com\r",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 1, Used: 1},
		},
		"blank lines are empty rows": {
			"email,phone\n\nanna@example.com,\n\r\n\n",
			list.Tally{Read: 4, Used: 1, Empty: 3},
			list.Tally{Read: 8, Used: 1, Empty: 7},
		},
		"blank lines before the header are none": {
			"\n\nemail\nanna@example.com\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 1, Used: 1},
		},
		"quoted nothing is an empty row": {
			"email\n\"\"\n",
			list.Tally{Read: 1, Empty: 1},
			list.Tally{Read: 1, Empty: 1},
		},
		"short row": {
			"name,email,phone\nAnna\nBen,ben@example.com\n",
			list.Tally{Read: 2, Used: 1, Empty: 1},
			list.Tally{Read: 4, Used: 1, Empty: 3},
		},
		"long row": {
			"email\nanna@example.com,ben@example.com\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 1, Used: 1},
		},
		"refused and used is used": {
			"email,email\nbad,anna@example.com\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 2, Used: 1, Refused: 1},
		},
		"refused and duplicate is duplicate": {
			"email,email\nanna@example.com,\nanna@example.com,bad\n",
			list.Tally{Read: 2, Used: 1, Duplicate: 1},
			list.Tally{Read: 4, Used: 1, Empty: 1, Duplicate: 1, Refused: 1},
		},
		"refused and empty is refused": {
			"email,email\n,bad\n",
			list.Tally{Read: 1, Refused: 1},
			list.Tally{Read: 2, Empty: 1, Refused: 1},
		},
		"placeholders are empty": {
			"email,phone\nn/a,0\n",
			list.Tally{Read: 1, Empty: 1},
			list.Tally{Read: 2, Empty: 2},
		},
		"repeat within a row": {
			"email,email\nanna@example.com,ANNA@example.com\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 2, Used: 1, Duplicate: 1},
		},
		"repeat across columns": {
			"email,email\nanna@example.com,\n,anna@example.com\n",
			list.Tally{Read: 2, Used: 1, Duplicate: 1},
			list.Tally{Read: 4, Used: 1, Empty: 2, Duplicate: 1},
		},
		"duplicate and used is used": {
			"email,email\nanna@example.com,\nanna@example.com,ben@example.com\n",
			list.Tally{Read: 2, Used: 2},
			list.Tally{Read: 4, Used: 2, Empty: 1, Duplicate: 1},
		},
		"the same hash under two kinds is two": {
			"email,phone\n" + strings.Repeat("ab", 32) + "," + strings.Repeat("ab", 32) + "\n",
			list.Tally{Read: 1, Used: 1},
			list.Tally{Read: 2, Used: 2},
		},
		// The further form of the first row is the identity of the second: each
		// is an identifier of its own.
		"a further form is no repeat": {
			"email\nselvedge.test.anna.0147@gmail.com\n" + hashed("selvedge.test.anna.0147@gmail.com") + "\n",
			list.Tally{Read: 2, Used: 2},
			list.Tally{Read: 2, Used: 2},
		},
		"bad quotes refuse the row's identifiers": {
			"email,phone,note\nanna@example.com,,5\" nails\n\"ben@example.com\"x,,\ncy@example.com,,\n",
			list.Tally{Read: 3, Used: 1, Refused: 2},
			list.Tally{Read: 6, Used: 1, Empty: 1, Refused: 4},
		},
		"bad quotes at the end": {
			"email\n\"anna@example.com\"x",
			list.Tally{Read: 1, Refused: 1},
			list.Tally{Read: 1, Refused: 1},
		},
		"line break in a cell": {
			"email,note\nanna@example.com,\"a\n\nb\"\nben@example.com,\n",
			list.Tally{Read: 2, Used: 2},
			list.Tally{Read: 2, Used: 2},
		},
		"not UTF-8": {
			"email,name\n" + strings.Repeat("n/a,\n", 30_000) + "ann\xe4@example.com,\nben@example.com,\xe4\n",
			list.Tally{Read: 30_002, Used: 1, Empty: 30_000, Refused: 1},
			list.Tally{Read: 30_002, Used: 1, Empty: 30_000, Refused: 1},
		},
		"header alone": {"email\n", list.Tally{}, list.Tally{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _ := newBench(t).receive(t, c.text, "")
			checkSums(t, report)
			if diff := cmp.Diff(c.rows, report.Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.identifier, report.Identifiers); diff != "" {
				t.Errorf("identifiers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefusedRows counts rows as a spreadsheet does.
func TestRefusedRows(t *testing.T) {
	t.Parallel()
	text := "\ufeffsep=,\n# comment\n\nemail,email,note\nbad,bad,\n\nanna@example.com,,\"1\n2\"\n\xff,,\n\"x\"y,,\nbad,,\n"
	b := newBench(t)
	sealed, err := b.Receive(t.Context(), strings.NewReader(text), granted(list.Options{Encoding: list.UTF8}))
	if err != nil {
		t.Fatal(err)
	}
	report := sealed.Report
	want := []list.Refusal{
		{Reason: "bad_quotes", Count: 2, Rows: []int64{8}},
		{Reason: "bad_text", Count: 1, Rows: []int64{7}},
		{Reason: "not_an_email", Count: 3, Rows: []int64{4, 9}},
	}
	if diff := cmp.Diff(want, report.Refused); diff != "" {
		t.Error(diff)
	}

	report, _ = newBench(t).receive(t, "email\n"+strings.Repeat("bad\n", 3*list.MaxRefusedRows), "")
	rows := make([]int64, list.MaxRefusedRows)
	for i := range rows {
		rows[i] = int64(i) + 2
	}
	want = []list.Refusal{{Reason: "not_an_email", Count: 3 * list.MaxRefusedRows, Rows: rows}}
	if diff := cmp.Diff(want, report.Refused); diff != "" {
		t.Error(diff)
	}
}

func TestReasonTexts(t *testing.T) {
	t.Parallel()
	for _, r := range []identifier.Reason{list.ReasonBadQuotes, list.ReasonBadText, identifier.ReasonMD5} {
		if list.ReasonText(r) == "" {
			t.Errorf("no text for %s", r)
		}
	}
}

func TestDefaultRegion(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"", "GB", "DE", "US"} {
		if report, _ := newBench(t).receive(t, "phone\n+12125550147\n", region); report.Rows.Used != 1 {
			t.Errorf("region %q: %+v", region, report.Rows)
		}
	}
	for _, region := range []string{"XX", "UK", "GBR", "44", "Germany", " "} {
		// A list without phones is refused as well: the sender believes something
		// that is not so.
		e := newBench(t).refuse(t, "email\nanna@example.com\n", region)
		if e.Code != selvedge.CodeInvalid || e.Field != "default_region" || strings.Contains(e.Error(), "X") {
			t.Errorf("region %q: %+v", region, e)
		}
	}
}

func TestRowTooLong(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("x", list.MaxLine-len("a@example.com,\n"))
	head := "email,note\n\nanna@example.com,\n"
	for name, c := range map[string]struct {
		text string
		row  int64 // 0 if the list is taken
	}{
		"just fits":          {head + "a@example.com," + fits + "\n", 0},
		"one byte more":      {head + "a@example.com," + fits + "x\n", 4},
		"just fits, quoted":  {head + "a@example.com,\"" + strings.Repeat("y\n", (len(fits)-2)/2) + "\"\n", 0},
		"endless quoted":     {head + "a@example.com,\"" + strings.Repeat("y\n", list.MaxLine) + "\"\n", 4},
		"endless, no end":    {head + strings.Repeat("x", 3*list.MaxLine), 4},
		"header":             {strings.Repeat("x", list.MaxLine+1), 1},
		"header after mark":  {"\ufeff\n#\n" + strings.Repeat("x", list.MaxLine+1), 3},
		"header, quoted":     {"email,\"" + strings.Repeat("y\n", list.MaxLine) + "\"\n", 1},
		"many blank lines":   {head + strings.Repeat("\n", 2*list.MaxLine) + "a@example.com,\n", 0},
		"bad quotes as well": {head + "a\"" + strings.Repeat("x", list.MaxLine), 4},
		"blank lines before": {head + strings.Repeat("\n", 100) + strings.Repeat("x", list.MaxLine+1), 104},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.row == 0 {
				newBench(t).receive(t, c.text, "")
				return
			}
			e := newBench(t).refuse(t, c.text, "")
			if e.Code != selvedge.CodeTooLarge || e.Row != c.row {
				t.Errorf("error is %+v, want row %d", e, c.row)
			}
		})
	}
}

// many is a list long enough to go through the disk before its end.
func many() string {
	var b strings.Builder
	b.WriteString("email\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "p%d@example.com\n", i)
	}
	return b.String()
}

func TestEndedEarly(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		text string
		err  error
		row  int64
	}{
		"inside quotes":                  {"email\n\"anna@example.com", nil, 2},
		"inside quotes, after a line":    {"email,note\na@example.com,\n\nb@example.com,\"x\n", nil, 4},
		"inside the header's quotes":     {"email,\"note", nil, 1},
		"unexpected end":                 {many(), io.ErrUnexpectedEOF, 3002},
		"unexpected end inside a line":   {many() + "half@exam", io.ErrUnexpectedEOF, 3002},
		"fault inside a row with quotes": {many() + "half\"@exam", broken, 3002},
		"fault inside quotes":            {many() + "\"half@exam\n", broken, 3002},
		"fault at once":                  {"", broken, 1},
		"fault in the header":            {"ema", broken, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			before := b.files(t)
			r := io.Reader(strings.NewReader(c.text))
			if c.err != nil {
				r = io.MultiReader(r, iotest.ErrReader(c.err))
			}
			_, err := b.Receive(t.Context(), r, granted(list.Options{}))
			e, ok := errors.AsType[*selvedge.Error](err)
			if !ok || e.Code != selvedge.CodeInvalid || e.Reason != "ended_early" || e.Row != c.row {
				t.Errorf("error is %+v, want row %d", err, c.row)
			}
			if c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("the cause is lost: %v", err)
			}
			if after := b.files(t); !slices.Equal(before, after) {
				t.Errorf("left: %v", after)
			}
		})
	}
}

func TestReadersOwnErrorIsKept(t *testing.T) {
	t.Parallel()
	tooLarge := selvedge.Errorf(selvedge.CodeTooLarge, "more than the cap")
	r := io.MultiReader(strings.NewReader(many()), iotest.ErrReader(tooLarge))
	if _, err := newBench(t).Receive(t.Context(), r, granted(list.Options{})); err != error(tooLarge) {
		t.Errorf("error is %v", err)
	}
}

// TestContextEnds ends the context while the list is read.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.files(t)
	for name, last := range map[string]error{"reader goes on": nil, "reader fails too": errors.New("closed")} {
		ctx, cancel := context.WithCancel(t.Context())
		end := readFunc(func(p []byte) (int, error) {
			cancel()
			return copy(p, "a@example.com\n"), last
		})
		if _, err := b.Receive(ctx, io.MultiReader(strings.NewReader(many()), end), granted(list.Options{})); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if after := b.files(t); !slices.Equal(before, after) {
		t.Errorf("left: %v", after)
	}
}

// TestContextEndsWhileSealing ends the context with the last byte of the list.
func TestContextEndsWhileSealing(t *testing.T) {
	t.Parallel()
	const rows = 70_000 // more than are sealed between two looks at the context
	var long strings.Builder
	for i := range rows {
		fmt.Fprintf(&long, "p%d@example.com\n", i)
	}
	for name, text := range map[string]string{"few": "a@example.com\n", "many": long.String()} {
		b := newBench(t)
		b.Memory = 0
		written := 0
		b.Blobs = countingStore{b.Blobs, &written}
		before := b.files(t)
		ctx, cancel := context.WithCancel(t.Context())
		end := readFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
		if _, err := b.Receive(ctx, io.MultiReader(strings.NewReader(text), end), granted(list.Options{})); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v", name, err)
		}
		if after := b.files(t); !slices.Equal(before, after) {
			t.Errorf("%s: left %v", name, after)
		}
		if written >= rows*token.Size {
			t.Errorf("%s: went on for %d bytes", name, written)
		}
	}
}

type countingStore struct {
	blob.Store
	written *int
}

func (s countingStore) Create(ctx context.Context, k blob.Kind) (blob.Writer, error) {
	w, err := s.Store.Create(context.WithoutCancel(ctx), k) // looks at no context itself
	return countingWriter{w, s.written}, err
}

type countingWriter struct {
	blob.Writer
	written *int
}

func (w countingWriter) Write(p []byte) (int, error) {
	*w.written += len(p)
	return w.Writer.Write(p)
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestSlowReaders(t *testing.T) {
	t.Parallel()
	text := "\ufeffsep=;\r\nemail;note\r\nanna@example.com;\"a\r\nb\"\r\n\r\nbad;\r\nanna@example.com;"
	want, spill := newBench(t).receive(t, text, "")
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader, "data with the end": iotest.DataErrReader,
	} {
		b := newBench(t)
		got, err := b.Receive(t.Context(), wrap(strings.NewReader(text)), granted(list.Options{}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got.Report) + cmp.Diff(tokens(spill), tokens(b.open(t, got.Spill))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSealed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sealed, err := b.Receive(t.Context(), strings.NewReader("email,phone\nanna@example.com,+12125550147\n"), granted(list.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if sealed.Spill.Kind != blob.KindSpill || sealed.Epoch != token.FirstEpoch || sealed.RuleSet != identifier.RuleSet {
		t.Errorf("sealed is %+v", sealed)
	}
	s := b.open(t, sealed.Spill)
	if s.Epoch() != sealed.Epoch || s.RuleSet() != sealed.RuleSet {
		t.Errorf("spill of epoch %d, rule set %d", s.Epoch(), s.RuleSet())
	}
	var want []string
	for kind, value := range map[identifier.Kind]string{identifier.Email: "anna@example.com", identifier.Phone: "+12125550147"} {
		cell, _ := identifier.Read(kind, value, "")
		for _, f := range append(slices.Clone(cell.Also()), cell.Identity) {
			want = append(want, fmt.Sprintf("%s %x", f.Class, [token.Size]byte(b.current(t).Of(f))))
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, tokens(s)); diff != "" {
		t.Error(diff)
	}
}

// TestSameListTwice sends one list twice: the same tokens and report, in two
// spills, so that the end of one does not take the other away.
func TestSameListTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err := b.Receive(t.Context(), strings.NewReader(many()), granted(list.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	b.Memory = 0 // the default: all in memory
	second, err := b.Receive(t.Context(), strings.NewReader(many()), granted(list.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if first.Spill == second.Spill {
		t.Error("one spill for both")
	}
	if diff := cmp.Diff(tokens(b.open(t, first.Spill)), tokens(b.open(t, second.Spill))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Report, second.Report); diff != "" {
		t.Error(diff)
	}
}

// TestStoreFaults lets each step of the store fail in turn.
func TestStoreFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	for _, step := range []string{"create", "write", "commit"} {
		b := newBench(t)
		before := b.files(t)
		b.Blobs = faultyStore{b.Blobs, step, broken}
		if _, err := b.Receive(t.Context(), strings.NewReader(many()), granted(list.Options{})); !errors.Is(err, broken) {
			t.Errorf("%s: error is %v", step, err)
		}
		if after := b.files(t); !slices.Equal(before, after) {
			t.Errorf("%s: left %v", step, after)
		}
	}
}

type faultyStore struct {
	blob.Store
	step string
	err  error
}

func (s faultyStore) Create(ctx context.Context, k blob.Kind) (blob.Writer, error) {
	if s.step == "create" {
		return nil, s.err
	}
	w, err := s.Store.Create(ctx, k)
	return faultyWriter{w, s}, err
}

type faultyWriter struct {
	blob.Writer
	s faultyStore
}

func (w faultyWriter) Write(p []byte) (int, error) {
	if w.s.step == "write" {
		return 0, w.s.err
	}
	return w.Writer.Write(p)
}

func (w faultyWriter) Commit() (blob.Ref, error) {
	if w.s.step == "commit" {
		return blob.Ref{}, w.s.err
	}
	return w.Writer.Commit()
}
