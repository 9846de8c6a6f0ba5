package secret_test

import (
	"bytes"
	"crypto/aes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// TestDerivation recomputes, from the bytes of the file, what a key does:
// installations keep what older versions derived, so none of this may change.
func TestDerivation(t *testing.T) {
	t.Parallel()
	root, path := newRoot(t, "s")
	ikm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hkdf.Key(sha256.New, ikm, nil, "selvedge/some/use", 32)
	if err != nil {
		t.Fatal(err)
	}
	key := root.Derive("some/use")

	m := hmac.New(sha256.New, raw)
	m.Write([]byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c"))
	if got := key.MAC([]byte("ab"), nil, []byte("c")); !bytes.Equal(got[:], m.Sum(nil)) {
		t.Error("MAC is not HMAC-SHA-256 of the parts with their lengths")
	}

	block, err := aes.NewCipher(raw[:16])
	if err != nil {
		t.Fatal(err)
	}
	in, got, want := []byte("sixteen bytes in"), make([]byte, 16), make([]byte, 16)
	block.Encrypt(want, in)
	key.Block().Encrypt(got, in)
	if !bytes.Equal(got, want) {
		t.Error("Block is not AES-128 under the first half")
	}

	a := key.AEAD()
	nonce := make([]byte, a.NonceSize())
	box := a.Seal(nil, nonce, in, []byte("context"))
	if out, err := a.Open(nil, nonce, box, []byte("context")); err != nil || !bytes.Equal(out, in) {
		t.Errorf("what was sealed does not open: %v", err)
	}
	if _, err := a.Open(nil, nonce, box, []byte("another")); err == nil {
		t.Error("a box opens in another context")
	}
}

func TestLabelsAndRootsSeparateKeys(t *testing.T) {
	t.Parallel()
	a, _ := newRoot(t, "a")
	b, _ := newRoot(t, "b")
	seen := map[[32]byte]string{}
	for name, root := range map[string]*secret.Root{"a": a, "b": b} {
		for _, label := range []string{"", "x", "y", "x/y", "X"} {
			mac := root.Derive(label).MAC()
			if other, ok := seen[mac]; ok {
				t.Errorf("%s/%q is the key of %s", name, label, other)
			}
			seen[mac] = fmt.Sprintf("%s/%q", name, label)
			if root.Derive(label).MAC() != mac {
				t.Errorf("%s/%q changes", name, label)
			}
		}
	}
}

// TestMACPartsAreSeparated cuts one text in two ways: the parts differ, so the
// MACs must.
func TestMACPartsAreSeparated(t *testing.T) {
	t.Parallel()
	root, _ := newRoot(t, "s")
	key := root.Derive("x")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "text")
		i := rapid.IntRange(0, len(text)).Draw(t, "i")
		j := rapid.IntRange(0, len(text)).Draw(t, "j")
		same := key.MAC(text[:i], text[i:]) == key.MAC(text[:j], text[j:])
		if same != (i == j) {
			t.Fatalf("cut at %d and %d: same MAC %t", i, j, same)
		}
		if key.MAC(text) == key.MAC(text, nil) {
			t.Fatal("an empty part is not counted")
		}
	})
	if a, b := key.MAC([]byte{0, 0, 0, 0}), key.MAC(nil, nil); a == b {
		t.Error("a part that looks like a length passes for one")
	}
}

// holder is how a key usually sits in something that gets printed.
type holder struct {
	K    secret.Key
	P    *secret.Key
	Root *secret.Root
	M    map[string]secret.Key
	S    []secret.Key
	Any  any

	// No method is asked of what is in unexported fields.
	key  secret.Key
	root secret.Root
	keys []secret.Key
}

// TestNothingPrintsKeys tries every verb and encoder on keys, on the root and
// on what holds them.
func TestNothingPrintsKeys(t *testing.T) {
	t.Parallel()
	root, path := newRoot(t, "s")
	rootBytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keyBytes, err := hkdf.Key(sha256.New, rootBytes, nil, "selvedge/x", 32)
	if err != nil {
		t.Fatal(err)
	}
	key := root.Derive("x")
	h := holder{key, &key, root, map[string]secret.Key{"k": key}, []secret.Key{key}, key, key, *root, []secret.Key{key}}

	var printed []string
	for name, v := range map[string]any{"key": key, "key pointer": &key, "root": root, "root value": *root, "holder": h, "holder pointer": &h} {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flag := range []string{"", "+", "#", "-40", "0", " ", ".3"} {
				printed = append(printed, fmt.Sprintf("%"+flag+string(verb), v))
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		printed = append(printed, log.String(), fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("e: %v", v).Error())

		j, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		printed = append(printed, string(j))
	}
	for _, s := range printed {
		for what, b := range map[string][]byte{"root": rootBytes, "key": keyBytes} {
			if how := shows(s, b); how != "" {
				t.Fatalf("the %s is printed %s: %q", what, how, s)
			}
		}
	}
	for _, s := range []string{fmt.Sprint(key), fmt.Sprintf("%x", key), fmt.Sprintf("%#v", key), key.String(), key.GoString(), fmt.Sprintf("%d", root)} {
		if s != "[secret]" {
			t.Errorf("printed %q", s)
		}
	}
}

// shows says how s gives away the first four bytes of b, "" if it does not.
func shows(s string, b []byte) string {
	lower := strings.ToLower(s)
	first := b[:4]
	decimal := strings.Trim(fmt.Sprint(first), "[]")
	for how, text := range map[string]string{
		"raw":              string(first),
		"in hex":           fmt.Sprintf("%x", first),
		"in spaced hex":    fmt.Sprintf("% x", first),
		"in 0x hex":        strings.ReplaceAll(fmt.Sprintf("%#v", first), "[]byte{", "")[:10],
		"in decimal":       decimal,
		"in decimal lists": strings.ReplaceAll(decimal, " ", ","),
		"in octal":         strings.Trim(fmt.Sprintf("%o", first), "[]"),
		"in binary":        strings.Trim(fmt.Sprintf("%b", first), "[]"),
		"as a number":      fmt.Sprint(binary.BigEndian.Uint32(first)),
	} {
		if strings.Contains(lower, strings.ToLower(text)) {
			return how
		}
	}
	if j, _ := json.Marshal(b); strings.Contains(s, strings.Trim(string(j), `"`)[:8]) {
		return "in base64"
	}
	return ""
}

// TestZeroKeyIsNoKey shows that a Key that was never derived does nothing: its
// output would be the same in every installation.
func TestZeroKeyIsNoKey(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(secret.Key){
		"MAC":   func(k secret.Key) { k.MAC() },
		"Block": func(k secret.Key) { k.Block() },
		"AEAD":  func(k secret.Key) { k.AEAD() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it works")
				}
			}()
			use(secret.Key{})
		})
	}
}

// TestCreateFillsFromItsOwnStream keeps the root secret apart from what else is
// drawn from the same entropy.
func TestCreateFillsFromItsOwnStream(t *testing.T) {
	t.Parallel()
	a, _ := newRoot(t, "s")
	b, err := secret.Create(t.TempDir()+"/root", disturbed{selvedge.NewSeededEntropy("s")})
	if err != nil {
		t.Fatal(err)
	}
	if a.Derive("x").MAC() != b.Derive("x").MAC() {
		t.Error("the root secret depends on other streams")
	}
}

// disturbed reads another stream before each piece.
type disturbed struct{ selvedge.Entropy }

func (d disturbed) Fill(stream string, p []byte) {
	d.Entropy.Fill("other", make([]byte, 7))
	d.Entropy.Fill(stream, p)
}
