package token_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/testdb"
	"github.com/selvedge/selvedge/token"
)

// ring is a Keyring on a store of its own.
type ring struct {
	*token.Keyring
	dir string
}

func newRing(t *testing.T) *ring {
	t.Helper()
	r := &ring{dir: t.TempDir()}
	clock := fakeclock.New(time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC))
	db := testdb.Open(t, filepath.Join(r.dir, "test.db"), clock, selvedge.NewSeededEntropy("store"))
	kek, err := secret.CreateKEK(filepath.Join(r.dir, "kek.json"))
	must(t, err)
	r.Keyring = &token.Keyring{Repo: store.Keys{DB: db}, Tx: db, KEK: kek, Entropy: selvedge.NewSeededEntropy("ring"), Clock: clock}
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, what string, err error, code selvedge.Code) {
	t.Helper()
	if selvedge.CodeOf(err) != code {
		t.Errorf("%s: error %v, want %s", what, err, code)
	}
}

// begun is a Keyring with the keys of epochs 1 and 2, of which 1 is in force.
func begun(t *testing.T) *ring {
	t.Helper()
	r := newRing(t)
	must(t, r.Begin(t.Context(), keysOf(1)))
	r.make(t, 2)
	return r
}

func (r *ring) make(t *testing.T, e token.Epoch) {
	t.Helper()
	must(t, r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return r.Make(ctx, tx, e) }))
}

func (r *ring) sql(t *testing.T, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(r.dir, "test.db"))
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), text)
	must(t, err)
}

// sample is the tokens that keys make of one hash in each class.
func sample(k *token.Keys) string {
	var b strings.Builder
	for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
		fmt.Fprintf(&b, "%x ", [token.Size]byte(k.Of(form(c, 7))))
	}
	return b.String()
}

func (r *ring) of(t *testing.T, e token.Epoch) string {
	t.Helper()
	k, err := r.Of(t.Context(), e)
	must(t, err)
	if k.Epoch() != e {
		t.Errorf("keys of epoch %d, want %d", k.Epoch(), e)
	}
	return sample(k)
}

// TestKeyring: what was kept comes back, once begun it begins no more, and the
// one in force is the current one.
func TestKeyring(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	_, err := r.Current(t.Context())
	wantCode(t, "before there are keys", err, selvedge.CodeUnavailable)
	wantCode(t, "before there are keys", r.Check(t.Context()), selvedge.CodeUnavailable)
	must(t, r.Begin(t.Context(), keysOf(1)))
	must(t, r.Begin(t.Context(), token.RandomKeys(1, selvedge.NewSeededEntropy("others"))))
	r.make(t, 2)
	if r.of(t, 1) != sample(keysOf(1)) {
		t.Error("other keys came out than went in")
	}
	current, err := r.Current(t.Context())
	must(t, err)
	if current.Epoch() != 1 || sample(current) != r.of(t, 1) {
		t.Error("the current keys are not those of the epoch in force")
	}
	must(t, r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return r.Repo.SetEpochs(ctx, tx, token.Epochs{Current: 1}, token.Epochs{Current: 1, Next: 2})
	}))
	if current, err = r.Current(t.Context()); err != nil || current.Epoch() != 1 {
		t.Errorf("on the way to epoch 2, epoch %d, %v", current.Epoch(), err)
	}
	must(t, r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return r.Repo.SetEpochs(ctx, tx, token.Epochs{Current: 1, Next: 2}, token.Epochs{Current: 2})
	}))
	if current, err = r.Current(t.Context()); err != nil || sample(current) != r.of(t, 2) {
		t.Errorf("the new keys are not in force: %v", err)
	}
	must(t, r.Check(t.Context()))
	if again := r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return r.Make(ctx, tx, 2) }); again == nil {
		t.Error("keys were made twice for one epoch")
	}
}

// TestKeysDiffer by epoch, by class and by seed.
func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range []*token.Keys{keysOf(1), keysOf(2), token.RandomKeys(1, selvedge.NewSeededEntropy("others"))} {
		for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
			seen[fmt.Sprintf("%x", [token.Size]byte(k.Of(form(c, 7))))] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d different tokens of one hash, want 6", len(seen))
	}
}

// TestZeroKeyring gives nothing and does nothing.
func TestZeroKeyring(t *testing.T) {
	t.Parallel()
	for _, r := range []*token.Keyring{nil, {}} {
		_, err := r.Current(t.Context())
		_, err2 := r.Of(t.Context(), 1)
		_, err3 := r.Epoch(t.Context(), nil)
		_, err4 := r.Reseal(t.Context(), nil, nil)
		for _, err := range []error{err, err2, err3, err4, r.Begin(t.Context(), keysOf(1)), r.Make(t.Context(), nil, 1), r.Check(t.Context())} {
			wantCode(t, "without anything", err, selvedge.CodeUnavailable)
		}
	}
}

// TestKeyDoesNotOpen: under another key-encryption key, where a byte was
// changed, and where a key was moved to another's place.
func TestKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	const swap = `UPDATE token_key SET sealed = (SELECT o.sealed FROM token_key o WHERE `
	for what, c := range map[string]struct {
		sql  string
		fine token.Epoch // the epoch that still opens
	}{
		"a changed byte": {`UPDATE token_key SET sealed = substr(sealed, 1, length(sealed) - 1) ||
			CASE WHEN substr(sealed, -1) = x'00' THEN x'01' ELSE x'00' END WHERE epoch = 2 AND class = 1`, 1},
		"cut short":                {`UPDATE token_key SET sealed = substr(sealed, 1, 10) WHERE epoch = 2 AND class = 2`, 1},
		"nothing":                  {`UPDATE token_key SET sealed = x'' WHERE epoch = 1 AND class = 2`, 2},
		"of another class":         {swap + `o.epoch = 2 AND o.class = 1) WHERE epoch = 2 AND class = 2`, 1},
		"of another epoch":         {swap + `o.epoch = 1 AND o.class = 1) WHERE epoch = 2 AND class = 1`, 1},
		"an epoch under another's": {`DELETE FROM token_key WHERE epoch = 2; UPDATE token_key SET epoch = 2 WHERE epoch = 1`, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := begun(t)
			r.sql(t, c.sql)
			for e := token.Epoch(1); e <= 2; e++ {
				_, err := r.Of(t.Context(), e)
				switch {
				case e == c.fine:
					must(t, err)
				case c.fine == 0 && e == 1:
					wantCode(t, "gone", err, selvedge.CodeNotFound)
				default:
					wantCode(t, "damaged", err, selvedge.CodeInvalid)
				}
			}
			if err := r.Check(t.Context()); err == nil {
				t.Error("a check finds nothing")
			}
		})
	}
	r := begun(t)
	other, err := secret.CreateKEK(filepath.Join(r.dir, "other.json"))
	must(t, err)
	r.KEK = other
	_, err = r.Current(t.Context())
	wantCode(t, "under another key-encryption key", err, selvedge.CodeInvalid)
	wantCode(t, "under another key-encryption key", r.Check(t.Context()), selvedge.CodeInvalid)
}

// TestDestroyedKeys fail loudly, though they were in use a moment before.
func TestDestroyedKeys(t *testing.T) {
	t.Parallel()
	r := begun(t)
	r.of(t, 2)
	must(t, r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error { return r.Repo.DestroyKeys(ctx, tx, 2) }))
	_, err := r.Of(t.Context(), 2)
	wantCode(t, "destroyed", err, selvedge.CodeNotFound)
	_, err = r.Of(t.Context(), 9)
	wantCode(t, "never made", err, selvedge.CodeNotFound)
	_, err = r.Of(t.Context(), 0)
	wantCode(t, "of no epoch", err, selvedge.CodeNotFound)
	r.sql(t, `DELETE FROM token_key WHERE class = 2`)
	_, err = r.Of(t.Context(), 1)
	wantCode(t, "half of an epoch", err, selvedge.CodeNotFound)
}

// TestReseal seals under another key-encryption key; then the older one opens
// nothing, and the keys are the same.
func TestReseal(t *testing.T) {
	t.Parallel()
	r := begun(t)
	want := r.of(t, 1) + r.of(t, 2)
	old := r.KEK
	next, err := secret.CreateKEK(filepath.Join(r.dir, "next.json"))
	must(t, err)
	must(t, r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		n, err := r.Reseal(ctx, tx, next)
		if n != 4 {
			t.Errorf("%d keys, want 4", n)
		}
		return err
	}))
	wantCode(t, "the older one", r.Check(t.Context()), selvedge.CodeInvalid)
	r.KEK = next
	if r.of(t, 1)+r.of(t, 2) != want {
		t.Error("the keys are others")
	}
	r.KEK = old
	err = r.Tx.Update(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := r.Reseal(ctx, tx, old)
		return err
	})
	wantCode(t, "by one that cannot open them", err, selvedge.CodeInvalid)
}
