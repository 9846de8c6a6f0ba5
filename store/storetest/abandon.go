package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/prompt"
)

func importStateCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Progress":   importProgress,
		"Keys":       importKeys,
		"Marks":      importMarks,
		"Abandon":    importAbandon,
		"Pages":      importPages,
		"FindPoints": findPoints,
		"FindPrompt": findPrompt,
	}
}

func (s *site) imported(t *testing.T, id contact.ImportID) contact.ImportStatus {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (contact.ImportStatus, error) {
		return s.Contacts.Import(ctx, tx, id)
	})
}

func (s *site) step(id contact.ImportID, step contact.ImportStep) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.ImportStep(ctx, tx, id, step) }
}

// importProgress follows an import from its beginning to its report.
func importProgress(t *testing.T, s *site) {
	n := contact.NewImport{Digest: [32]byte{7, 31: 0xff}, Key: "a'b", Bytes: 1 << 40, Rows: 1 << 33}
	var id contact.ImportID
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		id, err = s.Contacts.BeginImport(ctx, tx, n, s.clock.Now())
		return err
	})
	want := contact.ImportStatus{
		ID: id, Key: n.Key, State: contact.ImportOpen, Digest: n.Digest, BegunAt: start,
		Progress: contact.Progress{Bytes: n.Bytes, Rows: n.Rows},
	}
	same(t, "it began", want, s.imported(t, id))
	s.update(t, s.step(id, contact.ImportStep{Bytes: 1 << 39, Rows: 5, Points: 3, Grants: 2}))
	s.update(t, s.step(id, contact.ImportStep{Bytes: 1 << 38, Rows: 4, Points: 1}))
	want.Progress = contact.Progress{Bytes: n.Bytes, BytesDone: 1 << 38, Rows: n.Rows, RowsDone: 4, Batches: 2}
	want.Points, want.Grants = 4, 2
	same(t, "two batches", want, s.imported(t, id))

	report := contact.Report{Import: id, Points: contact.PointsReport{Read: 9, Refused: 9, Refusals: []contact.Refusal{{Reason: "bad_kind", Count: 9, Rows: []int64{2, 3}}}}}
	s.clock.Add(time.Minute)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.CompleteImport(ctx, tx, id, nil, report, s.clock.Now())
	})
	want.State, want.EndedAt, want.Report = contact.ImportComplete, start.Add(time.Minute), &report
	same(t, "complete", want, s.imported(t, id))
	for what, n := range map[string]contact.ImportID{"complete already": id, "not begun": id + 100} {
		wantCode(t, what, s.refused(t, what, s.step(n, contact.ImportStep{})), selvedge.CodeConflict)
	}
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Contacts.Import(ctx, tx, id+1)
		return err
	})
	wantCode(t, "none", err, selvedge.CodeNotFound)
}

func importKeys(t *testing.T, s *site) {
	begin := func(key string) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Contacts.BeginImport(ctx, tx, contact.NewImport{Key: key}, start)
			return err
		}
	}
	of := func(key string) (id contact.ImportID) {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (contact.ImportID, error) {
			v, ok, err := s.Contacts.ImportOfKey(ctx, tx, key)
			if ok != (v.ID != 0) {
				t.Errorf("%q: %t and import %d", key, ok, v.ID)
			}
			return v.ID, err
		})
	}
	for i, key := range []string{"", "", "a", "A"} {
		s.update(t, begin(key))
		s.update(t, s.complete(contact.ImportID(i+1)))
	}
	for key, want := range map[string]contact.ImportID{"a": 3, "A": 4, "b": 0, "": 0} {
		same(t, "the import of "+key, want, of(key))
	}
	s.refused(t, "a key that a complete one has", begin("a"))
	s.update(t, begin("b"))
	s.update(t, s.abandoned(5))
	same(t, "the import of a key that was abandoned", contact.ImportID(0), of("b"))
	s.update(t, begin("b"))
	same(t, "the import of the key, begun again", contact.ImportID(6), of("b"))
}

// abandoned abandons an import that made no grants.
func (s *site) abandoned(id contact.ImportID) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error {
		if err := s.Contacts.BeginAbandon(ctx, tx, id, s.clock.Now()); err != nil {
			return err
		}
		return s.Contacts.EndAbandon(ctx, tx, id, s.clock.Now())
	}
}

func importMarks(t *testing.T, s *site) {
	marks := func(id contact.ImportID) []contact.ImportMark {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.ImportMark, error) {
			return s.Contacts.ImportMarks(ctx, tx, id)
		})
	}
	mark := func(part int, row int64, sum byte) contact.ImportMark {
		return contact.ImportMark{Part: part, LastRow: row, Sum: [16]byte{0: sum, 15: 0xff}}
	}
	fill := func(id contact.ImportID) {
		for _, m := range []contact.ImportMark{mark(2, 9, 1), mark(1, 1<<40, 2), mark(1, 7, 3), {}} {
			s.update(t, s.step(id, contact.ImportStep{Mark: m}))
		}
	}
	id := s.begin(t, [32]byte{1})
	same(t, "at first", []contact.ImportMark(nil), marks(id))
	fill(id)
	same(t, "by part and row", []contact.ImportMark{mark(1, 7, 3), mark(1, 1<<40, 2), mark(2, 9, 1)}, marks(id))
	s.update(t, s.step(id, contact.ImportStep{Mark: mark(1, 7, 3)})) // taken up again
	s.update(t, s.complete(id))
	same(t, "of a complete one", []contact.ImportMark(nil), marks(id))
	other := s.begin(t, [32]byte{2})
	fill(other)
	s.update(t, s.abandoned(other))
	same(t, "of an abandoned one", []contact.ImportMark(nil), marks(other))
}

// importAbandon takes an import back in parts. Grants of others between its own
// stay, and no number is given again.
func importAbandon(t *testing.T, s *site) {
	a, gone := s.newAccount(t, "u"), s.newAccount(t, "gone")
	give := func(id contact.ImportID, n int, a *contact.Account) contact.AdsGrant {
		g := contact.AdsGrant{Contact: selvedge.ContactID(n), Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: start.Add(time.Hour), Import: id}
		s.insertGrant(t, &g)
		a.Person = g.Person
		return g
	}
	first := s.begin(t, [32]byte{1})
	give(first, 1, a)
	s.update(t, s.complete(first))
	second := s.begin(t, [32]byte{2})
	give(second, 2, a)
	give(first, 3, a) // of another, between
	give(second, 4, gone)
	last := give(second, 5, a)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.EraseAccount(ctx, tx, gone.ID, contact.Mark{1}, start)
	})
	drop := func(id contact.ImportID, limit int) (n int) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
			n, err = s.Contacts.DropImportGrants(ctx, tx, id, limit)
			return err
		})
		return n
	}
	end := func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.EndAbandon(ctx, tx, second, s.clock.Now())
	}
	same(t, "grants of an open one that go", 0, drop(second, 10))
	wantCode(t, "an end before the beginning", s.refused(t, "end", end), selvedge.CodeConflict)
	abandon := func(id contact.ImportID) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error {
			return s.Contacts.BeginAbandon(ctx, tx, id, s.clock.Now())
		}
	}
	for what, id := range map[string]contact.ImportID{"complete": first, "none": second + 9} {
		wantCode(t, what, s.refused(t, what, abandon(id)), selvedge.CodeConflict)
	}
	s.update(t, abandon(second))
	s.update(t, abandon(second))
	same(t, "the state", contact.ImportAbandoning, s.imported(t, second).State)
	wantCode(t, "a batch of it", s.refused(t, "step", s.step(second, contact.ImportStep{})), selvedge.CodeConflict)
	wantCode(t, "its completion", s.refused(t, "complete", s.complete(second)), selvedge.CodeConflict)
	s.refused(t, "another import meanwhile", func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Contacts.BeginImport(ctx, tx, contact.NewImport{}, start)
		return err
	})
	same(t, "the open one", openImport{second, [32]byte{2}, true}, s.openImport(t))

	same(t, "two of three", 2, drop(second, 2))
	wantCode(t, "an end with one left", s.refused(t, "end", end), selvedge.CodeConflict)
	same(t, "the third", 1, drop(second, 2))
	same(t, "none left", 0, drop(second, 2))
	s.clock.Add(time.Minute)
	s.update(t, end)
	v := s.imported(t, second)
	if v.State != contact.ImportAbandoned || v.Gone != 3 || v.EndedAt != start.Add(time.Minute) {
		t.Errorf("%+v", v)
	}
	wantCode(t, "a second end", s.refused(t, "end", end), selvedge.CodeConflict)
	same(t, "the open one", openImport{}, s.openImport(t))
	var left []selvedge.Ordinal
	for _, g := range read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.AdsGrant, error) {
		return s.Contacts.AdsGrants(ctx, tx, a.ID)
	}) {
		left = append(left, g.Ordinal)
	}
	same(t, "the grants of others", []selvedge.Ordinal{1, 3}, left)
	third := s.begin(t, [32]byte{3})
	if g := give(third, 5, a); g.Ordinal <= last.Ordinal || g.Person != last.Person {
		t.Errorf("ordinal %d and person %d after %d and %d", g.Ordinal, g.Person, last.Ordinal, last.Person)
	}
}

func importPages(t *testing.T, s *site) {
	for i := range 5 {
		s.update(t, s.complete(s.begin(t, [32]byte{byte(i)})))
	}
	page := func(before contact.ImportID, limit int) (ids []contact.ImportID) {
		for _, v := range read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.ImportStatus, error) {
			return s.Contacts.Imports(ctx, tx, before, limit)
		}) {
			if v.Report != nil {
				t.Error("a page has a report")
			}
			ids = append(ids, v.ID)
		}
		return ids
	}
	same(t, "all", []contact.ImportID{5, 4, 3, 2, 1}, page(0, 10))
	same(t, "the first page", []contact.ImportID{5, 4}, page(0, 2))
	same(t, "the next page", []contact.ImportID{3, 2}, page(4, 2))
	same(t, "behind the last", []contact.ImportID(nil), page(1, 2))
}

// findPoints looks for what is there and what is not, and keeps nothing.
func findPoints(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	there := point(a.ID, 1)
	s.insertPoint(t, there)
	for range 2 {
		p, other := point(a.ID, 1), point(a.ID, 2)
		p.Purposes, p.Import = 0, 99
		found := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]bool, error) {
			return s.Contacts.FindPoints(ctx, tx, []*contact.Point{other, p})
		})
		same(t, "found", []bool{false, true}, found)
		same(t, "as it is kept", s.points(t, a.ID)[0], *p)
	}
}

func findPrompt(t *testing.T, s *site) {
	find := func(n prompt.Name) string {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (string, error) {
			ref, ok, err := s.Prompts.FindPromptRef(ctx, tx, n)
			return fmt.Sprint(ref, ok), err
		})
	}
	n := prompt.Name{ID: "offers", Version: 1}
	same(t, "before", "0 false", find(n))
	var ref prompt.Ref
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		ref, err = s.Prompts.PromptRef(ctx, tx, n)
		return err
	})
	same(t, "after", fmt.Sprint(ref, true), find(n))
	same(t, "another version", "0 false", find(prompt.Name{ID: "offers", Version: 2}))
}
