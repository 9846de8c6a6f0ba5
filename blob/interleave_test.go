package blob_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
)

var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// stage has actors take their steps one at a time, in an order that is chosen.
// A step is an operation on the blob store or the beginning of a transaction;
// what one actor does between two of its steps nobody else can see.
type stage struct {
	*testing.T
	dir    *blob.Dir
	db     *store.DB
	clock  *fakeclock.Clock
	actors []*actor
	locked bool // the blob store's lock
	writer bool // the database's only writer
	trace  []string
}

// actor is one process. Only the actor whose turn it is runs.
type actor struct {
	stage *stage
	name  string
	next  string // the step that it waits to take; "" when it is done
	turn  chan bool
	yield chan struct{}
	err   error
}

// errKilled unwinds an actor that died.
var errKilled = errors.New("killed")

// step waits for the actor's turn.
func (a *actor) step(what string) {
	a.next = what
	a.yield <- struct{}{}
	if alive := <-a.turn; !alive {
		panic(errKilled)
	}
}

// begin starts an actor, which runs to its first step.
func (s *stage) begin(name string, run func(a *actor) error) {
	a := &actor{stage: s, name: name, turn: make(chan bool), yield: make(chan struct{})}
	s.actors = append(s.actors, a)
	go func() {
		defer func() {
			if r := recover(); r != nil && r != errKilled { //nolint:errorlint // it is the value itself
				panic(r)
			}
			a.next = ""
			a.yield <- struct{}{}
		}()
		a.err = run(a)
	}()
	<-a.yield
}

// ready says whether the actor can take its next step.
func (s *stage) ready(a *actor) bool {
	switch a.next {
	case "":
		return false
	case "lock":
		return !s.locked
	case "transaction":
		return !s.writer
	default:
		return true
	}
}

// play lets the actors run to their ends. choose picks one of n possible moves:
// a step of each actor that is ready, then, if there may be a death, the death
// of each that mortal says. An actor's death frees what it holds.
func (s *stage) play(mortal func(a *actor) bool, choose func(n int) int) {
	died := false
	for {
		var can, may []*actor
		for _, a := range s.actors {
			if s.ready(a) {
				can = append(can, a)
			}
			if a.next != "" && !died && mortal(a) {
				may = append(may, a)
			}
		}
		if len(can) == 0 {
			for _, a := range s.actors {
				if a.next != "" {
					s.Fatalf("nobody can go on: %s waits to take %s after %v", a.name, a.next, s.trace)
				}
			}
			return
		}
		n := choose(len(can) + len(may))
		alive := n < len(can)
		a := append(can, may...)[n]
		if alive {
			s.trace = append(s.trace, a.name+": "+a.next)
		} else {
			s.trace = append(s.trace, a.name+" dies before "+a.next)
			died = true
		}
		a.turn <- alive
		<-a.yield
	}
}

// The store and the database as an actor sees them.

type actorStore struct {
	blob.Store
	*actor
}

func (s actorStore) Open(ctx context.Context, ref blob.Ref) (blob.Content, error) {
	s.step("open")
	return s.Store.Open(ctx, ref)
}

func (s actorStore) Delete(ctx context.Context, ref blob.Ref) error {
	s.step("delete")
	return s.Store.Delete(ctx, ref)
}

func (s actorStore) Each(ctx context.Context, fn func(blob.Ref) error) (int64, error) {
	s.step("list")
	return s.Store.Each(ctx, fn)
}

func (s actorStore) Lock(context.Context) (func(), error) {
	s.step("lock")
	s.stage.locked = true
	return func() { s.stage.locked = false }, nil
}

func (s actorStore) Create(ctx context.Context, kind blob.Kind) (blob.Writer, error) {
	w, err := s.Store.Create(ctx, kind)
	return actorWriter{w, s.actor}, err
}

type actorWriter struct {
	blob.Writer
	*actor
}

func (w actorWriter) Commit() (blob.Ref, error) {
	w.step("put")
	return w.Writer.Commit()
}

type actorTx struct {
	selvedge.Transactor
	*actor
}

func (x actorTx) Update(ctx context.Context, fn func(context.Context, selvedge.Tx) error) error {
	x.step("transaction")
	x.stage.writer = true
	defer func() { x.stage.writer = false }()
	return x.Transactor.Update(ctx, fn)
}

// statStep is the look into the store within a transaction that names a blob.
// The database asks it, whoever's transaction it is.
type statStep struct {
	blob.Store
	whose func() *actor
}

func (s statStep) Stat(ctx context.Context, ref blob.Ref) error {
	if a := s.whose(); a != nil {
		a.step("look")
	}
	return s.Store.Stat(ctx, ref)
}

func (a *actor) collector() *blob.Collector {
	return &blob.Collector{
		Store: actorStore{a.stage.dir, a}, Repo: store.BlobRegister{DB: a.stage.db}, Tx: actorTx{a.stage.db, a}, Clock: a.stage.clock,
	}
}

// paths calls run with every way to choose, depth first, and returns how many
// there were.
func paths(run func(choose func(n int) int)) int {
	type fork struct{ took, of int }
	var forks []fork
	for count := 1; ; count++ {
		at := 0
		run(func(n int) int {
			if at == len(forks) {
				forks = append(forks, fork{0, n})
			}
			at++
			return forks[at-1].took
		})
		for len(forks) > 0 && forks[len(forks)-1].took+1 == forks[len(forks)-1].of {
			forks = forks[:len(forks)-1]
		}
		if len(forks) == 0 {
			return count
		}
		forks[len(forks)-1].took++
	}
}

// TestEveryInterleaving has one who puts a blob and names it meet a collector
// that condemns and deletes the same blob, in every order of their steps, and
// with every death of the collector. The blob is there when they begin: somebody
// put it and died. Whoever names it gets it named, and what is named is there;
// nobody waits for a dead one. That Grace passes between the collector's steps
// changes nothing that they do, so this one does not wait for it.
func TestEveryInterleaving(t *testing.T) {
	t.Parallel()
	s := &stage{T: t, clock: fakeclock.New(start)}
	s.db = testdb.Open(t, filepath.Join(t.TempDir(), "test.db"), s.clock, selvedge.NewSeededEntropy("test"))
	s.dir = openDir(t, filepath.Join(t.TempDir(), "blobs"))
	var naming *actor
	s.db.Blobs = statStep{s.dir, func() *actor { return naming }}

	run := 0
	seen := map[string]int{}
	n := paths(func(choose func(n int) int) {
		run++
		content := fmt.Appendf(nil, "members %d", run)
		ref := blobtest.Put(t, s.dir, blob.KindBitmap, content)
		s.actors, s.trace = nil, nil
		s.begin("collector", func(a *actor) error {
			c := a.collector()
			err := c.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
				_, err := c.Repo.Condemn(ctx, tx, []blob.Ref{ref}, start)
				return err
			})
			if err != nil {
				return err
			}
			return c.Discard(t.Context(), ref)
		})
		s.begin("writer", func(a *actor) error {
			naming = a
			defer func() { naming = nil }()
			c := a.collector()
			for {
				if _, err := put(t.Context(), c.Store, blob.KindBitmap, content); err != nil {
					return err
				}
				tries := 0
				err := c.Name(t.Context(), func() error {
					tries++
					return c.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
						v := audience.Version{Audience: selvedge.AudienceID(fmt.Sprint(run)), Number: 1, Members: &ref, AcceptedAt: start, SealedAt: start, PublishAt: start}
						return store.Audiences{DB: s.db}.InsertVersion(ctx, tx, v)
					})
				}, ref)
				seen[fmt.Sprintf("named at try %d with %s", tries, selvedge.CodeOf(err))]++
				if selvedge.CodeOf(err) != selvedge.CodeUnavailable {
					return err
				}
			}
		})
		s.play(func(a *actor) bool { return a.name == "collector" }, choose)
		order := strings.Join(s.trace, "\n")
		for _, a := range s.actors {
			if a.err != nil {
				t.Fatalf("%s: %v after\n%s", a.name, a.err, order)
			}
		}
		c, err := s.dir.Open(t.Context(), ref)
		if err != nil {
			t.Fatalf("a row names a blob: %v after\n%s", err, order)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		// A mark that was left is no part of the next run, and what is named is
		// not to be deleted.
		plain := &blob.Collector{Store: s.dir, Repo: store.BlobRegister{DB: s.db}, Tx: s.db, Clock: s.clock}
		if err := plain.Discard(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		blobtest.Want(t, s.dir, ref, content)
	})
	t.Logf("%d interleavings: %v", n, seen)
	if n < 150 || seen["named at try 1 with "] == 0 || seen["named at try 2 with "] == 0 || seen["named at try 0 with unavailable"] == 0 {
		t.Errorf("%d interleavings, of which %v: the actors hardly met", n, seen)
	}
}
