package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/purpose"
)

func changeCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere":     changesComeBack,
		"EmptyLog":               changeEmptyLog,
		"Since":                  changeSince,
		"NoGapAfterARolledBack":  changeRolledBack,
		"ManyWriters":            changeManyWriters,
		"ExpiryComesFirst":       changeExpiryFirst,
		"ExpiryToTheMicrosecond": changeExpiryBoundary,
		"ExpiryOfWhatIsLive":     changeExpiryOfLive,
		"ExpiryRollsBack":        changeExpiryRolledBack,
	}
}

// bitmaps compares bitmaps by what they hold, nil being different from empty.
var bitmaps = cmp.Comparer(func(a, b *roaring.Bitmap) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Equals(b))
})

func (s *site) append(t *testing.T, changes ...change.Change) selvedge.Position {
	t.Helper()
	var p selvedge.Position
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		p, err = s.Changes.Append(ctx, tx, changes...)
		return err
	})
	return p
}

func (s *site) since(t *testing.T, after selvedge.Position) []change.Entry {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []change.Entry, err error) {
		err = s.Changes.Since(ctx, tx, after, func(e change.Entry) error {
			out = append(out, e)
			return nil
		})
		return out, err
	})
}

func changesComeBack(t *testing.T, s *site) {
	many := roaring.New()
	many.AddRange(10, 70_000)
	many.Add(1<<32 - 1)
	var want []change.Entry
	add := func(width selvedge.Position, c change.Change) {
		first := selvedge.Position(1)
		if n := len(want); n > 0 {
			first = want[n-1].Last + 1
		}
		want = append(want, change.Entry{Change: c, First: first, Last: first + width - 1, At: s.clock.Now().UnixMicro()})
		if p := s.append(t, c); p != first+width-1 {
			t.Errorf("%s: appended at %d, want %d", c.Kind, p, first+width-1)
		}
		s.clock.Add(time.Microsecond)
	}
	add(1, change.Change{Kind: change.Org, Subject: "org_1"})
	add(69_991, change.Change{Kind: change.GrantOn, Purposes: everyAds, Ordinals: many})
	add(1, change.Change{Kind: change.GrantOff, Purposes: twoAds, Ordinals: roaring.BitmapOf(1)})
	add(2, change.Change{Kind: change.Mask, Subject: "age", Ordinals: roaring.BitmapOf(7, 9)})
	add(1, change.Change{Kind: change.Mask, Subject: "state", Ordinals: roaring.New()})
	for _, subject := range texts {
		add(1, change.Change{Kind: change.List, Subject: subject})
	}
	same(t, "the log", want, s.since(t, 0), bitmaps)
	if head := read(t, s, s.Changes.Head); head != want[len(want)-1].Last {
		t.Errorf("head %d, want %d", head, want[len(want)-1].Last)
	}
}

func changeEmptyLog(t *testing.T, s *site) {
	if head := read(t, s, s.Changes.Head); head != 0 {
		t.Errorf("head %d, want 0", head)
	}
	if n := len(s.since(t, 0)); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
	if p := s.append(t); p != 0 {
		t.Errorf("no change is at %d, want 0", p)
	}
	s.append(t, change.Change{Kind: change.Org, Subject: "o"})
	if p := s.append(t); p != 1 {
		t.Errorf("no change is at %d, want the head", p)
	}
	if n := len(s.since(t, 0)); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

func changeSince(t *testing.T, s *site) {
	s.append(t, change.Change{Kind: change.Org, Subject: "o"},
		change.Change{Kind: change.Mask, Subject: "age", Ordinals: roaring.BitmapOf(1, 2, 3)},
		change.Change{Kind: change.List, Subject: "l"})
	all := s.since(t, 0)
	if len(all) != 3 || all[1].First != 2 || all[1].Last != 4 || all[2].Last != 5 {
		t.Fatalf("%+v", all)
	}
	for after, want := range map[selvedge.Position][]change.Entry{-1: all, 0: all, 1: all[1:], 4: all[2:], 5: nil, 99: nil} {
		same(t, fmt.Sprintf("after %d", after), want, s.since(t, after), bitmaps)
	}
	mine, calls := errors.New("mine"), 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Changes.Since(ctx, tx, 0, func(change.Entry) error {
			if calls++; calls == 2 {
				return mine
			}
			return nil
		})
	})
	if err != mine || calls != 2 {
		t.Errorf("error %v after %d calls, want fn's own after 2", err, calls)
	}
}

func changeRolledBack(t *testing.T, s *site) {
	s.append(t, change.Change{Kind: change.Org, Subject: "o"})
	undo := errors.New("undo")
	s.refused(t, "undone", func(ctx context.Context, tx selvedge.Tx) error {
		p, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Org, Subject: "undone"})
		if err != nil || p != 2 {
			t.Errorf("position %d, %v", p, err)
		}
		return undo
	})
	if p := s.append(t, change.Change{Kind: change.Org, Subject: "p"}); p != 2 {
		t.Errorf("position %d, want 2: a position that did not commit was never handed out", p)
	}
}

// changeManyWriters has many goroutines append at once: positions are without
// gaps, whatever the order.
func changeManyWriters(t *testing.T, s *site) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 10 {
				err := s.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
					_, err := s.Changes.Append(ctx, tx, change.Change{Kind: change.Mask, Subject: "age", Ordinals: roaring.BitmapOf(1, uint32(w+2))})
					if n%3 == 0 && err == nil {
						return errUndo
					}
					return err
				})
				if err != nil && err != errUndo {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	next := selvedge.Position(1)
	for _, e := range s.since(t, 0) {
		if e.First != next || e.Last != next+1 {
			t.Fatalf("positions %d to %d, want %d to %d", e.First, e.Last, next, next+1)
		}
		next = e.Last + 1
	}
	if next != 8*6*2+1 {
		t.Errorf("the log ends at %d", next-1)
	}
}

var errUndo = errors.New("undo")

// changeExpiryFirst lets three grants run out, one of another time, and then
// appends: the expiries are in the log before what was appended, and the grants
// are over.
func changeExpiryFirst(t *testing.T, s *site) {
	a, b := s.newAccount(t, "u"), s.newAccount(t, "v")
	first := s.grant(t, a, "offers", start)
	second := s.grant(t, b, "offers", start)
	later := s.grant(t, a, "partners", start.Add(48*time.Hour))
	s.append(t, change.Change{Kind: change.GrantOn, Purposes: twoAds, Ordinals: roaring.BitmapOf(1, 2, 3)})
	s.clock.Add(first.ExpiresAt.Sub(start) + time.Hour)
	now := s.clock.Now()
	if p := s.append(t, change.Change{Kind: change.Org, Subject: "o"}); p != 6 {
		t.Errorf("the change is at %d, want 6", p)
	}
	got := s.since(t, 3)
	if len(got) != 2 || got[0].Purposes&twoAds != twoAds {
		t.Fatalf("%d entries %+v", len(got), got)
	}
	got[0].Purposes = 0
	same(t, "the log", []change.Entry{
		{Change: change.Change{Kind: change.GrantOff, Ordinals: roaring.BitmapOf(1, 2)}, First: 4, Last: 5, At: now.UnixMicro()},
		{Change: change.Change{Kind: change.Org, Subject: "o"}, First: 6, Last: 6, At: now.UnixMicro()},
	}, got, bitmaps)

	first.Live, second.Live = 0, 0
	same(t, "one's grants", []contact.AdsGrant{first, later}, s.grants(t, a.ID))
	same(t, "the other's", []contact.AdsGrant{second}, s.grants(t, b.ID))
	for id, g := range map[selvedge.AccountID]contact.AdsGrant{a.ID: first, b.ID: second} {
		var want []contact.End
		for _, p := range twoAds.List() {
			want = append(want, contact.End{Contact: g.Contact, Purpose: p, At: now, Reason: contact.Expired})
		}
		same(t, "ends", want, s.ends(t, id))
	}
	entries := s.Entries(t)
	if len(entries) != 1 || entries[0].Kind != string(ledger.GrantExpired) || entries[0].Space != string(ledger.Ads) || entries[0].Role != "system" {
		t.Errorf("the outbox has %+v", entries)
	}
	if p := s.append(t); p != 6 {
		t.Errorf("they expired twice: the head is at %d", p)
	}
}

func changeExpiryBoundary(t *testing.T, s *site) {
	g := s.grant(t, s.newAccount(t, "u"), "offers", start)
	s.clock.Add(g.ExpiresAt.Sub(start) - time.Microsecond)
	if p := s.append(t); p != 0 {
		t.Error("it expired a microsecond early")
	}
	s.clock.Add(time.Microsecond)
	if p := s.append(t); p != 1 {
		t.Error("it did not expire in time")
	}
}

// changeExpiryOfLive lets expire what was withdrawn before: in part, and whole.
func changeExpiryOfLive(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	gone, part := s.grant(t, a, "offers", start), s.grant(t, a, "partners", start)
	withdrawn := []contact.End{
		{Contact: gone.Contact, Purpose: purpose.AdsMatchAdvertiser, At: start, Reason: contact.Withdrawn},
		{Contact: gone.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn},
		{Contact: part.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn},
	}
	s.end(t, withdrawn...)
	s.clock.Add(part.ExpiresAt.Sub(start))
	s.append(t)
	got := s.since(t, 0)
	if len(got) != 1 || !got[0].Ordinals.Equals(roaring.BitmapOf(uint32(part.Ordinal))) || !got[0].Purposes.Has(purpose.AdsMatchAdvertiser) {
		t.Errorf("the log has %+v", got)
	}
	same(t, "ends", []contact.End{
		withdrawn[0], withdrawn[1],
		{Contact: part.Contact, Purpose: purpose.AdsMatchAdvertiser, At: s.clock.Now(), Reason: contact.Expired},
		withdrawn[2],
	}, s.ends(t, a.ID))
}

func changeExpiryRolledBack(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	g := s.grant(t, a, "offers", start)
	s.clock.Add(g.ExpiresAt.Sub(start))
	err := s.refused(t, "undone", func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Changes.Append(ctx, tx); err != nil {
			return err
		}
		return errUndo
	})
	if err != errUndo {
		t.Fatal(err)
	}
	same(t, "grants", []contact.AdsGrant{g}, s.grants(t, a.ID))
	if n := len(s.ends(t, a.ID)) + len(s.Entries(t)); n != 0 {
		t.Errorf("%d ends and entries, want none", n)
	}
	if p := s.append(t); p != 1 {
		t.Errorf("it expires at %d, want 1", p)
	}
}
