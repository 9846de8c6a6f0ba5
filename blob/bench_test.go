package blob_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
)

// BenchmarkCollect looks at blobs that rows name, as nearly all are: the time of
// a run with nothing to do, for each blob.
func BenchmarkCollect(b *testing.B) {
	const blobs = 2000
	clock := fakeclock.New(start)
	db := testdb.Open(b, filepath.Join(b.TempDir(), "test.db"), clock, selvedge.NewSeededEntropy("bench"))
	dir, err := blob.OpenDir(filepath.Join(b.TempDir(), "blobs"))
	if err != nil {
		b.Fatal(err)
	}
	db.Blobs = dir
	var refs []blob.Ref
	for i := range blobs {
		ref, err := put(b.Context(), dir, blob.KindBitmap, fmt.Append(nil, i))
		if err != nil {
			b.Fatal(err)
		}
		refs = append(refs, ref)
	}
	err = db.Update(b.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		for i, ref := range refs {
			v := audience.Version{Audience: "a", Number: int64(i + 1), Members: &ref, AcceptedAt: start, SealedAt: start, PublishAt: start}
			if err := (store.Audiences{DB: db}).InsertVersion(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	c := &blob.Collector{Store: dir, Repo: store.BlobRegister{DB: db}, Tx: db, Clock: clock}
	for b.Loop() {
		r, err := c.Collect(b.Context(), system)
		if err != nil || r.Kept != blobs {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/blobs, "µs/blob")
}

// BenchmarkName is what it costs to read and check a blob before a row names it.
func BenchmarkName(b *testing.B) {
	dir, err := blob.OpenDir(filepath.Join(b.TempDir(), "blobs"))
	if err != nil {
		b.Fatal(err)
	}
	ref, err := put(b.Context(), dir, blob.KindSpill, make([]byte, 64<<20))
	if err != nil {
		b.Fatal(err)
	}
	c := &blob.Collector{Store: dir}
	b.SetBytes(ref.Size)
	for b.Loop() {
		if err := c.Name(b.Context(), func() error { return nil }, ref); err != nil {
			b.Fatal(err)
		}
	}
}
