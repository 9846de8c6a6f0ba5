package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/upload"
)

func uploadCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Kept":    uploadsKept,
		"Parts":   uploadParts,
		"Offset":  uploadOffset,
		"Delete":  uploadDelete,
		"Expired": uploadsExpired,
		"Keys":    uploadKeys,
	}
}

// newUpload is one that takes up to 100 bytes and has an hour left.
func newUpload(id upload.ID, org selvedge.OrgID) upload.Upload {
	return upload.Upload{ID: id, Org: org, Length: 100, ExpiresAt: start.Add(time.Hour), Key: []byte{1, 2, byte(len(id))}}
}

func (s *site) insertUploads(t *testing.T, us ...upload.Upload) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error {
		for _, u := range us {
			if err := s.Uploads.InsertUpload(ctx, tx, u); err != nil {
				return err
			}
		}
		return nil
	})
}

// upload returns an upload at a time, and the code of the error.
func (s *site) upload(t *testing.T, org selvedge.OrgID, id upload.ID, now time.Time) (u upload.Upload, code selvedge.Code) {
	t.Helper()
	_ = s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		u, err = s.Uploads.Upload(ctx, tx, org, id, now)
		code = selvedge.CodeOf(err)
		return err
	})
	return u, code
}

func part(n byte, length int64) upload.Part {
	return upload.Part{Length: length, Salt: [16]byte{n}, Blob: blob.Ref{Kind: blob.KindUpload, Sum: [32]byte{0xee, n}, Size: 1 << 33}}
}

func (s *site) addPart(t *testing.T, id upload.ID, from int64, p upload.Part) {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Uploads.AddPart(ctx, tx, id, from, p) })
}

func (s *site) parts(t *testing.T, id upload.ID) []upload.Part {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]upload.Part, error) { return s.Uploads.Parts(ctx, tx, id) })
}

func uploadsKept(t *testing.T, s *site) {
	u, other := newUpload("upl_a", "org_a"), newUpload("upl_b", "org_b")
	s.insertUploads(t, u, other)
	got, _ := s.upload(t, "org_a", "upl_a", start)
	same(t, "kept", u, got)
	for name, c := range map[string]struct {
		org selvedge.OrgID
		id  upload.ID
		now time.Time
	}{
		"another org's":     {"org_b", "upl_a", start},
		"none":              {"org_a", "upl_c", start},
		"in capitals":       {"org_a", "UPL_A", start},
		"over at that time": {"org_a", "upl_a", u.ExpiresAt},
	} {
		if _, code := s.upload(t, c.org, c.id, c.now); code != selvedge.CodeNotFound {
			t.Errorf("%s: %s", name, code)
		}
	}
	count := func(org selvedge.OrgID, now time.Time) int64 {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (int64, error) {
			return s.Uploads.CountUploads(ctx, tx, org, now)
		})
	}
	same(t, "of the org", int64(1), count("org_a", start))
	same(t, "that are over", int64(0), count("org_a", u.ExpiresAt))
	same(t, "of none", int64(0), count("org_c", start))
}

func uploadParts(t *testing.T, s *site) {
	s.insertUploads(t, newUpload("upl_a", "org_a"), newUpload("upl_b", "org_a"))
	a, b := part(1, 60), part(2, 40)
	s.addPart(t, "upl_a", 0, a)
	s.addPart(t, "upl_a", 60, b)
	a.Number, b.Number = 1, 2
	same(t, "in order", []upload.Part{a, b}, s.parts(t, "upl_a"))
	same(t, "of another", []upload.Part(nil), s.parts(t, "upl_b"))
	u, _ := s.upload(t, "org_a", "upl_a", start)
	if !u.Complete() || u.Parts != 2 {
		t.Errorf("%+v", u)
	}
}

func uploadOffset(t *testing.T, s *site) {
	s.insertUploads(t, newUpload("upl_a", "org_a"))
	s.addPart(t, "upl_a", 0, part(1, 60))
	for name, c := range map[string]struct {
		id     upload.ID
		from   int64
		length int64
	}{"again": {"upl_a", 0, 60}, "a gap": {"upl_a", 61, 10}, "gone": {"upl_b", 0, 10}} {
		err := s.refused(t, name, func(ctx context.Context, tx selvedge.Tx) error {
			return s.Uploads.AddPart(ctx, tx, c.id, c.from, part(2, c.length))
		})
		wantCode(t, name, err, selvedge.CodeConflict)
	}
	s.refused(t, "more than was announced", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Uploads.AddPart(ctx, tx, "upl_a", 60, part(2, 41))
	})
	u, _ := s.upload(t, "org_a", "upl_a", start)
	if u.Offset != 60 || u.Parts != 1 {
		t.Errorf("%+v", u)
	}
}

func uploadDelete(t *testing.T, s *site) {
	s.insertUploads(t, newUpload("upl_a", "org_a"), newUpload("upl_b", "org_a"))
	s.addPart(t, "upl_a", 0, part(1, 60))
	s.addPart(t, "upl_b", 0, part(2, 60))
	remove := func(ctx context.Context, tx selvedge.Tx) error { return s.Uploads.DeleteUpload(ctx, tx, "upl_a") }
	s.update(t, remove)
	same(t, "its parts", []upload.Part(nil), s.parts(t, "upl_a"))
	if n := len(s.parts(t, "upl_b")); n != 1 {
		t.Errorf("the other one has %d parts", n)
	}
	wantCode(t, "again", s.refused(t, "again", remove), selvedge.CodeNotFound)
}

func uploadsExpired(t *testing.T, s *site) {
	over, left := newUpload("upl_a", "org_a"), newUpload("upl_b", "org_b")
	left.ExpiresAt = over.ExpiresAt.Add(time.Microsecond)
	s.insertUploads(t, over, left)
	s.addPart(t, "upl_a", 0, part(1, 60))
	s.addPart(t, "upl_b", 0, part(2, 60))
	for _, want := range []int64{1, 0} {
		var n int64
		s.update(t, func(ctx context.Context, tx selvedge.Tx) (err error) {
			n, err = s.Uploads.DeleteUploads(ctx, tx, over.ExpiresAt)
			return err
		})
		same(t, "deleted", want, n)
	}
	same(t, "parts of what is over", []upload.Part(nil), s.parts(t, "upl_a"))
	if n := len(s.parts(t, "upl_b")); n != 1 {
		t.Errorf("what is left has %d parts", n)
	}
}

func uploadKeys(t *testing.T, s *site) {
	a, b := newUpload("upl_a", "org_a"), newUpload("upl_b", "org_b")
	s.insertUploads(t, b, a)
	keys := func() []rotation.UploadKey { return read(t, s, s.Rotation.UploadKeys) }
	of := func(u upload.Upload) rotation.UploadKey { return rotation.UploadKey{Upload: u.ID, Sealed: u.Key} }
	same(t, "all that there are", []rotation.UploadKey{of(a), of(b)}, keys())
	b.Key = []byte{7, 0}
	reseal := func(k rotation.UploadKey) {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Rotation.ResealUpload(ctx, tx, k) })
	}
	reseal(of(b))
	same(t, "one of them another", []rotation.UploadKey{of(a), of(b)}, keys())
	reseal(of(newUpload("upl_c", "org_a")))
	same(t, "none that there is not", []rotation.UploadKey{of(a), of(b)}, keys())
}
