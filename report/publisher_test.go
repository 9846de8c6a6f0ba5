package report_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/report"
)

// shelf is a Repository and a blob.Store in memory.
type shelf struct {
	blob.Store
	told  []report.Publication
	bytes map[[32]byte][]byte
}

func (s *shelf) InsertPublication(_ context.Context, _ selvedge.Tx, p *report.Publication) error {
	p.ID = int64(len(s.told) + 1)
	s.told = append(s.told, *p)
	return nil
}

func (s *shelf) Publications(_ context.Context, _ selvedge.Tx, entity string, from time.Time) (n int64, err error) {
	for _, p := range s.told {
		if p.Entity == entity && !p.At.Before(from) {
			n++
		}
	}
	return n, nil
}

func (s *shelf) OwnFigures(_ context.Context, _ selvedge.Tx, entity string, least, most uint64, fn func(report.Publication) error) error {
	for _, p := range slices.Backward(s.told) {
		if p.Own && p.Entity == entity && p.Count >= least && p.Count <= most {
			if err := fn(p); err != nil {
				return err
			}
		}
	}
	return nil
}

type content []byte

func (c content) Bytes() []byte { return c }
func (content) Close() error    { return nil }

func (s *shelf) Open(_ context.Context, ref blob.Ref) (blob.Content, error) {
	b, ok := s.bytes[ref.Sum]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return content(b), nil
}

// desk asks for figures, one a minute.
type desk struct {
	*testing.T
	shelf shelf
	at    time.Time
	last  map[selvedge.AudienceID]report.Answer
}

func newDesk(t *testing.T) *desk {
	return &desk{
		T: t, shelf: shelf{bytes: map[[32]byte][]byte{}},
		at: time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC), last: map[selvedge.AudienceID]report.Answer{},
	}
}

func (d *desk) ask(entity string, id selvedge.AudienceID, members *roaring.Bitmap) report.Answer {
	d.Helper()
	var b bytes.Buffer
	if _, err := members.WriteTo(&b); err != nil {
		d.Fatal(err)
	}
	ref := blob.Ref{Kind: blob.KindBitmap, Size: int64(b.Len())}
	copy(ref.Sum[:], fmt.Sprint(len(d.shelf.bytes)))
	d.shelf.bytes[ref.Sum] = b.Bytes()
	d.at = d.at.Add(time.Minute)
	p := report.Publisher{Repo: &d.shelf, Blobs: &d.shelf}
	a, err := p.Tell(d.Context(), nil, report.Question{Entity: entity, Audience: id, Version: 1, At: d.at, Last: d.last[id]}, report.Set{Members: members, Ref: ref})
	if err != nil {
		d.Fatal(err)
	}
	d.last[id] = a
	return a
}

func (d *desk) want(what string, a report.Answer, size string, at, due time.Time) {
	d.Helper()
	if a.Size.String() != size || !a.At.Equal(at) || !a.Due.Equal(due) || a.Told() == at.IsZero() {
		d.Errorf("%s: %s of %v, due %v; want %s of %v, due %v", what, a.Size, a.At, a.Due, size, at, due)
	}
}

// TestOnePersonNeverShows: at an edge of the ladder, one more, one less, or a few
// hundred others change no figure of the entity, in whichever audience.
func TestOnePersonNeverShows(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.want("1,999", d.ask("Acme", "a", set(1, 1999)), "1k-2k", d.at, time.Time{})
	for i, more := range []uint32{2000, 2001, 1998, 2500, 1100} {
		id := selvedge.AudienceID(fmt.Sprint(i))
		d.want(fmt.Sprint(more), d.ask("Acme", id, set(1, more)), "1k-2k", d.at, time.Time{})
	}
	d.want("another entity", d.ask("Bolt", "b", set(1, 2000)), "2k-5k", d.at, time.Time{})
	d.want("500 others", d.ask("Acme", "c", set(500, 2000)), "1k-2k", d.at, time.Time{})
	d.want("1,001 more", d.ask("Acme", "d", set(1, 3000)), "2k-5k", d.at, time.Time{})
	// What had another's figure is nobody's measure: 2,500 was near to 1,999.
	d.want("near to both", d.ask("Acme", "e", set(1, 2500)), "2k-5k", d.at, time.Time{})
	if n := len(d.shelf.told); n != 10 {
		t.Errorf("%d were charged, want each", n)
	}
}

// TestBudget: past it the figure from before stays, whatever the set is.
func TestBudget(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.ask("Acme", "a", set(1, 10_000))
	for i := range report.PerDay - 1 {
		d.ask("Acme", selvedge.AudienceID(fmt.Sprint(i)), set(uint32(1_000_000*(i+1)), 10_000))
	}
	day := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	for range 2 { // and what is told past the budget is no new beginning
		a := d.ask("Acme", "a", set(1, 80_000))
		d.want("spent", a, "10k-20k", first.At, day)
	}
	d.want("spent, and nothing told before", d.ask("Acme", "new", set(1, 80_000)), report.TooSmall, time.Time{}, day)
	d.want("another entity", d.ask("Bolt", "b", set(1, 80_000)), "50k-100k", d.at, time.Time{})
	d.at = day.Add(-time.Second)
	a := d.ask("Acme", "a", set(1, 80_000))
	d.want("the next day", a, "50k-100k", d.at, time.Time{})
	if n := len(d.shelf.told); n != report.PerDay+2 {
		t.Errorf("%d were charged", n)
	}
}

// TestBudgetOfAMonth runs to the month's end and over it.
func TestBudgetOfAMonth(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	next := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range report.PerMonth {
		d.at = time.Date(2026, 4, 1+i/10, 9, i%10, 0, 0, time.UTC)
		if a := d.ask("Acme", "a", set(1, 5000)); !a.Due.IsZero() {
			t.Fatalf("figure %d is due at %v", i+1, a.Due)
		}
	}
	d.at = time.Date(2026, 4, 29, 0, 0, 0, 0, time.UTC)
	if a := d.ask("Acme", "a", set(1, 5000)); !a.Due.Equal(next) {
		t.Errorf("the month is spent, and the next one due at %v", a.Due)
	}
	d.at = next.Add(-time.Minute)
	d.want("the next month", d.ask("Acme", "a", set(1, 5000)), "5k-10k", next, time.Time{})
}

// TestBisection: the attack that reads an exact count out of rounded figures in
// nine questions learns where no edge is.
func TestBisection(t *testing.T) {
	t.Parallel()
	for _, hidden := range []uint32{0, 1} { // whether the person is there
		d := newDesk(t)
		var told []string
		for i := range 19 {
			fillers := 1990 + uint32(i)
			members := set(10, fillers)
			if hidden == 1 {
				members.Add(5)
			}
			told = append(told, d.ask("Acme", selvedge.AudienceID(fmt.Sprint(i)), members).Size.String())
		}
		if got := slices.Compact(told); !slices.Equal(got, []string{"1k-2k"}) {
			t.Errorf("with %d: told %v", hidden, got)
		}
	}
}

// BenchmarkTell asks an entity that was told of 10,000 sets of all sizes.
func BenchmarkTell(b *testing.B) {
	s := shelf{bytes: map[[32]byte][]byte{}}
	at := time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		n := uint32(1000 * (1 + i%1000)) // 1,000 to 1,000,000
		m := roaring.New()
		for o := range n / 50 {
			m.Add(uint32(i) + 50*o) // one in 50, so that there is no short form
		}
		var buf bytes.Buffer
		_, _ = m.WriteTo(&buf)
		ref := blob.Ref{Kind: blob.KindBitmap, Size: int64(buf.Len())}
		copy(ref.Sum[:], fmt.Sprint(i))
		s.bytes[ref.Sum] = buf.Bytes()
		s.told = append(s.told, report.Publication{Entity: "Acme", At: at, Own: true, Members: &ref, Count: m.GetCardinality()})
	}
	asked := roaring.New()
	for o := range uint32(10_000) {
		asked.Add(49*o + 7)
	}
	p := report.Publisher{Repo: &s, Blobs: &s}
	n := len(s.told)
	for b.Loop() {
		s.told = s.told[:n]
		_, err := p.Tell(b.Context(), nil, report.Question{Entity: "Acme", Audience: "a", Version: 1, At: at.AddDate(0, 2, 0)}, report.Set{Members: asked})
		if err != nil {
			b.Fatal(err)
		}
	}
}
