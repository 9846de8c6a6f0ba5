package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

func tokenCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"RowsComeBack":  tokenRows,
		"RowsOfErased":  tokenRowsErased,
		"Convert":       tokenConvert,
		"Fold":          tokenFold,
		"FoldConflicts": tokenFoldConflicts,
		"Young":         tokenYoung,
		"Erased":        tokenErased,
		"Rewrite":       tokenRewrite,
	}
}

// tokenRow is a row with a token that no other n has.
func tokenRow(n byte, o selvedge.Ordinal) token.Row {
	return token.Row{
		Header: token.Header{Family: token.Ads, Class: identifier.ClassEmail + identifier.Class(n%2), Epoch: 1<<32 - 1, RuleSet: 7},
		Entry:  token.Entry{Token: token.Token{0: 0xff - n, 15: n}, Ordinal: o},
	}
}

func (s *site) insertTokens(t *testing.T, rows ...token.Row) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Contacts.InsertTokens(ctx, tx, rows) })
}

// tokenRows returns the rows above a number, and what is said of them all.
func (s *site) tokenRows(t *testing.T, after int64) (out []token.Row, all token.Rows) {
	t.Helper()
	all = read(t, s, func(ctx context.Context, tx selvedge.Tx) (token.Rows, error) {
		if err := s.Index.EachTokenRow(ctx, tx, after, func(r token.Row) error { out = append(out, r); return nil }); err != nil {
			return token.Rows{}, err
		}
		return s.Index.TokenRows(ctx, tx)
	})
	return out, all
}

func tokenRows(t *testing.T, s *site) {
	got, all := s.tokenRows(t, 0)
	same(t, "at first", []token.Row(nil), got)
	same(t, "at first", token.Rows{}, all)
	s.insertTokens(t)
	want := []token.Row{tokenRow(1, 1<<32-1), tokenRow(2, 7), tokenRow(1, 7)}
	s.insertTokens(t, want[:2]...)
	s.insertTokens(t, want[2])
	for i := range want {
		want[i].Seq = int64(i + 1)
	}
	got, all = s.tokenRows(t, 0)
	same(t, "rows", want, got)
	same(t, "of them all", token.Rows{Last: 3}, all)
	got, _ = s.tokenRows(t, 1)
	same(t, "above the first", want[1:], got)
	same(t, "pending", compaction.Pending{Rows: 3}, read(t, s, s.Compaction.Pending))
	same(t, "for a rotation", int64(3), read(t, s, s.Rotation.CountRows))
	for max, want := range map[int][]token.Row{1: want[:1], 3: want, 9: want} {
		same(t, "the first", want, read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]token.Row, error) { return s.Compaction.Rows(ctx, tx, max) }))
	}
	mine, calls := errors.New("mine"), 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Index.EachTokenRow(ctx, tx, 0, func(token.Row) error { calls++; return mine })
	})
	if err != mine || calls != 1 {
		t.Errorf("error %v after %d calls, want fn's own after 1", err, calls)
	}
}

// tokenRowsErased erases people with rows and without.
func tokenRowsErased(t *testing.T, s *site) {
	a, b, c := s.newAccount(t, "u"), s.newAccount(t, "v"), s.newAccount(t, "w")
	g, h := s.grant(t, a, "offers", start), s.grant(t, b, "offers", start)
	s.grant(t, c, "offers", start)
	s.insertTokens(t, tokenRow(1, g.Ordinal), tokenRow(2, h.Ordinal), tokenRow(3, g.Ordinal))
	s.erase(t, c.ID, contact.Mark{3}, start)
	_, all := s.tokenRows(t, 0)
	same(t, "nobody's went", token.Rows{Last: 3}, all)
	s.erase(t, a.ID, contact.Mark{1}, start)
	left, all := s.tokenRows(t, 0)
	want := tokenRow(2, h.Ordinal)
	want.Seq = 2
	same(t, "the other's", []token.Row{want}, left)
	if all.Gone == 0 {
		t.Error("nothing says that rows went")
	}
}

func tokenConvert(t *testing.T, s *site) {
	convert := func(ctx context.Context, tx selvedge.Tx) error {
		return s.Rotation.ConvertRows(ctx, tx, 5, func(r token.Row) token.Token { return token.Token{0: byte(r.Ordinal), 1: r.Token[0]} })
	}
	s.update(t, convert)
	_, all := s.tokenRows(t, 0)
	same(t, "of none", token.Rows{}, all)
	want := []token.Row{tokenRow(1, 8), tokenRow(2, 9)}
	s.insertTokens(t, want...)
	s.update(t, convert)
	for i := range want {
		r := &want[i]
		r.Seq, r.Epoch, r.Token = int64(i+1), 5, token.Token{0: byte(r.Ordinal), 1: r.Token[0]}
	}
	got, all := s.tokenRows(t, 0)
	same(t, "rows", want, got)
	same(t, "of them all", token.Rows{Last: 2, Gone: 1}, all)
}

func (s *site) fold(through int64, rows int, old []blob.Ref, chunks ...contact.ChunkRow) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error {
		return s.Compaction.Fold(ctx, tx, through, rows, old, chunks)
	}
}

func tokenFold(t *testing.T, s *site) {
	s.insertTokens(t, tokenRow(1, 1), tokenRow(2, 2), tokenRow(3, 3))
	a, b := chunk(0x90, identifier.ClassEmail), chunk(0x10, identifier.ClassPhone)
	s.update(t, s.fold(2, 2, nil, a, b))
	same(t, "the manifest", []contact.ChunkRow{b, a}, read(t, s, s.Index.Chunks))
	left, all := s.tokenRows(t, 0)
	if len(left) != 1 || left[0].Seq != 3 || all.Gone != 1 || all.Last != 3 {
		t.Errorf("%d rows are left, %+v", len(left), all)
	}
	c := chunk(0x80, identifier.ClassEmail)
	s.update(t, s.fold(3, 1, []blob.Ref{a.Ref}, c))
	same(t, "the manifest", []contact.ChunkRow{b, c}, read(t, s, s.Index.Chunks))
	s.insertTokens(t, tokenRow(4, 4))
	if rows, _ := s.tokenRows(t, 0); len(rows) != 1 || rows[0].Seq != 4 {
		t.Errorf("a number came back: %+v", rows)
	}
}

func tokenFoldConflicts(t *testing.T, s *site) {
	s.insertTokens(t, tokenRow(1, 1), tokenRow(2, 2))
	a := chunk(0x90, identifier.ClassEmail)
	s.update(t, s.complete(s.begin(t, [32]byte{1}), a))
	s.update(t, s.stage(a, chunk(0x91, identifier.ClassEmail)))
	next := chunk(0x20, identifier.ClassEmail)
	for what, fold := range map[string]func(context.Context, selvedge.Tx) error{
		"more rows than there are":  s.fold(2, 3, nil, next),
		"fewer rows than there are": s.fold(2, 1, nil, next),
		"a chunk that is not there": s.fold(2, 2, []blob.Ref{next.Ref}, next),
		"a chunk that is replaced":  s.fold(2, 2, []blob.Ref{a.Ref}, next),
		"a chunk that is staged":    s.fold(2, 2, []blob.Ref{chunk(0x91, identifier.ClassEmail).Ref}, next),
		"a chunk rewritten, staged": func(ctx context.Context, tx selvedge.Tx) error { return s.Compaction.Rewrite(ctx, tx, a.Ref, &next) },
		"a chunk dropped, unknown":  func(ctx context.Context, tx selvedge.Tx) error { return s.Compaction.Rewrite(ctx, tx, next.Ref, nil) },
	} {
		wantCode(t, what, s.refused(t, what, fold), selvedge.CodeConflict)
	}
	same(t, "the manifest", []contact.ChunkRow{a}, read(t, s, s.Index.Chunks))
	if rows, all := s.tokenRows(t, 0); len(rows) != 2 || all.Gone != 0 {
		t.Errorf("%d rows, %+v", len(rows), all)
	}
}

func tokenYoung(t *testing.T, s *site) {
	s.insertTokens(t, tokenRow(1, 1))
	imported, a, b := ofEpoch(0x30, 1, 5), ofEpoch(0x20, 1, 5), ofEpoch(0x10, 1, 6)
	s.update(t, s.complete(s.begin(t, [32]byte{1}), imported))
	s.update(t, s.fold(1, 1, nil, a, b))
	young := func(below uint64) []contact.ChunkRow {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]contact.ChunkRow, error) {
			return s.Compaction.Young(ctx, tx, below)
		})
	}
	same(t, "below 7", []contact.ChunkRow{b, a}, young(7))
	same(t, "below 6", []contact.ChunkRow{a}, young(6))
	same(t, "below 5", []contact.ChunkRow(nil), young(5))
	s.update(t, s.stage(a, ofEpoch(0x21, 2, 5)))
	same(t, "not what is staged", []contact.ChunkRow{b, a}, young(7))
}

// tokenErased has people erased whose tokens two complete imports and an open one
// brought, and an event.
func tokenErased(t *testing.T, s *site) {
	erased := func() (ordinals []uint32, chunks []contact.ChunkRow) {
		b := read(t, s, func(ctx context.Context, tx selvedge.Tx) (b *roaring.Bitmap, err error) {
			b, chunks, err = s.Compaction.Erased(ctx, tx)
			return b, err
		})
		return b.ToArray(), chunks
	}
	one, two, folded := chunk(0x90, identifier.ClassEmail), chunk(0x10, identifier.ClassEmail), chunk(0x50, identifier.ClassEmail)
	s.update(t, s.complete(s.begin(t, [32]byte{1}), one))
	s.update(t, s.complete(s.begin(t, [32]byte{2}), two))
	open := s.begin(t, [32]byte{3})
	s.insertTokens(t, tokenRow(1, 9))
	s.update(t, s.fold(1, 1, nil, folded))
	var accounts []*contact.Account
	for i, id := range []contact.ImportID{1, 2, open, 0} {
		a := s.newAccount(t, string(rune('a'+i)))
		g := contact.AdsGrant{Contact: selvedge.ContactID(100 + i), Account: a.ID, Purposes: twoAds, Live: twoAds, ExpiresAt: start.AddDate(1, 0, 0), Import: id}
		s.insertGrant(t, &g)
		accounts = append(accounts, a)
	}
	ordinals, chunks := erased()
	same(t, "nobody", 0, len(ordinals)+len(chunks))
	s.erase(t, accounts[2].ID, contact.Mark{3}, start)
	ordinals, chunks = erased()
	same(t, "of the open import alone", 0, len(ordinals)+len(chunks))
	s.erase(t, accounts[1].ID, contact.Mark{2}, start)
	s.erase(t, accounts[3].ID, contact.Mark{4}, start.Add(time.Hour))
	ordinals, chunks = erased()
	same(t, "ordinals", []uint32{2, 4}, ordinals)
	same(t, "chunks", []contact.ChunkRow{two, folded}, chunks)
	same(t, "pending", compaction.Pending{Erased: 3}, read(t, s, s.Compaction.Pending))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Compaction.Forget(ctx, tx, roaring.BitmapOf(2, 4, 77))
	})
	s.update(t, s.complete(open))
	ordinals, chunks = erased()
	same(t, "once it is complete", []uint32{3}, ordinals)
	same(t, "which brought no chunk", []contact.ChunkRow(nil), chunks)
}

func tokenRewrite(t *testing.T, s *site) {
	a, b := chunk(0x90, identifier.ClassEmail), chunk(0x10, identifier.ClassPhone)
	s.update(t, s.complete(s.begin(t, [32]byte{1}), a))
	s.update(t, s.complete(s.begin(t, [32]byte{2}), b))
	next := chunk(0x20, identifier.ClassEmail)
	next.Header.Count = 5
	rewrite := func(old contact.ChunkRow, with *contact.ChunkRow) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Compaction.Rewrite(ctx, tx, old.Ref, with) })
	}
	rewrite(a, &next)
	same(t, "the manifest", []contact.ChunkRow{b, next}, read(t, s, s.Index.Chunks))
	same(t, "in the place of the old one", []contact.ChunkRow{next, b}, read(t, s, s.Rotation.Unstaged))
	rewrite(b, nil)
	same(t, "without the other", []contact.ChunkRow{next}, read(t, s, s.Index.Chunks))
}
