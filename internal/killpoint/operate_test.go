package killpoint_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/rotation"
)

// rotate asks for a rotation of the keys.
func (w *world) rotate(t *testing.T, c *api.Client, ack func()) {
	w.doubt = true
	j, err := c.RotateKeys(t.Context())
	if err != nil {
		w.gone(t, err)
		return
	}
	w.doubt = false
	if w.epoch, err = strconv.Atoi(j.Key); err != nil {
		t.Error(err)
	}
	ack()
}

// rotated waits for the end of the rotations. Each that was acknowledged was
// made, once, and of older keys none is left, since no list waits.
func (w *world) rotated(t *testing.T, c *api.Client) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		page, err := c.Jobs(t.Context(), rotation.Kind, "", "")
		if err != nil {
			t.Error(err)
			return
		}
		open := 0
		for _, j := range page.Items {
			if j.State == job.Failed || j.State == job.Cancelled {
				t.Errorf("job %s is %s: %s", j.ID, j.State, j.Failure)
			}
			if !j.State.Ended() {
				open++
			}
		}
		if open == 0 {
			break
		}
		if n == 3000 {
			t.Error("there is no end of rotations for a minute")
			return
		}
		<-tick.C
	}
	list := w.p.must(t, "keys", "list")
	epoch := w.epoch
	if w.doubt && !strings.Contains(list, fmt.Sprintf("epoch %d ", epoch)) {
		epoch++ // it was taken, and the answer was lost
	}
	w.epoch, w.doubt = epoch, false
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, fmt.Sprintf("epoch %d  current", epoch)) {
			t.Errorf("after a rotation to epoch %d there is: %s", epoch, line)
		}
	}
}

// backup is a backup that was made.
type backup struct {
	path  string
	crowd int // the last one that was imported before it began, or -1
	next  int // the one that was being imported beside it: that import may be open in it
}

// backUp makes a backup. It may be too slow for a hold of a few seconds, which is
// no fault.
func (w *world) backUp(ctx context.Context, t *testing.T, k kill, next int) {
	w.made++
	b := backup{filepath.Join(w.p.dir, fmt.Sprint("backup-", w.made)), w.looked - crowd, next}
	_, err := w.p.run(ctx, k, "backup", b.path)
	switch {
	case err == nil:
		if w.backup.path != "" {
			_ = os.RemoveAll(w.backup.path)
		}
		w.backup = b
	case errors.Is(err, errKilled), strings.Contains(err.Error(), "the hold on blobs is over"):
		_ = os.RemoveAll(b.path)
	default:
		t.Errorf("backup: %v", err)
	}
}

// restore makes an installation of the last backup, which must hold what was
// acknowledged before it began, and whose ledger must verify.
func (w *world) restore(t *testing.T) {
	t.Helper()
	if w.backup.path == "" {
		return
	}
	p := &program{bin: w.p.bin, dir: t.TempDir()}
	data := filepath.Join(p.dir, "data")
	p.env = []string{"SELVEDGE_DIR=" + data, "SELVEDGE_DATABASE=", "SELVEDGE_AS=anna", "SELVEDGE_UNKNOWN_AGE=minor"}
	p.must(t, "restore", "--secrets", filepath.Join(w.p.dir, "data"), w.backup.path)
	p.must(t, "ledger", "verify")
	accounts, points := w.files(t, w.backup.next)
	p.must(t, "import", "--accounts", accounts, "--contact-points", points)
	if w.backup.crowd >= 0 {
		w.present(t, p, w.backup.crowd)
	}
	s, err := p.serve(t, kill{})
	if err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	if err := os.RemoveAll(data); err != nil {
		t.Error(err)
	}
}
