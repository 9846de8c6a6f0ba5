package backup

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/store"
)

// Source is an installation, running or not.
type Source struct {
	DB     *store.DB
	Blobs  blob.Store
	Names  *blob.Collector // of Blobs
	Ledger string          // the logs' folder
	Clock  selvedge.Clock
	Code   string // version of the code, for the manifest
}

// renewEvery is how many blobs are copied before the hold on them is renewed: a
// fraction of what an hour is enough for.
const renewEvery = 100

// Make writes a backup into a new folder. Only the system or an operator may.
// It holds up a writer for as long as it takes to copy what the ledger got since
// the copying began. It returns a CodeConflict error if the folder is there
// already, or if blobs were collected although they were held, which takes an
// hour without a look at them; a folder that Make did not finish is no backup.
func Make(ctx context.Context, actor selvedge.Actor, src Source, dir string) (m Manifest, err error) {
	if err := actor.Must(selvedge.SystemRole, selvedge.OperatorRole); err != nil {
		return Manifest{}, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			return Manifest{}, selvedge.Errorf(selvedge.CodeConflict, "is there already").At("backup")
		}
		return Manifest{}, fmt.Errorf("make backup folder: %w", err)
	}
	hold, err := src.Names.Hold(ctx, actor)
	if err != nil {
		return Manifest{}, err
	}
	defer func() {
		if err != nil { // a hold that is left would stop collections for an hour
			_ = hold.Release(context.WithoutCancel(ctx))
		}
	}()
	m = Manifest{Format: format, MadeAt: src.Clock.Now().UTC(), Code: src.Code, Files: map[string]File{}}
	ledger := filepath.Join(dir, ledgerDir)
	// Most of the ledger is copied before anybody has to wait.
	if err := copyLogs(src.Ledger, ledger); err != nil {
		return Manifest{}, fmt.Errorf("copy ledger: %w", err)
	}
	var refs []blob.Ref
	began, dumped := make(chan struct{}), make(chan error, 1)
	go func() {
		dumped <- src.DB.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
			// The first reading makes the snapshot.
			refs, err = src.DB.NamedBlobs(ctx, tx)
			close(began)
			if err != nil {
				return err
			}
			m.Rows, err = dump(ctx, src.DB, tx, filepath.Join(dir, dumpFile))
			return err
		})
	}()
	// Nothing is committed while the writer is held, so the snapshot and the
	// logs are of one moment: a log gets no further leaf than the one that is
	// perhaps on its way to be recorded.
	err = src.DB.Update(ctx, func(context.Context, selvedge.Tx) error {
		select {
		case <-began:
		case err := <-dumped:
			dumped <- err
			return err
		}
		return copyLogs(src.Ledger, ledger)
	})
	if err := errors.Join(<-dumped, err); err != nil {
		return Manifest{}, err
	}
	if m.Blobs, m.BlobBytes, err = copyBlobs(ctx, src.Blobs, filepath.Join(dir, blobsDir), refs, hold); err != nil {
		return Manifest{}, err
	}
	if err := hold.Release(ctx); err != nil {
		return Manifest{}, err
	}
	return m, m.write(dir)
}

// dump writes the database as tx sees it into a file.
func dump(ctx context.Context, db *store.DB, tx selvedge.Tx, path string) (rows int64, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("make dump: %w", err)
	}
	rows, err = db.Dump(ctx, tx, f)
	return rows, errors.Join(err, f.Sync(), f.Close())
}

// copyBlobs copies blobs into a folder, under a hold that it renews.
func copyBlobs(ctx context.Context, from blob.Store, dir string, refs []blob.Ref, hold *blob.Hold) (n, size int64, err error) {
	to, err := blob.OpenDir(dir)
	if err != nil {
		return 0, 0, err
	}
	c := newCopier(ctx, from, to)
	for i, ref := range refs {
		if i%renewEvery == 0 {
			if err = hold.Renew(ctx); err != nil {
				break
			}
		}
		if err = c.copy(ref); err != nil {
			break
		}
	}
	err = cmp.Or(err, c.end())
	return c.n.Load(), c.size.Load(), err
}

// Manifest says what a backup holds. It is written last.
type Manifest struct {
	Format    int             `json:"format"`
	MadeAt    time.Time       `json:"made_at"`
	Code      string          `json:"code"`
	Rows      int64           `json:"rows"`
	Blobs     int64           `json:"blobs"`
	BlobBytes int64           `json:"blob_bytes"`
	Files     map[string]File `json:"files"` // but the blobs, which are named by their content
}

// File is a file of a backup.
type File struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	format       = 1
	manifestFile = "manifest.json"
	dumpFile     = "database.dump"
	blobsDir     = "blobs"
	ledgerDir    = "ledger"
)

func digest(path string) (f File, err error) {
	r, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer r.Close()
	h := sha256.New()
	f.Size, err = io.Copy(h, r)
	f.SHA256 = fmt.Sprintf("%x", h.Sum(nil))
	return f, err
}
