package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/token"
)

func importCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"OneAtATime":       importOneAtATime,
		"CompletedOnce":    importCompletedOnce,
		"Manifest":         importManifest,
		"ImportedOrdinals": importOrdinals,
	}
}

type openImport struct {
	ID     contact.ImportID
	Digest [32]byte
	OK     bool
}

func (s *site) openImport(t *testing.T) openImport {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) (o openImport, err error) {
		o.ID, o.Digest, o.OK, err = s.Contacts.OpenImport(ctx, tx)
		return o, err
	})
}

func (s *site) begin(t *testing.T, digest [32]byte) contact.ImportID {
	t.Helper()
	var id contact.ImportID
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		id, err = s.Contacts.BeginImport(ctx, tx, contact.NewImport{Digest: digest}, s.clock.Now())
		return err
	})
	return id
}

func (s *site) complete(id contact.ImportID, chunks ...contact.ChunkRow) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.CompleteImport(ctx, tx, id, chunks, contact.Report{}, s.clock.Now())
	}
}

func importOneAtATime(t *testing.T, s *site) {
	same(t, "at first", openImport{}, s.openImport(t))
	digest := [32]byte{0: 0x80, 31: 0xff}
	id := s.begin(t, digest)
	if id == 0 {
		t.Error("the import has the number 0")
	}
	same(t, "while it is open", openImport{id, digest, true}, s.openImport(t))
	for _, d := range [][32]byte{digest, {}} {
		s.refused(t, "a second open import", func(ctx context.Context, tx selvedge.Tx) error {
			_, err := s.Contacts.BeginImport(ctx, tx, contact.NewImport{Digest: d}, start)
			return err
		})
	}
	same(t, "after the refusal", openImport{id, digest, true}, s.openImport(t))
	s.update(t, s.complete(id))
	same(t, "after it is complete", openImport{}, s.openImport(t))
	if next := s.begin(t, digest); next == id {
		t.Error("two imports have one number")
	}
}

func importCompletedOnce(t *testing.T, s *site) {
	id := s.begin(t, [32]byte{1})
	s.update(t, s.complete(id))
	other := s.begin(t, [32]byte{2})
	for what, n := range map[string]contact.ImportID{"complete already": id, "not begun": other + 100} {
		wantCode(t, what, s.refused(t, what, s.complete(n, chunk(1, identifier.ClassEmail))), selvedge.CodeConflict)
	}
	same(t, "the open one", openImport{other, [32]byte{2}, true}, s.openImport(t))
	if n := len(read(t, s, s.Index.Chunks)); n != 0 {
		t.Errorf("%d chunks in the manifest, want none", n)
	}
}

func chunk(sum byte, c identifier.Class) contact.ChunkRow {
	return contact.ChunkRow{
		Ref:    blob.Ref{Kind: blob.KindChunk, Sum: [32]byte{0: sum, 31: 0xff}, Size: 1<<40 + int64(sum)},
		Header: token.Header{Family: token.Ads, Class: c, Epoch: 1<<32 - 1, RuleSet: 7, Count: 1 << 40},
	}
}

// importManifest names chunks, which come back in the order of their digests,
// bytes from 0x80 on after the others.
func importManifest(t *testing.T, s *site) {
	id := s.begin(t, [32]byte{1})
	s.update(t, s.complete(id, chunk(0x90, identifier.ClassEmail), chunk(0x10, identifier.ClassPhone)))
	id = s.begin(t, [32]byte{2})
	s.update(t, s.complete(id, chunk(0x7f, identifier.ClassEmail), chunk(0xff, identifier.ClassPhone), chunk(0, identifier.ClassPhone)))
	same(t, "the manifest", []contact.ChunkRow{
		chunk(0, identifier.ClassPhone), chunk(0x10, identifier.ClassPhone), chunk(0x7f, identifier.ClassEmail),
		chunk(0x90, identifier.ClassEmail), chunk(0xff, identifier.ClassPhone),
	}, read(t, s, s.Index.Chunks))

	id = s.begin(t, [32]byte{3})
	s.refused(t, "a chunk that is named already", s.complete(id, chunk(1, identifier.ClassEmail), chunk(0x90, identifier.ClassEmail)))
	foreign := chunk(2, identifier.ClassEmail)
	foreign.Header.Family = 2
	s.refused(t, "a chunk of another family than ads", s.complete(id, foreign))
	if n := len(read(t, s, s.Index.Chunks)); n != 5 {
		t.Errorf("%d chunks, want 5", n)
	}
	if !s.openImport(t).OK {
		t.Error("an import whose chunks were refused is complete")
	}
}

func importOrdinals(t *testing.T, s *site) {
	a := s.newAccount(t, "u")
	give := func(id contact.ImportID, n int) contact.AdsGrant {
		g := contact.AdsGrant{Contact: selvedge.ContactID(n), Account: a.ID, Person: a.Person, Purposes: twoAds, Live: twoAds, ExpiresAt: start.Add(time.Hour), Import: id}
		s.insertGrant(t, &g)
		a.Person = g.Person
		return g
	}
	first := s.begin(t, [32]byte{1})
	give(first, 1)
	s.update(t, s.complete(first))
	second := s.begin(t, [32]byte{2})
	give(second, 2)
	half := give(second, 3)
	gone := give(second, 4)
	s.end(t, contact.End{Contact: half.Contact, Purpose: purpose.AdsSuppress, At: start, Reason: contact.Withdrawn})
	for _, p := range twoAds.List() {
		s.end(t, contact.End{Contact: gone.Contact, Purpose: p, At: start, Reason: contact.Withdrawn})
	}

	type brought struct {
		Ordinal selvedge.Ordinal
		Live    purpose.Set
	}
	of := func(id contact.ImportID) []brought {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (out []brought, err error) {
			err = s.Contacts.ImportedOrdinals(ctx, tx, id, func(o selvedge.Ordinal, live purpose.Set) error {
				out = append(out, brought{o, live})
				return nil
			})
			return out, err
		})
	}
	same(t, "the first import", []brought{{1, twoAds}}, of(first))
	same(t, "the second import", []brought{{2, twoAds}, {3, purpose.Of(purpose.AdsMatchAdvertiser)}, {4, 0}}, of(second))
	same(t, "no import", []brought(nil), of(second+1))

	mine, calls := errors.New("mine"), 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Contacts.ImportedOrdinals(ctx, tx, second, func(selvedge.Ordinal, purpose.Set) error { calls++; return mine })
	})
	if err != mine || calls != 1 {
		t.Errorf("error %v after %d calls, want fn's own after 1", err, calls)
	}
}
