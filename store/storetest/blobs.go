package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
)

// Shelf is the blob store of a backend under test. It holds every blob, but for
// those that were taken away, and can do no more than say so.
type Shelf struct {
	blob.Store
	mu   sync.Mutex
	gone map[blob.Ref]bool // guarded by mu
}

// Stat implements blob.Store.
func (s *Shelf) Stat(_ context.Context, ref blob.Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone[ref] {
		return selvedge.Errorf(selvedge.CodeNotFound, "there is no such %s", ref.Kind)
	}
	return nil
}

func (s *Shelf) take(ref blob.Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone == nil {
		s.gone = map[blob.Ref]bool{}
	}
	s.gone[ref] = true
}

func blobCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Condemn":       blobCondemn,
		"Due":           blobDue,
		"Begin":         blobBegin,
		"End":           blobEnd,
		"Named":         blobNamed,
		"LetGo":         blobLetGo,
		"Holds":         blobHolds,
		"HoldsRunOut":   blobHoldsRunOut,
		"ManyAtOnce":    blobManyAtOnce,
		"MarkStays":     blobMarkStays,
		"KindsAndNames": blobKinds,
	}
}

func ref(kind blob.Kind, n byte) blob.Ref {
	return blob.Ref{Kind: kind, Sum: [32]byte{0: n, 31: 0xff}, Size: 1<<40 + int64(n)}
}

func (s *site) condemn(t *testing.T, at time.Time, refs ...blob.Ref) (named []bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		named, err = s.Blobs.Condemn(ctx, tx, refs, at)
		return err
	})
	return named
}

func (s *site) beginDelete(t *testing.T, refs ...blob.Ref) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.Begin(ctx, tx, refs, s.clock.Now()) })
}

func (s *site) due(t *testing.T, at time.Time, max int) []blob.Ref {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]blob.Ref, error) { return s.Blobs.Due(ctx, tx, at, max) })
}

func (s *site) wantDeleting(t *testing.T, what string, want ...blob.Ref) {
	t.Helper()
	same(t, what, want, read(t, s, s.Blobs.Deleting))
}

// far is a time at which all that is condemned is due.
var far = start.AddDate(100, 0, 0)

func blobCondemn(t *testing.T, s *site) {
	a, b, c := ref(blob.KindChunk, 0x90), ref(blob.KindSpill, 1), ref(blob.KindBitmap, 2)
	same(t, "none is named", []bool{false, false}, s.condemn(t, start, a, b))
	same(t, "again, with another", []bool{false, false}, s.condemn(t, start.Add(time.Hour), a, c))
	same(t, "nothing", []bool{}, s.condemn(t, start))
	// The first entry stands.
	same(t, "in their order", []blob.Ref{a, b, c}, s.due(t, far, 9))
	s.beginDelete(t, a)
	s.condemn(t, start, a)
	s.wantDeleting(t, "condemned while it is being deleted", a)
}

func blobDue(t *testing.T, s *site) {
	var want []blob.Ref
	for n := range 4 {
		r := ref(blob.KindBitmap, byte(200-n))
		want = append(want, r)
		s.condemn(t, start.Add(time.Duration(n)*time.Microsecond), r)
	}
	same(t, "a microsecond early", []blob.Ref(nil), s.due(t, start.Add(-time.Microsecond), 9))
	same(t, "to the microsecond", want[:2], s.due(t, start.Add(time.Microsecond), 9))
	same(t, "no more than so many", want[:3], s.due(t, far, 3))
	s.beginDelete(t, want[0])
	same(t, "not what is being deleted", want[1:], s.due(t, far, 9))
}

func blobBegin(t *testing.T, s *site) {
	condemned, fresh := ref(blob.KindSegment, 1), ref(blob.KindSegment, 2)
	s.condemn(t, start, condemned)
	s.beginDelete(t, condemned, fresh)
	s.beginDelete(t, fresh)
	s.beginDelete(t)
	s.wantDeleting(t, "both, once", condemned, fresh)
}

func blobEnd(t *testing.T, s *site) {
	a, b, waits := ref(blob.KindSpill, 1), ref(blob.KindSpill, 2), ref(blob.KindSpill, 3)
	s.beginDelete(t, a, b)
	s.condemn(t, start, waits)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Blobs.End(ctx, tx, []blob.Ref{a, waits, ref(blob.KindSpill, 4)})
	})
	s.wantDeleting(t, "what is left", b)
	same(t, "what is only condemned", []blob.Ref{waits}, s.due(t, far, 9))
}

// naming is a way to have a row name a blob, and one to have it let go.
type naming struct {
	kind  blob.Kind
	name  func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error
	letGo func(ctx context.Context, tx selvedge.Tx) error
}

// namings has a case for each column that names blobs, by table and column.
func (s *site) namings(t *testing.T) map[string]naming {
	t.Helper()
	waits, renewed := newList("waits", 1), newList("renewed", 2)
	s.insertLists(t, waits, renewed)
	base, row := chunk(0x70, identifier.ClassEmail), chunk(0, identifier.ClassEmail)
	other := chunk(0x72, identifier.ClassEmail)
	s.update(t, s.complete(s.begin(t, [32]byte{2}), base, other))
	id := s.begin(t, [32]byte{1})
	return map[string]naming{
		"chunk.sum": {blob.KindChunk, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			row.Ref = r
			return s.Contacts.CompleteImport(ctx, tx, id, []contact.ChunkRow{row}, contact.Report{}, start)
		}, func(ctx context.Context, tx selvedge.Tx) error {
			if err := s.Rotation.Stage(ctx, tx, row.Ref, chunk(0x71, identifier.ClassEmail)); err != nil {
				return err
			}
			return s.Rotation.Replace(ctx, tx)
		}},
		"chunk.sum, staged": {blob.KindChunk, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			row.Ref = r
			return s.Rotation.Stage(ctx, tx, base.Ref, row)
		}, nil},
		"chunk.sum, folded": {blob.KindChunk, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			row.Ref = r
			return s.Compaction.Fold(ctx, tx, 0, 0, nil, []contact.ChunkRow{row})
		}, nil},
		"chunk.sum, written anew": {blob.KindChunk, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			row.Ref = r
			return s.Compaction.Rewrite(ctx, tx, other.Ref, &row)
		}, nil},
		"segment.sum": {blob.KindSegment, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Index.PutSegment(ctx, tx, identifier.ClassEmail, r, [32]byte{})
		}, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Index.DropSegment(ctx, tx, identifier.ClassEmail)
		}},
		"list.spill_sum": {blob.KindSpill, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			l := newList("named", 9)
			l.Spill = &r
			return s.Audiences.InsertList(ctx, tx, l)
		}, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"named"}, ref(blob.KindBitmap, 0x77), 1)
		}},
		"list.spill_sum, renewed": {blob.KindSpill, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Audiences.SetSpill(ctx, tx, "renewed", *renewed.Spill, r, 2)
		}, nil},
		"list.members_sum": {blob.KindBitmap, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Audiences.SetMatched(ctx, tx, []selvedge.ListID{"waits"}, r, 1)
		}, nil},
		"audience_version.members_sum": {blob.KindBitmap, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Audiences.InsertVersion(ctx, tx, audience.Version{Audience: "a", Number: 1, Members: &r, AcceptedAt: start, SealedAt: start, PublishAt: start})
		}, nil},
		"audience_version.flips_sum": {blob.KindBitmap, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Audiences.InsertVersion(ctx, tx, audience.Version{Audience: "a", Number: 2, Flips: &r, AcceptedAt: start, SealedAt: start, PublishAt: start})
		}, nil},
		"publication.members_sum": {blob.KindBitmap, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Publications.InsertPublication(ctx, tx, &report.Publication{Entity: "Acme", Audience: "a", Version: 1, At: start, Own: true, Members: &r})
		}, nil},
		"upload_part.part_sum": {blob.KindUpload, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			if err := s.Uploads.InsertUpload(ctx, tx, newUpload("upl_n", "org_a")); err != nil {
				return err
			}
			p := part(1, 60)
			p.Blob = r
			return s.Uploads.AddPart(ctx, tx, "upl_n", 0, p)
		}, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Uploads.DeleteUpload(ctx, tx, "upl_n")
		}},
		"list.sidecar_sum": {blob.KindSidecar, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			l := newList("tied", 10)
			l.Sidecar.Ref = r
			return s.Audiences.InsertList(ctx, tx, l)
		}, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.DropSidecars(ctx, tx, []selvedge.ListID{"tied"})
		}},
		"list.rows_sum": {blob.KindRows, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			l := newList("reported", 11)
			l.Rows = &r
			return s.Audiences.InsertList(ctx, tx, l)
		}, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Audiences.DropSidecars(ctx, tx, []selvedge.ListID{"reported"})
		}},
		"list.sidecar_sum, renewed": {blob.KindSidecar, func(ctx context.Context, tx selvedge.Tx, r blob.Ref) error {
			return s.Audiences.SetSidecar(ctx, tx, "renewed", renewed.Sidecar.Ref, list.Sidecar{Ref: r, Key: []byte{1}, Epoch: 2})
		}, nil},
	}
}

// Namings returns the columns that the suite has a case for. A backend's own
// test holds it against the columns that there are.
func Namings() []string {
	return []string{"chunk.sum", "segment.sum", "list.spill_sum", "list.members_sum", "list.sidecar_sum", "list.rows_sum", "audience_version.members_sum", "audience_version.flips_sum", "publication.members_sum", "upload_part.part_sum"}
}

// blobNamed has every column name a blob, in each state that it may be in.
func blobNamed(t *testing.T, s *site) {
	all := s.namings(t)
	for _, column := range Namings() {
		if _, ok := all[column]; !ok {
			t.Errorf("%s has no case", column)
		}
	}
	for i, column := range slices.Sorted(maps.Keys(all)) {
		n := all[column]
		r := ref(n.kind, byte(0xa0+i))
		name := func(ctx context.Context, tx selvedge.Tx) error { return n.name(ctx, tx, r) }
		overtaken := func(what string) {
			t.Helper()
			err := s.refused(t, column+", "+what, name)
			same(t, column+", "+what, blob.Overtaken(n.kind), err, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() }))
			wantCode(t, column+", "+what, err, selvedge.CodeUnavailable)
		}
		s.beginDelete(t, r)
		overtaken("being deleted")
		s.wantDeleting(t, column+": refused, and the mark stands", r)
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.End(ctx, tx, []blob.Ref{r}) })

		gone := r
		r.Sum[1] = 1
		s.Shelf.take(r)
		overtaken("not there")
		s.condemn(t, start, r)
		overtaken("condemned, and not there")
		same(t, column+": refused, and still condemned", []blob.Ref{r}, s.due(t, far, 9))
		s.beginDelete(t, r)
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.End(ctx, tx, []blob.Ref{r}) })

		r = gone
		same(t, column+": not named yet", []bool{false}, s.condemn(t, start, r))
		s.update(t, name)
		same(t, column+": no longer condemned", []blob.Ref(nil), s.due(t, far, 9))
		same(t, column+": named", []bool{true}, s.condemn(t, start, r))
		same(t, column+": not condemned", []blob.Ref(nil), s.due(t, far, 9))
		s.beginDelete(t, r)
		s.wantDeleting(t, column+": named, and not to be deleted")
	}
}

// blobLetGo has rows let blobs go, which are garbage then.
func blobLetGo(t *testing.T, s *site) {
	for column, n := range s.namings(t) {
		if n.letGo == nil {
			continue
		}
		r := ref(n.kind, 0xb0)
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return n.name(ctx, tx, r) })
		s.update(t, n.letGo)
		same(t, column, []bool{false}, s.condemn(t, start, r))
		s.beginDelete(t, r)
		s.wantDeleting(t, column, r)
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.End(ctx, tx, []blob.Ref{r}) })
	}
}

// blobKinds: a blob of one kind is not named because one of another kind has
// its digest.
func blobKinds(t *testing.T, s *site) {
	n := s.namings(t)["list.members_sum"]
	r := ref(blob.KindBitmap, 0xc0)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return n.name(ctx, tx, r) })
	other := ref(blob.KindChunk, 0xc0)
	longer := r
	longer.Size++ // as a listing shows a blob that was damaged
	same(t, "named", []bool{true, false, true}, s.condemn(t, start, r, other, longer))
	s.beginDelete(t, other)
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		return s.Audiences.InsertVersion(ctx, tx, audience.Version{Audience: "b", Number: 1, Members: &r, AcceptedAt: start, SealedAt: start, PublishAt: start})
	})
}

// blobMarkStays: what has been marked is not unmarked by its condemnation nor by
// a second listing, so that whoever met the mark is right.
func blobMarkStays(t *testing.T, s *site) {
	r := ref(blob.KindSpill, 0xd0)
	s.beginDelete(t, r)
	same(t, "not named", []bool{false}, s.condemn(t, start.Add(time.Hour), r))
	s.wantDeleting(t, "marked", r)
	same(t, "due", []blob.Ref(nil), s.due(t, far, 9))
}

func (s *site) putHold(t *testing.T, until time.Time) (id int64) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		id, err = s.Blobs.PutHold(ctx, tx, until)
		return err
	})
	return id
}

func (s *site) held(t *testing.T, at time.Time) (held bool) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
		held, err = s.Blobs.Held(ctx, tx, at)
		return err
	})
	return held
}

func (s *site) dropHold(id int64) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.DropHold(ctx, tx, id) }
}

func blobHolds(t *testing.T, s *site) {
	if s.held(t, start) {
		t.Error("held by nobody")
	}
	first, second := s.putHold(t, start.Add(time.Hour)), s.putHold(t, start.Add(time.Hour))
	if first == second {
		t.Error("two holds have one number")
	}
	s.update(t, s.dropHold(first))
	if !s.held(t, start) {
		t.Error("the second hold went with the first")
	}
	s.update(t, s.dropHold(second))
	if s.held(t, start) {
		t.Error("held after both were dropped")
	}
	wantCode(t, "dropped already", s.refused(t, "dropped already", s.dropHold(second)), selvedge.CodeConflict)
	if third := s.putHold(t, start); third == first || third == second {
		t.Error("a number was given twice")
	}
}

// blobHoldsRunOut: a hold that nobody looked at stands, whatever the time; one
// that was found over is gone for good.
func blobHoldsRunOut(t *testing.T, s *site) {
	renew := func(id int64, until time.Time) func(context.Context, selvedge.Tx) error {
		return func(ctx context.Context, tx selvedge.Tx) error { return s.Blobs.RenewHold(ctx, tx, id, until) }
	}
	until := start.Add(time.Hour)
	a, b := s.putHold(t, until), s.putHold(t, until.Add(time.Microsecond))
	if !s.held(t, until.Add(-time.Microsecond)) || !s.held(t, until) {
		t.Error("not held although one stands")
	}
	wantCode(t, "over", s.refused(t, "over", renew(a, far)), selvedge.CodeConflict)
	wantCode(t, "over", s.refused(t, "over", s.dropHold(a)), selvedge.CodeConflict)
	s.update(t, renew(b, until.Add(time.Hour)))
	if !s.held(t, until.Add(time.Hour-time.Microsecond)) || s.held(t, until.Add(time.Hour)) {
		t.Error("a renewed hold does not stand until its new end, or longer")
	}
}

// blobManyAtOnce asks for more than one statement takes.
func blobManyAtOnce(t *testing.T, s *site) {
	n := s.namings(t)["audience_version.members_sum"]
	var refs []blob.Ref
	for i := range 130 {
		refs = append(refs, ref(blob.KindBitmap, byte(i)), ref(blob.KindSpill, byte(i+100)))
	}
	want := make([]bool, len(refs))
	want[2*77] = true
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return n.name(ctx, tx, refs[2*77]) })
	same(t, "named", want, s.condemn(t, start, refs...))
}
