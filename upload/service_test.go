package upload_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/upload"
)

// TestBounds: a file has a length, and an org so many uploads.
func TestBounds(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	for _, n := range []int64{0, -1} {
		_, err := p.Uploads.Create(t.Context(), p.acme, n)
		wantError(t, "no length", err, selvedge.CodeInvalid, "bad_length")
	}
	_, err := p.Uploads.Create(t.Context(), p.acme, upload.MaxLength+1)
	wantError(t, "too long", err, selvedge.CodeTooLarge, "list_too_large")
	first := p.begin(t, upload.MaxLength)
	for range upload.MaxOpen - 1 {
		p.begin(t, 1)
	}
	_, err = p.Uploads.Create(t.Context(), p.acme, 1)
	wantError(t, "too many", err, selvedge.CodeConflict, "too_many_uploads")
	if _, err := p.Uploads.Create(t.Context(), p.bolt, 1); err != nil {
		t.Errorf("another org: %v", err)
	}
	must(t, p.Uploads.Delete(t.Context(), p.acme, first.ID))
	p.begin(t, 1)
}

// TestOthers: another org's upload is refused in the words for one that there is
// not, whatever is asked, and whoever is no org is refused.
func TestOthers(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	u := p.begin(t, 1)
	for name, ask := range map[string]func(actor selvedge.Actor, id upload.ID) error{
		"look": func(a selvedge.Actor, id upload.ID) error { _, err := p.Uploads.Look(t.Context(), a, id); return err },
		"append": func(a selvedge.Actor, id upload.ID) error {
			_, err := p.Uploads.Append(t.Context(), a, id, 0, bytes.NewReader([]byte{1}))
			return err
		},
		"delete": func(a selvedge.Actor, id upload.ID) error { return p.Uploads.Delete(t.Context(), a, id) },
		"open":   func(a selvedge.Actor, id upload.ID) error { _, err := p.Uploads.Open(t.Context(), a, id); return err },
	} {
		theirs, none := ask(p.bolt, u.ID), ask(p.bolt, "upl_none")
		wantError(t, name, theirs, selvedge.CodeNotFound, "")
		if theirs.Error() != none.Error() {
			t.Errorf("%s: %q, and of none %q", name, theirs, none)
		}
		for _, actor := range []selvedge.Actor{{}, anna, selvedge.Platform("k")} {
			wantError(t, name, ask(actor, u.ID), selvedge.CodeForbidden, "")
		}
	}
	if at := p.at(t, u.ID); at != 0 {
		t.Errorf("it is at %d", at)
	}
}

// searched says whether any file of a folder holds a text.
func searched(t *testing.T, dir string, text []byte) (found bool) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, text)
		return err
	}))
	return found
}

// TestNothingInTheClear: what has arrived stands nowhere in the folder, and is gone
// with the upload, however it ends: at once no row has its key, and after the
// collections no file its parts.
func TestNothingInTheClear(t *testing.T) {
	t.Parallel()
	secret := []byte("canary.one@example.com")
	whole := bytes.Repeat(append(secret, '\n'), 20)
	for name, end := range map[string]func(p *platform, id upload.ID) error{
		"deleted": func(p *platform, id upload.ID) error { return p.Uploads.Delete(t.Context(), p.acme, id) },
		"used": func(p *platform, id upload.ID) error {
			return p.Uploads.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return p.Uploads.UseUp(ctx, tx, id) })
		},
		"a day old": func(p *platform, _ upload.ID) error {
			p.clock.Add(upload.Life)
			n, err := p.Uploads.Expire(t.Context())
			if n != 1 {
				t.Errorf("%d are over", n)
			}
			return err
		},
	} {
		p := newPlatform(t)
		u := p.begin(t, len(whole))
		p.send(t, u.ID, whole)
		if len(p.parts(t)) == 0 || searched(t, p.cfg.Dir, secret[:11]) {
			t.Fatalf("%s: it is in the clear, or not there", name)
		}
		must(t, end(p, u.ID))
		for _, err := range []error{p.Uploads.Delete(t.Context(), p.acme, u.ID), second(p.Uploads.Look(t.Context(), p.acme, u.ID)), second(p.Uploads.Open(t.Context(), p.acme, u.ID))} {
			wantError(t, name, err, selvedge.CodeNotFound, "")
		}
		if keys, err := p.uploadKeys(t); err != nil || keys != 0 {
			t.Errorf("%s: %d keys are kept, %v", name, keys, err)
		}
		for range 2 {
			p.clock.Add(2 * time.Hour)
			_, err := p.Collect(t.Context(), selvedge.System("collector"))
			must(t, err)
		}
		if n := len(p.parts(t)); n != 0 {
			t.Errorf("%s: %d parts are left", name, n)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// uploadKeys counts the keys that are kept.
func (p *platform) uploadKeys(t *testing.T) (n int, err error) {
	t.Helper()
	err = p.Uploads.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		keys, err := p.Rotation.Repo.UploadKeys(ctx, tx)
		n = len(keys)
		return err
	})
	return n, err
}

// TestUsedUpOnce: the second who would make something of an upload does not.
func TestUsedUpOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	u := p.begin(t, 5)
	use := func() error {
		return p.Uploads.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return p.Uploads.UseUp(ctx, tx, u.ID) })
	}
	must(t, use())
	wantError(t, "again", use(), selvedge.CodeNotFound, "")
}

// TestLife: an upload is there for a day, and not a microsecond longer, whether or
// not anybody has deleted it.
func TestLife(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	u := p.begin(t, 5)
	p.clock.Add(upload.Life - time.Microsecond)
	if n, err := p.Uploads.Expire(t.Context()); n != 0 || err != nil {
		t.Errorf("%d are over, %v", n, err)
	}
	p.at(t, u.ID)
	p.clock.Add(time.Microsecond)
	_, err := p.Uploads.Look(t.Context(), p.acme, u.ID)
	wantError(t, "over", err, selvedge.CodeNotFound, "")
	_, err = p.Uploads.Append(t.Context(), p.acme, u.ID, 0, bytes.NewReader([]byte("abcde")))
	wantError(t, "over", err, selvedge.CodeNotFound, "")
	for range upload.MaxOpen {
		p.begin(t, 1) // it does not count any more
	}
}

// TestPartsStayWhereTheyAre: parts that were exchanged do not open.
func TestPartsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(2 * partLength)
	u := p.begin(t, len(whole))
	p.send(t, u.ID, whole)
	p.sql(t, `UPDATE upload_part SET number = 3 - number + 10`)
	p.sql(t, `UPDATE upload_part SET number = number - 10`)
	r, err := p.Uploads.Open(t.Context(), p.acme, u.ID)
	must(t, err)
	defer r.Close()
	if got, err := io.ReadAll(r); err == nil || len(got) > 0 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestReseal: an upload goes on under another key-encryption key.
func TestReseal(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	whole := file(100)
	u := p.begin(t, len(whole))
	_, err := p.Uploads.Append(t.Context(), p.acme, u.ID, 0, bytes.NewReader(whole[:50]))
	must(t, err)
	_, err = p.Reseal(t.Context(), anna)
	must(t, err)
	must(t, p.Close())
	p.open(t)
	p.send(t, u.ID, whole)
	p.wantContent(t, "resealed", u.ID, whole)
}
