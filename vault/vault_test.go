package vault_test

import (
	"bytes"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/vault"
)

func newMasks(t *testing.T, seed string) *vault.Masks {
	t.Helper()
	entropy := selvedge.NewSeededEntropy(seed)
	root, err := secret.Create(filepath.Join(t.TempDir(), "root.secret"), entropy)
	if err != nil {
		t.Fatal(err)
	}
	return vault.NewMasks(root, entropy)
}

// TestSealThenOpen seals any mask to any bytes: it opens with these bytes alone,
// and neither it nor they can be read in what was sealed.
func TestSealThenOpen(t *testing.T) {
	t.Parallel()
	m := newMasks(t, "vault")
	rapid.Check(t, func(t *rapid.T) {
		mask := rapid.StringN(4, -1, 40).Draw(t, "mask")
		bound := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bound")
		other := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "other")
		sealed := m.Seal(mask, bound)
		if got, err := m.Open(sealed, bound); err != nil || got != mask {
			t.Fatalf("opened %q, %v", got, err)
		}
		if bytes.Contains(sealed, []byte(mask)) {
			t.Fatal("the mask stands in what was sealed")
		}
		if _, err := m.Open(sealed, other); (err == nil) != bytes.Equal(bound, other) {
			t.Fatalf("opened with other bytes: %v", err)
		}
	})
}

// TestTampered changes, cuts and extends what was sealed, at every place.
func TestTampered(t *testing.T) {
	t.Parallel()
	m, bound := newMasks(t, "vault"), []byte("handle")
	sealed := m.Seal("j•••@e•••.com", bound)
	refuse := func(what string, b []byte) {
		got, err := m.Open(b, bound)
		if got != "" || selvedge.CodeOf(err) != selvedge.CodeInternal {
			t.Errorf("%s: opened %q, %v", what, got, err)
		}
	}
	for i := range sealed {
		for bit := range 8 {
			b := bytes.Clone(sealed)
			b[i] ^= 1 << bit
			refuse("a changed bit", b)
		}
		refuse("cut short", sealed[:i])
	}
	refuse("extended", append(bytes.Clone(sealed), 0))
	refuse("nothing", nil)
	if _, err := m.Open(sealed, nil); err == nil {
		t.Error("it opens without what it was bound to")
	}
}

// TestOtherInstallation has another root secret open what this one sealed.
func TestOtherInstallation(t *testing.T) {
	t.Parallel()
	sealed := newMasks(t, "one").Seal("mask", nil)
	if _, err := newMasks(t, "two").Open(sealed, nil); err == nil {
		t.Error("it opens under another root secret")
	}
}

// TestNoTwoAlike seals one mask many times from many goroutines: no two results
// are equal, so that equal addresses cannot be told from the database.
func TestNoTwoAlike(t *testing.T) {
	t.Parallel()
	m := newMasks(t, "vault")
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 250 {
				sealed := m.Seal("mask", []byte("bound"))
				mu.Lock()
				if nonce := string(sealed[:12]); seen[nonce] {
					t.Error("a nonce came twice")
				} else {
					seen[nonce] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestSealKeepsItsArguments has a caller that goes on using what it gave.
func TestSealKeepsItsArguments(t *testing.T) {
	t.Parallel()
	m, bound := newMasks(t, "vault"), make([]byte, 6, 64)
	copy(bound, "handle")
	sealed := m.Seal("mask", bound)
	if !bytes.Equal(bound[:64], append([]byte("handle"), make([]byte, 58)...)) {
		t.Error("it wrote behind the bytes that it was given")
	}
	kept := bytes.Clone(sealed)
	if _, err := m.Open(sealed, bound); err != nil || !bytes.Equal(kept, sealed) {
		t.Errorf("opening changed what was sealed: %v", err)
	}
}
