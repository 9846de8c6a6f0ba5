package storetest

import (
	"context"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/token"
)

func keyCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Epochs":      keyEpochs,
		"Keys":        keysKept,
		"Reseal":      keysResealed,
		"Destroy":     keysDestroyed,
		"Stage":       rotationStage,
		"Replace":     rotationReplace,
		"Needed":      rotationNeeded,
		"SidecarKeys": rotationSidecarKeys,
	}
}

func keyEpochs(t *testing.T, s *site) {
	set := func(from, to token.Epochs) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Keys.SetEpochs(ctx, tx, from, to) }
	}
	var none token.Epochs
	one, going, two := token.Epochs{Current: 1}, token.Epochs{Current: 1, Next: 2}, token.Epochs{Current: 2}
	same(t, "at first", none, read(t, s, s.Keys.Epochs))
	same(t, "for the index, at first", token.Epoch(0), read(t, s, s.Index.Epoch))
	wantCode(t, "from what never was", s.refused(t, "from what never was", set(one, going)), selvedge.CodeConflict)
	s.update(t, set(none, one))
	same(t, "the first", one, read(t, s, s.Keys.Epochs))
	wantCode(t, "a first again", s.refused(t, "a first again", set(none, two)), selvedge.CodeConflict)
	s.update(t, set(one, going))
	same(t, "on its way", going, read(t, s, s.Keys.Epochs))
	same(t, "for the index, on its way", token.Epoch(1), read(t, s, s.Index.Epoch))
	wantCode(t, "from before", s.refused(t, "from before", set(one, two)), selvedge.CodeConflict)
	wantCode(t, "another next", s.refused(t, "another next", set(two, one)), selvedge.CodeConflict)
	s.update(t, set(going, two))
	same(t, "there", two, read(t, s, s.Keys.Epochs))
	same(t, "for the index, there", token.Epoch(2), read(t, s, s.Index.Epoch))
}

func sealedKey(e token.Epoch, c identifier.Class, n byte) token.SealedKey {
	return token.SealedKey{Family: token.Ads, Epoch: e, Class: c, Sealed: []byte{0, 0xff, n, '\'', 0x80}, CreatedAt: times[int(n)%len(times)]}
}

func (s *site) insertKeys(t *testing.T, ks ...token.SealedKey) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, k := range ks {
			if err := s.Keys.InsertKey(ctx, tx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *site) keys(t *testing.T) []token.SealedKey {
	t.Helper()
	return read(t, s, s.Keys.Keys)
}

func keysKept(t *testing.T, s *site) {
	same(t, "at first", 0, len(s.keys(t)))
	const last = 1<<32 - 1
	a, b, c, d := sealedKey(2, 1, 1), sealedKey(10, 1, 2), sealedKey(10, 2, 3), sealedKey(last, 2, 4)
	s.insertKeys(t, d, c, a, b)
	same(t, "by epoch, then class", []token.SealedKey{a, b, c, d}, s.keys(t))
	s.refused(t, "a second key in one place", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Keys.InsertKey(ctx, tx, sealedKey(10, 2, 9))
	})
	same(t, "after the refusal", []token.SealedKey{a, b, c, d}, s.keys(t))
}

func keysResealed(t *testing.T, s *site) {
	a, b := sealedKey(1, 1, 1), sealedKey(1, 2, 2)
	s.insertKeys(t, a, b)
	reseal := func(k token.SealedKey) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Keys.Reseal(ctx, tx, k) }
	}
	next := b
	next.Sealed = []byte{7}
	next.CreatedAt = start.AddDate(1, 0, 0) // a key is as old as it was
	s.update(t, reseal(next))
	b.Sealed = []byte{7}
	same(t, "keys", []token.SealedKey{a, b}, s.keys(t))
	wantCode(t, "no such epoch", s.refused(t, "no such epoch", reseal(sealedKey(2, 1, 1))), selvedge.CodeNotFound)
	wantCode(t, "no such class", s.refused(t, "no such class", reseal(sealedKey(1, 3, 1))), selvedge.CodeNotFound)
	same(t, "keys", []token.SealedKey{a, b}, s.keys(t))
}

func keysDestroyed(t *testing.T, s *site) {
	a, b, c := sealedKey(1, 1, 1), sealedKey(1, 2, 2), sealedKey(2, 1, 3)
	s.insertKeys(t, a, b, c)
	destroy := func(e token.Epoch) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Keys.DestroyKeys(ctx, tx, e) }
	}
	s.update(t, destroy(1))
	same(t, "keys", []token.SealedKey{c}, s.keys(t))
	wantCode(t, "destroyed already", s.refused(t, "destroyed already", destroy(1)), selvedge.CodeNotFound)
	same(t, "keys", []token.SealedKey{c}, s.keys(t))
}

// manifest names chunks that two imports brought, of 1, 2 and 3 tokens.
func (s *site) manifest(t *testing.T) (a, b, c contact.ChunkRow) {
	t.Helper()
	a, b, c = ofEpoch(0x90, 1, 1), ofEpoch(0x10, 1, 2), ofEpoch(0x50, 1, 3)
	b.Header.Class = identifier.ClassPhone
	s.update(t, s.complete(s.begin(t, [32]byte{1}), b, a))
	s.update(t, s.complete(s.begin(t, [32]byte{2}), c))
	return a, b, c
}

func ofEpoch(sum byte, e token.Epoch, count uint64) contact.ChunkRow {
	row := chunk(sum, identifier.ClassEmail)
	row.Header.Epoch, row.Header.Count = e, count
	return row
}

func (s *site) stage(old, next contact.ChunkRow) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error { return s.Rotation.Stage(ctx, tx, old.Ref, next) }
}

func rotationStage(t *testing.T, s *site) {
	same(t, "counts at first", rotation.Counts{}, read(t, s, s.Rotation.Counts))
	a, b, c := s.manifest(t)
	manifest := []contact.ChunkRow{b, c, a}
	same(t, "in the order of the imports", []contact.ChunkRow{a, b, c}, read(t, s, s.Rotation.Unstaged))
	next := ofEpoch(0xff, 2, 2)
	s.update(t, s.stage(b, next))
	same(t, "the manifest", manifest, read(t, s, s.Index.Chunks))
	same(t, "unstaged", []contact.ChunkRow{a, c}, read(t, s, s.Rotation.Unstaged))
	same(t, "counts", rotation.Counts{Chunks: 3, ChunksDone: 1, Tokens: 6, TokensDone: 2}, read(t, s, s.Rotation.Counts))
	other := ofEpoch(0xfe, 2, 2)
	for what, old := range map[string]contact.ChunkRow{"staged for already": b, "staged itself": next, "not there": other} {
		wantCode(t, what, s.refused(t, what, s.stage(old, other)), selvedge.CodeConflict)
	}
	same(t, "counts", rotation.Counts{Chunks: 3, ChunksDone: 1, Tokens: 6, TokensDone: 2}, read(t, s, s.Rotation.Counts))
}

func rotationReplace(t *testing.T, s *site) {
	a, b, c := s.manifest(t)
	x, y := ofEpoch(0x91, 2, 1), ofEpoch(0x11, 2, 2)
	y.Header.Class = identifier.ClassPhone
	s.update(t, s.stage(b, y))
	s.update(t, s.stage(a, x))
	s.update(t, s.Rotation.Replace)
	same(t, "the manifest", []contact.ChunkRow{y, c, x}, read(t, s, s.Index.Chunks))
	same(t, "in the order of the imports", []contact.ChunkRow{x, y, c}, read(t, s, s.Rotation.Unstaged))
	same(t, "counts", rotation.Counts{Chunks: 3, Tokens: 6}, read(t, s, s.Rotation.Counts))
	s.update(t, s.Rotation.Replace) // nothing is staged
	same(t, "the manifest", []contact.ChunkRow{y, c, x}, read(t, s, s.Index.Chunks))
	s.update(t, s.stage(x, a)) // the old one's place is free
}

func rotationNeeded(t *testing.T, s *site) {
	needed := func(e token.Epoch) rotation.Need {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (rotation.Need, error) { return s.Rotation.Needed(ctx, tx, e) })
	}
	same(t, "at first", rotation.Need{}, needed(1))
	a, _, _ := s.manifest(t)
	l, m := newList("l", 1), newList("m", 2)
	l.Epoch, m.Epoch = 1, 2
	l.Sidecar.Epoch, m.Sidecar.Epoch = 2, 4
	s.insertLists(t, l, m)
	s.update(t, s.stage(a, ofEpoch(0x91, 2, 1)))
	same(t, "by chunks that count and a list", rotation.Need{Chunks: 3, Lists: 1}, needed(1))
	same(t, "by a staged chunk and a list", rotation.Need{Chunks: 1, Lists: 1, Sidecars: 1}, needed(2))
	same(t, "by nothing", rotation.Need{}, needed(3))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"l"}, *l.Spill, 1)
	})
	same(t, "after the match", rotation.Need{Chunks: 3}, needed(1))
	same(t, "by a sidecar alone", rotation.Need{Sidecars: 1}, needed(4))
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.DropSidecars(ctx, tx, []selvedge.ListID{"m"})
	})
	same(t, "without it", rotation.Need{}, needed(4))
}

func rotationSidecarKeys(t *testing.T, s *site) {
	l, m, n := newList("l", 1), newList("m", 2), newList("n", 3)
	n.Sidecar = nil
	s.insertLists(t, l, n, m)
	keys := func() []rotation.SidecarKey { return read(t, s, s.Rotation.SidecarKeys) }
	of := func(l list.List) rotation.SidecarKey {
		return rotation.SidecarKey{Sidecar: l.Sidecar.Ref, Sealed: l.Sidecar.Key}
	}
	same(t, "all that there are", []rotation.SidecarKey{of(l), of(m)}, keys())
	m.Sidecar.Key = []byte{7, 0}
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Rotation.ResealSidecar(ctx, tx, of(m)) })
	same(t, "one of them another", []rotation.SidecarKey{of(l), of(m)}, keys())
	same(t, "the lists", []list.List{l, n, m}, s.lists(t, "a"))
	gone := of(l)
	gone.Sidecar.Sum[3] = 9
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Rotation.ResealSidecar(ctx, tx, gone) })
	same(t, "none that there is not", []rotation.SidecarKey{of(l), of(m)}, keys())
}
