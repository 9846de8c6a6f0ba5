package index_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/purpose"
)

// files returns the content of every blob of a kind, by path.
func (p *platform) files(t *testing.T, kind string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir, "blobs", kind, "*", "*"))
	must(t, err)
	out := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		must(t, err)
		out[path] = string(b)
	}
	return out
}

// damage changes every blob of a kind.
func (p *platform) damage(t *testing.T, kind string, change func(path string, content []byte) error) {
	t.Helper()
	found := p.files(t, kind)
	if len(found) == 0 {
		t.Fatalf("there is no %s", kind)
	}
	for path, content := range found {
		must(t, change(path, []byte(content)))
	}
}

func flip(path string, content []byte) error {
	content[len(content)/2] ^= 1
	return os.WriteFile(path, content, 0o600)
}

func cut(path string, content []byte) error {
	return os.WriteFile(path, content[:len(content)-1], 0o600)
}

func remove(path string, _ []byte) error { return os.Remove(path) }

// TestDamagedSegmentIsRebuilt: a segment is derived, so whatever becomes of it
// on disk, the index is the same, and so are the files, to the byte.
func TestDamagedSegmentIsRebuilt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string, []byte) error{"deleted": remove, "a bit flipped": flip, "cut short": cut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, 4)
			k := p.keeper(t)
			want := p.ask(t, k)
			must(t, k.Close())
			files := p.files(t, "segment")
			p.damage(t, "segment", change)
			if diff := cmp.Diff(want, p.ask(t, p.keeper(t))); diff != "" {
				t.Errorf("before (-), after (+):\n%s", diff)
			}
			if !cmp.Equal(files, p.files(t, "segment")) {
				t.Error("the segments that were built again are not the same bytes")
			}
		})
	}
}

// TestSegmentOfOtherChunksIsNotUsed: a segment that is whole and is not that of
// the manifest's chunks is not taken for it.
func TestSegmentOfOtherChunksIsNotUsed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 2)
	must(t, p.keeper(t).Refresh(t.Context()))
	p.accounts[account(2)] = "GB,adult,,active"
	p.give(account(2), "email", "person2@example.com", "offers@1")
	p.bring(t)
	if got := len(p.ask(t, p.keeper(t)).Found["email"]); got != 3 {
		t.Errorf("%d e-mail ordinals are found, want 3", got)
	}
}

// TestDamagedChunkIsRefused: a chunk is truth. Without it there is no index,
// rather than one in which somebody is missing.
func TestDamagedChunkIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string, []byte) error{"deleted": remove, "a bit flipped": flip, "cut short": cut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, 2)
			k := p.keeper(t)
			p.damage(t, "chunk", change)
			for range 2 { // the fault does not wear off
				err := k.Use(t.Context(), func(*index.Ads) error {
					t.Error("an index was lent out")
					return nil
				})
				if err == nil {
					t.Error("the index was brought up to date")
				}
			}
		})
	}
}

// TestFaultIsTakenUpAgain: a Refresh that failed half-way, after the change log
// was read, is finished by the next.
func TestFaultIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	k := p.keeper(t)
	p.ask(t, k)
	p.accounts[account(3)] = "GB,adult,,active"
	p.give(account(3), "email", "person3@example.com", "offers@1")
	p.bring(t)
	chunks := p.files(t, "chunk")
	p.damage(t, "chunk", remove)
	if err := k.Refresh(t.Context()); err == nil {
		t.Fatal("brought up to date without its chunks")
	}
	for path, content := range chunks {
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	if diff := cmp.Diff(p.ask(t, p.keeper(t)), p.ask(t, k)); diff != "" {
		t.Errorf("from nothing (-), and after the fault (+):\n%s", diff)
	}
}

// TestRebuild: it reads the chunks even where the segments are whole, and makes
// the same bytes of them.
func TestRebuild(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 5)
	k := p.keeper(t)
	want := p.ask(t, k)
	files := p.files(t, "segment")
	if len(files) != 2 {
		t.Fatalf("%d segments, want one for each class", len(files))
	}
	p.damage(t, "segment", remove)
	must(t, k.Rebuild(t.Context()))
	if !cmp.Equal(files, p.files(t, "segment")) {
		t.Error("the segments are not the same bytes")
	}
	if diff := cmp.Diff(want, p.ask(t, k)); diff != "" {
		t.Errorf("before (-), after (+):\n%s", diff)
	}
	p.damage(t, "chunk", flip)
	if err := k.Rebuild(t.Context()); err == nil {
		t.Error("built again without reading the chunks")
	}
}

// TestUseReturnsWhatFnReturns, unchanged.
func TestUseReturnsWhatFnReturns(t *testing.T) {
	t.Parallel()
	k := newPlatform(t, 1).keeper(t)
	stop := errors.New("stop")
	if err := k.Use(t.Context(), func(*index.Ads) error { return stop }); err != stop {
		t.Errorf("returned %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Use(ctx, func(*index.Ads) error { return stop }); !errors.Is(err, context.Canceled) {
		t.Errorf("under a context that has ended: %v", err)
	}
}

// TestCloseWaitsForUse: what is lent out stays readable until it is given back.
func TestCloseWaitsForUse(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, 3)
	k := p.keeper(t)
	all := p.tokens(t)
	var lent atomic.Bool
	closing, closed := make(chan struct{}), make(chan struct{})
	must(t, k.Use(t.Context(), func(ads *index.Ads) error {
		lent.Store(true)
		go func() {
			defer close(closed)
			close(closing)
			if err := k.Close(); err != nil {
				t.Error(err)
			}
			if lent.Load() {
				t.Error("closed while it was lent out")
			}
		}()
		<-closing
		for range 10_000 {
			for class, tokens := range all {
				_, err := ads.AppendHits(nil, class, tokens)
				must(t, err)
			}
		}
		lent.Store(false)
		return nil
	}))
	<-closed
	p.ask(t, k) // closed is not the end: it opens again
}

// TestConcurrentUse: withdrawals, rebuilding and many users at once. A use that
// begins after a withdrawal has returned does not see what was withdrawn.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const people = 6
	p := newPlatform(t, people)
	k := p.keeper(t)
	var withdrawn atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			for ctx.Err() == nil {
				gone := withdrawn.Load()
				err := k.Use(ctx, func(ads *index.Ads) error {
					// Before the withdrawals: every e-mail, and every third phone.
					most := uint64(people + people/3 - gone)
					if n := ads.Eligible("", purpose.AdsMatchAdvertiser).GetCardinality(); n > most {
						t.Errorf("%d are eligible after %d withdrawals", n, gone)
					}
					return nil
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range people {
		_, err := p.People.Withdraw(t.Context(), office, account(i), contact.Address{Kind: identifier.Email, Value: p.email(i)}, both)
		must(t, err)
		withdrawn.Add(1)
		must(t, k.Rebuild(t.Context()))
	}
	stop()
	users.Wait()
}
