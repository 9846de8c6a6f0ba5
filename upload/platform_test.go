package upload_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/upload"
)

var (
	anna  = selvedge.Operator("anna")
	start = time.Date(2026, 3, 14, 9, 26, 10, 0, time.UTC)
)

// partLength is that of the parts of a platform.
const partLength = 16

// platform is a server with two orgs, on a clock that stands still.
type platform struct {
	*server.Server
	cfg        server.Config
	clock      *fakeclock.Clock
	acme, bolt selvedge.Actor
}

func newPlatform(t testing.TB) *platform {
	t.Helper()
	clock := fakeclock.New(start)
	p := &platform{clock: clock, cfg: server.Config{
		Dir: filepath.Join(t.TempDir(), "data"), UnknownAge: contact.UnknownIsMinor, Clock: clock,
		Entropy: selvedge.NewSeededEntropy("upload"), Log: slog.New(slog.DiscardHandler), Code: "test",
	}}
	must(t, server.Init(t.Context(), p.cfg))
	p.open(t)
	t.Cleanup(func() { must(t, p.Close()) })
	for name, actor := range map[string]*selvedge.Actor{"Acme": &p.acme, "Bolt": &p.bolt} {
		_, key, err := p.Orgs.Create(t.Context(), anna, name, name+" Ltd", org.Advertiser)
		must(t, err)
		*actor, err = p.Orgs.Authenticate(t.Context(), key)
		must(t, err)
	}
	return p
}

func (p *platform) open(t testing.TB) {
	t.Helper()
	s, err := server.Open(t.Context(), p.cfg)
	must(t, err)
	must(t, s.Start(t.Context()))
	s.Uploads.Part = partLength
	p.Server = s
}

// killed returns the platform as another process finds it that starts after this
// one was killed now.
func (p *platform) killed(t *testing.T) *platform {
	t.Helper()
	next := *p
	next.cfg.Dir = filepath.Join(t.TempDir(), "data")
	must(t, filepath.WalkDir(p.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(next.cfg.Dir, path[len(p.cfg.Dir):])
		if d.IsDir() {
			return os.Mkdir(to, 0o700)
		}
		if filepath.Base(path) == "selvedge.db-shm" {
			return nil // made again from the log
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o600)
	}))
	next.cfg.Entropy = selvedge.NewSeededEntropy("after")
	next.open(t)
	t.Cleanup(func() { must(t, next.Close()) })
	return &next
}

// sql runs a statement beside the server.
func (p *platform) sql(t *testing.T, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.cfg.Dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), text)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, err error, code selvedge.Code, reason string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Reason != reason {
		t.Errorf("%s: %v, want %s %s", what, err, code, reason)
	}
}

func (p *platform) begin(t *testing.T, length int) upload.Upload {
	t.Helper()
	u, err := p.Uploads.Create(t.Context(), p.acme, int64(length))
	must(t, err)
	return u
}

func (p *platform) at(t *testing.T, id upload.ID) int64 {
	t.Helper()
	u, err := p.Uploads.Look(t.Context(), p.acme, id)
	must(t, err)
	return u.Offset
}

// send sends what is left of a file.
func (p *platform) send(t *testing.T, id upload.ID, file []byte) {
	t.Helper()
	from := p.at(t, id)
	_, err := p.Uploads.Append(t.Context(), p.acme, id, from, bytes.NewReader(file[from:]))
	must(t, err)
}

// wantContent reads an upload.
func (p *platform) wantContent(t *testing.T, what string, id upload.ID, want []byte) {
	t.Helper()
	r, err := p.Uploads.Open(t.Context(), p.acme, id)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: another content, %v", what, err)
	}
}

// file returns bytes of which no part is like another.
func file(n int) []byte {
	b := make([]byte, n)
	selvedge.NewSeededEntropy("file").Fill("file", b)
	return b
}

// cut reads b and then fails, as a connection does that broke.
func cut(b []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(b), failing{})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
