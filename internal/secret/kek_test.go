package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

func newKEK(t *testing.T) (*secret.KEK, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kek.json")
	k, err := secret.CreateKEK(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

// opens says whether the key-encryption key opens what another sealed.
func opens(t *testing.T, k, by *secret.KEK) bool {
	t.Helper()
	key := secret.Random(selvedge.NewSeededEntropy("kek"), "key")
	sealed, err := by.Seal(key, []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Open(sealed, []byte("here"))
	if err == nil && got.MAC() != key.MAC() {
		t.Error("another key came out than went in")
	}
	return err == nil
}

func openKEK(t *testing.T, path string) *secret.KEK {
	t.Helper()
	k, err := secret.OpenKEK(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKEKFile: what was made opens again, also as text, is its owner's alone and
// is never overwritten.
func TestKEKFile(t *testing.T) {
	t.Parallel()
	made, path := newKEK(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := secret.ParseKEK(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if !opens(t, openKEK(t, path), made) || !opens(t, parsed, made) {
		t.Error("what was opened is another key")
	}
	if k, err := secret.CreateKEK(path); k != nil || selvedge.CodeOf(err) != selvedge.CodeConflict {
		t.Errorf("made again: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, text) {
		t.Error("the file changed")
	}
	other, _ := newKEK(t)
	if opens(t, other, made) {
		t.Error("two key-encryption keys are one")
	}
}

// TestKEKRefuses files that are missing, that others may read, or that are no
// keyset. No error shows what is in them.
func TestKEKRefuses(t *testing.T) {
	t.Parallel()
	_, good := newKEK(t)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	var keyset map[string]any
	if err := json.Unmarshal(text, &keyset); err != nil {
		t.Fatal(err)
	}
	value := keyset["key"].([]any)[0].(map[string]any)["keyData"].(map[string]any)["value"].(string)
	dir := t.TempDir()
	for what, c := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"readable by the group": {string(text), 0o640},
		"readable by others":    {string(text), 0o604},
		"writable by others":    {string(text), 0o602},
		"empty":                 {"", 0o600},
		"cut short":             {string(text[:len(text)/2]), 0o600},
		"no keyset":             {`{"key": "` + value + `"}`, 0o600},
		"bytes":                 {value, 0o600},
		"a broken key":          {strings.Replace(string(text), value, value[:len(value)-4], 1), 0o600},
		"keys that do not seal": {strings.Replace(string(text), "AesGcmKey", "HmacKey", 1), 0o600},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(what, " ", "-"))
		if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		_, err := secret.OpenKEK(path)
		refused(t, what, err, value)
	}
	_, err = secret.OpenKEK(filepath.Join(dir, "none"))
	refused(t, "missing", err, value)
	_, err = secret.OpenKEK(dir)
	refused(t, "a folder", err, value)
}

func refused(t *testing.T, what string, err error, secret string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != selvedge.CodeInvalid || e.Field != "kek" {
		t.Errorf("%s: error %v", what, err)
	}
	if err != nil && strings.Contains(err.Error(), secret[4:20]) {
		t.Errorf("%s: the error shows the key", what)
	}
}

// TestSealIsBound: a sealed key opens where it was sealed, whole, and nowhere
// else.
func TestSealIsBound(t *testing.T) {
	t.Parallel()
	k, _ := newKEK(t)
	key := secret.Random(selvedge.NewSeededEntropy("kek"), "key")
	sealed, err := k.Seal(key, []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(sealed, []byte("here")); err != nil {
		t.Error(err)
	}
	for _, elsewhere := range []string{"", "her", "there", "here "} {
		if _, err := k.Open(sealed, []byte(elsewhere)); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("at %q: %v", elsewhere, err)
		}
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := k.Open(broken, []byte("here")); err == nil {
			t.Errorf("byte %d changed, and it opens", i)
		}
		if _, err := k.Open(sealed[:i], []byte("here")); err == nil {
			t.Errorf("cut at byte %d, and it opens", i)
		}
	}
}

// TestRenew: the older key opens nothing that was sealed under the new one, and
// is out of the file; while it is done, the file opens both. A reseal that fails
// leaves a file that opens both too.
func TestRenew(t *testing.T) {
	t.Parallel()
	old, path := newKEK(t)
	err := old.Renew(path, func(next *secret.KEK) error {
		during := openKEK(t, path)
		if !opens(t, during, old) || !opens(t, during, next) {
			t.Error("while it is done, the file does not open both")
		}
		if opens(t, old, next) {
			t.Error("it seals under the older key")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	after := openKEK(t, path)
	if opens(t, after, old) || opens(t, old, after) {
		t.Error("the older key is in the file still")
	}
	mine := errors.New("mine")
	if err := after.Renew(path, func(*secret.KEK) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v", err)
	}
	failed := openKEK(t, path)
	if !opens(t, failed, after) {
		t.Error("after a failure, what was sealed before does not open")
	}
	if err := failed.Renew(path, func(*secret.KEK) error { return nil }); err != nil {
		t.Fatal(err)
	}
	last := openKEK(t, path)
	if opens(t, last, after) || opens(t, last, failed) {
		t.Error("older keys are in the file still")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

// TestKEKIsRedacted under every verb, by pointer and by value.
func TestKEKIsRedacted(t *testing.T) {
	t.Parallel()
	k, path := newKEK(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "kek", k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, k)
		fmt.Fprintf(&b, verb, struct{ K *secret.KEK }{k})
		fmt.Fprintf(&b, verb, *k)
	}
	for word := range strings.FieldsFuncSeq(string(text), func(r rune) bool { return strings.ContainsRune("\": ,{}[]\n", r) }) {
		if len(word) > 8 && strings.Contains(b.String(), word) {
			t.Errorf("%q is printed", word)
		}
	}
}

// FuzzParseKEK: whatever the text, it is a keyset that seals and opens, or an
// error that shows nothing of it.
func FuzzParseKEK(f *testing.F) {
	path := filepath.Join(f.TempDir(), "kek.json")
	if _, err := secret.CreateKEK(path); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	f.Add(`{"primaryKeyId":1,"key":[]}`)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := secret.ParseKEK(text)
		if err == nil {
			if !opens(t, k, k) {
				t.Error("it does not open what it sealed")
			}
			return
		}
		if want := "kek: is no Tink keyset of AEAD keys in JSON, in the clear"; err.Error() != want {
			t.Errorf("error %q", err)
		}
	})
}

// TestRandom: a key comes from its stream of entropy, and from no other.
func TestRandom(t *testing.T) {
	t.Parallel()
	key := func(seed, stream string) [32]byte {
		return secret.Random(selvedge.NewSeededEntropy(seed), stream).MAC()
	}
	again := key("a", "x")
	if key("a", "x") != again || again == key("a", "y") || again == key("b", "x") {
		t.Error("keys do not follow their entropy")
	}
}
