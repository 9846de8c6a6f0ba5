package contact_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/purpose"
)

// counted is a Transactor that calls after with the number of each commit.
type counted struct {
	selvedge.Transactor
	n     int
	after func(n int)
}

func (c *counted) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	err := c.Transactor.Update(ctx, fn)
	c.n++
	c.after(c.n)
	return err
}

// cutAfter imports until so many transactions have committed, and there the
// process is told to stop. It returns how many there were.
func (p *platform) cutAfter(t testing.TB, commits int, accounts, points contact.Source) (int, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	im := p.Importer
	c := &counted{Transactor: p.db, after: func(n int) {
		if n == commits {
			cancel()
		}
	}}
	im.Tx = c
	_, err := im.Import(ctx, office, accounts, points)
	return c.n, err
}

// cutAt brings a delivery until so many transactions have committed.
func (p *platform) cutAt(t testing.TB, commits int, d contact.Delivery) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	im := p.Importer
	im.Tx = &counted{Transactor: p.db, after: func(n int) {
		if n == commits {
			cancel()
		}
	}}
	if _, err := im.Bring(ctx, office, d); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
}

// TestCutOffAnywhere cuts an import off after each of its transactions. Nothing
// that it brought can be matched; other files are refused; and the same files
// bring it to the state of an import that was not cut off, byte for byte.
func TestCutOffAnywhere(t *testing.T) {
	t.Parallel()
	w, err := world.New(world.Config{Seed: "cut", People: 1100, Start: start})
	must(t, err)
	accounts, points := written(t, w.WriteAccounts), written(t, w.WriteContactPoints)
	begin := func(t *testing.T) *platform {
		p := barePlatform(t)
		p.registerWorld(t, w)
		return p
	}
	whole := begin(t)
	report, err := whole.Import(t.Context(), office, text(accounts), text(points))
	must(t, err)
	want := whole.content(t, books...)
	total, err := begin(t).cutAfter(t, 0, text(accounts), text(points))
	must(t, err)
	if total < 7 || report.Points.Matchable < 300 {
		t.Fatalf("%d transactions and %d matchable contact points are too few to cut", total, report.Points.Matchable)
	}
	for n := 1; n < total; n++ {
		t.Run(fmt.Sprintf("after %d of %d", n, total), func(t *testing.T) {
			t.Parallel()
			p := begin(t)
			if _, err := p.cutAfter(t, n, text(accounts), text(points)); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v, want the context's", err)
			}
			p.wantNothingMatchable(t)
			_, err := p.Import(t.Context(), office, text(accounts), text(points+given("u-00000001", jane, "offers", 1)))
			wantError(t, "other files", err, selvedge.CodeConflict, "", "import_open")
			if n == total-1 {
				// Cut off again, in the middle.
				if _, err := p.cutAfter(t, 3, text(accounts), text(points)); !errors.Is(err, context.Canceled) {
					t.Fatalf("error %v, want the context's", err)
				}
			}

			again, err := p.Import(t.Context(), office, text(accounts), text(points))
			must(t, err)
			checkSums(t, again)
			if diff := cmp.Diff(report.Points, again.Points); diff != "" {
				t.Errorf("what it says of contact points (-whole +resumed):\n%s", diff)
			}
			if diff := cmp.Diff(want, p.content(t, books...)); diff != "" {
				t.Errorf("the content (-whole +resumed):\n%.3000s", diff)
			}
			p.load(t, adults("u-new"), given("u-new", jane, "offers-from-advertisers", 1)) // and other files are taken again
		})
	}
}

// wantNothingMatchable fails the test if the manifest names a chunk, or if the
// change log says that an ordinal came on.
func (p *platform) wantNothingMatchable(t testing.TB) {
	t.Helper()
	now := p.content(t)
	for _, table := range []string{"chunk", "change_ads"} {
		if n := len(now[table]); n != 0 {
			t.Errorf("%s has %d rows, want none", table, n)
		}
	}
}

// failing opens a file that breaks, from the n-th opening on, after so many bytes.
func failing(s string, opening int, after int, err error) (contact.Source, *atomic.Int32) {
	var opened, open atomic.Int32
	return func() (io.ReadCloser, error) {
		open.Add(1)
		var r io.Reader = strings.NewReader(s)
		if int(opened.Add(1)) >= opening {
			r = io.MultiReader(strings.NewReader(s[:after]), brokenReader{err})
		}
		return closer{r, func() { open.Add(-1) }}, nil
	}, &open
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error { c.close(); return nil }

// TestSourceBreaks has either file break, in the first pass and in the second.
// In the first nothing happened at all; in the second the import stays open and
// the same files complete it. Every file that was opened is closed when Import
// returns.
func TestSourceBreaks(t *testing.T) {
	t.Parallel()
	var accounts, points strings.Builder
	for i := range 3000 {
		id := fmt.Sprintf("u%04d", i)
		accounts.WriteString(adults(id))
		points.WriteString(given(id, id+"@example.com", "offers", 9))
	}
	files := [2]string{accountsHeader + accounts.String(), pointsHeader + points.String()}
	mine := errors.New("the disk is gone")
	for name, c := range map[string]struct{ file, pass int }{
		"accounts, first pass":        {0, 1},
		"accounts, second pass":       {0, 2},
		"contact points, first pass":  {1, 1},
		"contact points, second pass": {1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			empty := p.content(t)
			var sources [2]contact.Source
			var open [2]*atomic.Int32
			for i, f := range files {
				opening, after := 99, len(f)
				if i == c.file {
					opening, after = c.pass, len(f)*2/3
				}
				sources[i], open[i] = failing(f, opening, after, mine)
			}
			_, err := p.Import(t.Context(), office, sources[0], sources[1])
			if !errors.Is(err, mine) {
				t.Fatalf("error %v, want the file's", err)
			}
			if open[0].Load()+open[1].Load() != 0 {
				t.Error("a file is still open")
			}
			if c.pass == 1 {
				if diff := cmp.Diff(empty, p.content(t)); diff != "" {
					t.Errorf("something was written:\n%s", diff)
				}
			}
			p.wantReach(t, "cut off", "u0001@example.com")
			r, err := p.Import(t.Context(), office, text(files[0]), text(files[1]))
			must(t, err)
			checkSums(t, r)
			if r.Points.Matchable != 3000 {
				t.Errorf("%d matchable, want all", r.Points.Matchable)
			}
			p.wantReach(t, "complete", "u0001@example.com", "u0001")
		})
	}
}

// TestFilesAreClosed stops an import while its reader is ahead of it. Whoever
// called may remove the files as soon as it returns.
func TestFilesAreClosed(t *testing.T) {
	t.Parallel()
	points := pointsHeader + strings.Repeat(given("u1", jane, "two-factor", 9), 30_000)
	p := newPlatform(t)
	source, open := failing(points, 99, 0, nil)
	if _, err := p.cutAfter(t, 3, text(accountsHeader+adults("u1")), source); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	if open.Load() != 0 {
		t.Error("the file is still open")
	}
}

// TestFilesThatChange has a file that is another one at the second opening. What
// would be applied is not what was checked, so the import stays open.
func TestFilesThatChange(t *testing.T) {
	t.Parallel()
	accounts, points := accountsHeader+adults("u1", "u2"), pointsHeader+given("u1", jane, "offers", 9)+given("u2", joe, "offers", 9)
	turning := func(first, second string) contact.Source {
		n := 0
		return func() (io.ReadCloser, error) {
			if n++; n == 1 {
				return text(first)()
			}
			return text(second)()
		}
	}
	for name, c := range map[string]struct{ accounts, points contact.Source }{
		"shorter":         {text(accounts), turning(points, pointsHeader+given("u1", jane, "offers", 9))},
		"longer":          {text(accounts), turning(points, points+given("u1", joe, "offers", 8))},
		"other accounts":  {turning(accounts, accounts+adults("u3")), text(points)},
		"another address": {text(accounts), turning(points, strings.Replace(points, joe, "jim@example.org", 1))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			_, err := p.Import(t.Context(), office, c.accounts, c.points)
			wantError(t, "changed files", err, selvedge.CodeConflict, "", "files_changed")
			p.wantReach(t, "one that did not change", jane)
			_, err = p.Import(t.Context(), office, text(accounts), text(points))
			must(t, err)
			p.wantReach(t, "complete", jane, "u1")
		})
	}
}

// cutOpen leaves an import open after all of its rows were applied.
func (p *platform) cutOpen(t testing.TB, accounts, points string) (complete func()) {
	t.Helper()
	// One transaction begins it, and each of the files is one batch.
	if _, err := p.cutAfter(t, 3, text(accountsHeader+accounts), text(pointsHeader+points)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	return func() {
		t.Helper()
		p.load(t, accounts, points)
	}
}

// TestActsWhileAnImportIsOpen withdraws, objects and takes an objection back
// before the import is complete.
func TestActsWhileAnImportIsOpen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	complete := p.cutOpen(t, adults("u1", "u2", "u3"), given("u1", jane, "offers", 9)+given("u1", joe, "offers", 8)+
		given("u2", jane, "offers", 9)+given("u3", jane, "offers", 9))
	p.wantWhy(t, "u1", "import_open", "import_open")
	all := purpose.Of(purpose.All()...)
	res, err := p.people.Withdraw(t.Context(), office, "u1", email(jane), all)
	if err != nil || res != (contact.WithdrawResult{Points: 1, Ended: 2}) {
		t.Errorf("%+v, %v", res, err)
	}
	must(t, p.people.Object(t.Context(), office, "u2", everything))
	must(t, p.people.Object(t.Context(), office, "u3", everything))
	must(t, p.people.LiftObjection(t.Context(), office, "u3", everything))
	p.wantReach(t, "while it is open", jane)
	p.wantWhy(t, "u1", "withdrawn", "import_open")

	complete()
	p.wantReach(t, "when it is complete", jane, "u3")
	p.wantReach(t, "another address", joe, "u1")
	p.wantWhy(t, "u1", "withdrawn", "ads.match.advertiser ads.suppress")
	p.wantWhy(t, "u2", "objection ads.suppress")
	must(t, p.people.LiftObjection(t.Context(), office, "u2", everything))
	p.wantReach(t, "without objection", jane, "u2", "u3")
	for _, line := range p.log(t) {
		if strings.Contains(line, "grant_on") && !strings.HasSuffix(line, "[2 3 4]") {
			t.Errorf("the log brings to life what was withdrawn: %s", line)
		}
	}
}

// TestExpiryWhileAnImportIsOpen completes an import after some of its grants ran
// out: the log must not say that they came on, after it said that they ended.
func TestExpiryWhileAnImportIsOpen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	complete := p.cutOpen(t, adults("u1", "u2"), given("u1", jane, "partners", 9)+given("u2", jane, "offers", 9))
	p.clock.Add(40 * 24 * time.Hour)
	complete()
	p.wantReach(t, "what lasts", jane, "u2")
	if got := p.reach(t, purpose.AdsMatchPartner, jane); got != nil {
		t.Errorf("a partner reaches %v", got)
	}
	p.wantWhy(t, "u1", "expired")
	for _, line := range p.log(t) {
		if strings.Contains(line, "grant_on") && !strings.HasSuffix(line, "[2]") {
			t.Errorf("a grant came on that is over: %s", line)
		}
	}
}

// TestPromptRegisteredWhileAnImportIsOpen gives the rows that were applied
// before nothing.
func TestPromptRegisteredWhileAnImportIsOpen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	points := given("u1", jane, "late", 9)
	p.cutOpen(t, adults("u1"), points)
	p.register(t, question("late", 13, purpose.AdsMatchAdvertiser))
	r := p.load(t, adults("u1"), points)
	if r.Points.UnknownPrompt != 1 || r.Points.Matchable != 0 {
		t.Errorf("%+v", r.Points)
	}
	p.wantReach(t, "given before the prompt was registered", jane)
}
