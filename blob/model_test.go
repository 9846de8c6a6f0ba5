package blob_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
)

var errDied = errors.New("died")

// life is how many operations a process has left, and whether the last of them
// is done. Once it is over, nothing that the process does has an effect.
type life struct {
	left  int
	after bool
}

func (l *life) do(op func() error) error {
	if l.left--; l.left > 0 {
		return op()
	}
	if l.left == 0 && l.after {
		_ = op()
	}
	return errDied
}

type mortalTx struct {
	selvedge.Transactor
	*life
}

func (m mortalTx) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	return m.do(func() error { return m.Transactor.Update(ctx, fn) })
}

type mortalStore struct {
	blob.Store
	*life
}

func (m mortalStore) Delete(ctx context.Context, ref blob.Ref) error {
	return m.do(func() error { return m.Store.Delete(ctx, ref) })
}

func (m mortalStore) Create(ctx context.Context, kind blob.Kind) (w blob.Writer, err error) {
	err = m.do(func() (err error) {
		w, err = m.Store.Create(ctx, kind)
		return err
	})
	return w, err
}

// world is a store, its database, and what must be true of them: for each class
// the content that its row names. Contents are few, so that they meet.
type world struct {
	dir   *blob.Dir
	db    *store.DB
	clock *fakeclock.Clock

	rows  map[identifier.Class]int
	hold  *blob.Hold
	until time.Time    // when the hold runs out
	held  map[int]bool // contents that were named at some time under the hold
}

const contents = 3

var rowClasses = []identifier.Class{identifier.ClassEmail, identifier.ClassPhone}

func content(i int) []byte { return fmt.Appendf(nil, "content %d", i) }

func contentRef(i int) blob.Ref { return blobtest.RefOf(blob.KindSegment, content(i)) }

// process returns a process that may die, and a collector of it.
func (w *world) process(t *rapid.T) (*blob.Collector, *life) {
	l := &life{left: 1 << 30}
	if rapid.Bool().Draw(t, "mortal") {
		l = &life{left: rapid.IntRange(1, 8).Draw(t, "life"), after: rapid.Bool().Draw(t, "after")}
	}
	return &blob.Collector{
		Store: mortalStore{w.dir, l}, Repo: store.BlobRegister{DB: w.db}, Tx: mortalTx{w.db, l}, Clock: w.clock,
	}, l
}

func anyContent(t *rapid.T) int { return rapid.IntRange(0, contents-1).Draw(t, "content") }

func (w *world) note() {
	for _, i := range w.rows {
		if w.hold != nil {
			w.held[i] = true
		}
	}
}

// acts are what may happen.
func (w *world) acts() map[string]func(*rapid.T) {
	ctx := context.Background()
	fault := func(t *rapid.T, what string, err error) {
		if err != nil && !errors.Is(err, errDied) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	return map[string]func(*rapid.T){
		"put and name": func(t *rapid.T) {
			i, class := anyContent(t), rapid.SampledFrom(rowClasses).Draw(t, "class")
			c, l := w.process(t)
			_, err := put(ctx, c.Store, blob.KindSegment, content(i))
			if err == nil {
				err = c.Name(ctx, func() error {
					return c.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
						return store.Index{DB: w.db}.PutSegment(ctx, tx, class, contentRef(i), [32]byte{})
					})
				}, contentRef(i))
			}
			fault(t, "put and name", err)
			if err == nil || l.after && w.named(t, class) == i {
				w.rows[class] = i
			}
			w.note()
		},
		"let go": func(t *rapid.T) {
			class := rapid.SampledFrom(rowClasses).Draw(t, "class")
			w.letGo(t, class)
			delete(w.rows, class)
		},
		"collect": func(t *rapid.T) {
			c, _ := w.process(t)
			r, err := c.Collect(ctx, selvedge.System("test"))
			fault(t, "collect", err)
			if err == nil && r.Found != r.Kept+r.Condemned+r.Deleted+r.Foreign {
				t.Fatalf("the counts do not add up: %+v", r)
			}
		},
		"discard": func(t *rapid.T) {
			c, _ := w.process(t)
			fault(t, "discard", c.Discard(ctx, contentRef(anyContent(t))))
		},
		"time passes": func(t *rapid.T) {
			w.clock.Add(rapid.SampledFrom([]time.Duration{time.Minute, blob.Grace, blob.HoldLife}).Draw(t, "time"))
			if w.hold != nil && !w.clock.Now().Before(w.until) {
				w.hold = nil // whoever took it has crashed
			}
		},
		"hold": func(t *rapid.T) {
			c, _ := w.process(t)
			h, err := c.Hold(ctx, selvedge.System("test"))
			fault(t, "hold", err)
			if err == nil {
				w.hold, w.until, w.held = h, w.clock.Now().Add(blob.HoldLife), map[int]bool{}
				w.note()
			}
		},
		"release": func(t *rapid.T) {
			if w.hold != nil {
				fault(t, "release", w.hold.Release(ctx))
				w.hold = nil
			}
		},
		"": func(t *rapid.T) { w.check(t) },
	}
}

func (w *world) letGo(t *rapid.T, class identifier.Class) {
	err := w.db.Update(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		return store.Index{DB: w.db}.DropSegment(ctx, tx, class)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// named returns the content that a row names, -1 if there is no row.
func (w *world) named(t *rapid.T, class identifier.Class) int {
	out := -1
	err := w.db.View(context.Background(), func(ctx context.Context, tx selvedge.Tx) error {
		ref, _, ok, err := store.Index{DB: w.db}.Segment(ctx, tx, class)
		for i := range contents {
			if ok && ref == contentRef(i) {
				out = i
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// check holds the world against what must be true of it.
func (w *world) check(t *rapid.T) {
	for _, class := range rowClasses {
		want, ok := w.rows[class]
		if !ok {
			want = -1
		}
		if got := w.named(t, class); got != want {
			t.Fatalf("the row of %s names content %d, want %d", class, got, want)
		}
	}
	must := maps.Clone(w.held)
	if w.hold == nil {
		must = map[int]bool{}
	}
	for _, i := range w.rows {
		must[i] = true
	}
	for i := range must {
		c, err := w.dir.Open(context.Background(), contentRef(i))
		if err != nil {
			t.Fatalf("content %d: %v", i, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// settle collects until nothing is left to collect, and returns what is there.
func (w *world) settle(t *rapid.T) []int {
	ctx := context.Background()
	w.clock.Add(blob.HoldLife)
	c := &blob.Collector{Store: w.dir, Repo: store.BlobRegister{DB: w.db}, Tx: w.db, Clock: w.clock}
	for range 2 {
		if _, err := c.Collect(ctx, selvedge.System("test")); err != nil {
			t.Fatal(err)
		}
		w.clock.Add(blob.Grace)
	}
	var left []int
	_, err := w.dir.Each(ctx, func(ref blob.Ref) error {
		for i := range contents {
			if ref == contentRef(i) {
				left = append(left, i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(left)
	return left
}

// TestModel lets everything happen in any order, with deaths in the middle of
// it. No row ever names what is not there whole; what a hold keeps is there; and
// in the end garbage, and only garbage, is gone.
func TestModel(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	rapid.Check(t, func(t *rapid.T) {
		// One store for all: each run begins with nothing in it.
		w := &world{dir: site.dir, db: site.db, clock: site.clock, rows: map[identifier.Class]int{}}
		for _, class := range rowClasses {
			w.letGo(t, class)
		}
		if left := w.settle(t); len(left) != 0 {
			t.Fatalf("contents %v are left, and no row names any", left)
		}
		t.Repeat(w.acts())
		var want []int
		for _, i := range w.rows {
			want = append(want, i)
		}
		slices.Sort(want)
		if got := w.settle(t); !slices.Equal(got, slices.Compact(want)) {
			t.Fatalf("contents %v are left, want %v", got, slices.Compact(want))
		}
	})
}
