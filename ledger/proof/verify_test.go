package proof_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger/proof"
)

// key is a signing key of a test, by name and one byte of seed.
func key(t testing.TB, name string, seed byte) (note.Signer, string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(slices.Repeat([]byte{seed}, ed25519.SeedSize))
	vkey, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(vkey, "+")[1]
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)))
	if err != nil {
		t.Fatal(err)
	}
	return s, vkey
}

func sign(t testing.TB, text string, by ...note.Signer) []byte {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, by...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bundle is a proof that holds: event 5 of leaf 2 (events 4 to 10) of 4.
func bundle(t testing.TB) (proof.Bundle, string) {
	t.Helper()
	v := readVectors(t)
	b, err := proof.Parse([]byte(v.Events[4].Proof))
	if err != nil {
		t.Fatal(err)
	}
	return b, v.Key
}

// says returns field and reason of a CodeInvalid error.
func says(err error) string {
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != selvedge.CodeInvalid {
		return fmt.Sprint(err)
	}
	return e.Field + " " + e.Reason
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(t *testing.T, b *proof.Bundle)
		want   string
	}{
		"body":               {func(_ *testing.T, b *proof.Bundle) { b.Event.Body = []byte(`[1]`) }, "event not_in_leaf"},
		"body that cannot":   {func(_ *testing.T, b *proof.Bundle) { b.Event.Body = []byte(`[`) }, "event bad_body"},
		"time":               {func(_ *testing.T, b *proof.Bundle) { b.Event.At = b.Event.At.Add(time.Microsecond) }, "event not_in_leaf"},
		"kind":               {func(_ *testing.T, b *proof.Bundle) { b.Event.Kind = "grant.withdrawn" }, "event not_in_leaf"},
		"role":               {func(_ *testing.T, b *proof.Bundle) { b.Event.Role = "org" }, "event not_in_leaf"},
		"actor":              {func(_ *testing.T, b *proof.Bundle) { b.Event.Actor = "x" }, "event not_in_leaf"},
		"salt":               {func(_ *testing.T, b *proof.Bundle) { b.Salt[15] ^= 1 }, "event not_in_leaf"},
		"number in range":    {func(_ *testing.T, b *proof.Bundle) { b.Event.Seq = 6 }, "event not_in_leaf"},
		"number before":      {func(_ *testing.T, b *proof.Bundle) { b.Event.Seq = 3 }, "event not_in_range"},
		"number after":       {func(_ *testing.T, b *proof.Bundle) { b.Event.Seq = 11 }, "event not_in_range"},
		"first of the leaf":  {func(_ *testing.T, b *proof.Bundle) { b.Event.Seq = 4; b.Leaf.From = b.Leaf.From.Add(time.Minute) }, "event other_minute"},
		"last of the leaf":   {func(_ *testing.T, b *proof.Bundle) { b.Event.Seq = 10 }, "event other_minute"},
		"space of the event": {func(_ *testing.T, b *proof.Bundle) { b.Event.Space = "registry" }, "event other_space"},
		"both spaces":        {func(_ *testing.T, b *proof.Bundle) { b.Event.Space, b.Leaf.Space = "registry", "registry" }, "event not_in_leaf"},
		"path cut":           {func(_ *testing.T, b *proof.Bundle) { b.Path = b.Path[:2] }, "event not_in_leaf"},
		"path long":          {func(_ *testing.T, b *proof.Bundle) { b.Path = append(b.Path, tlog.Hash{}) }, "event not_in_leaf"},
		"path":               {func(_ *testing.T, b *proof.Bundle) { b.Path[1][0] ^= 1 }, "event not_in_leaf"},
		"root of the leaf":   {func(_ *testing.T, b *proof.Bundle) { b.Leaf.Root[0] ^= 1 }, "event not_in_leaf"},
		"range of the leaf":  {func(_ *testing.T, b *proof.Bundle) { b.Leaf.Last++ }, "leaf not_in_log"},
		"leaf that cannot":   {func(_ *testing.T, b *proof.Bundle) { b.Leaf.First = 0 }, "leaf bad_range"},
		"minute of the leaf": {func(_ *testing.T, b *proof.Bundle) { b.Leaf.Until = b.Leaf.Until.Add(time.Minute) }, "leaf not_in_log"},
		"index":              {func(_ *testing.T, b *proof.Bundle) { b.Index = 3 }, "leaf not_in_log"},
		"index outside":      {func(_ *testing.T, b *proof.Bundle) { b.Index = 4 }, "leaf not_in_log"},
		"negative index":     {func(_ *testing.T, b *proof.Bundle) { b.Index = -1 }, "leaf not_in_log"},
		"leaf path":          {func(_ *testing.T, b *proof.Bundle) { b.LeafPath[0][0] ^= 1 }, "leaf not_in_log"},
		"leaf path cut":      {func(_ *testing.T, b *proof.Bundle) { b.LeafPath = b.LeafPath[:1] }, "leaf not_in_log"},
		"checkpoint's size": {func(_ *testing.T, b *proof.Bundle) {
			b.Checkpoint = []byte(strings.Replace(string(b.Checkpoint), "\n4\n", "\n5\n", 1))
		}, "checkpoint bad_signature"},
		"no checkpoint": {func(_ *testing.T, b *proof.Bundle) { b.Checkpoint = nil }, "checkpoint bad_form"},
		"another log's key": {func(t *testing.T, b *proof.Bundle) {
			s, _ := key(t, "selvedge.example/ledger/ads", 9)
			text, _, _ := strings.Cut(string(b.Checkpoint), "\n\n")
			b.Checkpoint = sign(t, text+"\n", s)
		}, "checkpoint not_signed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, trusted := bundle(t)
			if err := proof.Verify(b, trusted); err != nil {
				t.Fatal(err)
			}
			tc.change(t, &b)
			if got := says(proof.Verify(b, trusted)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestVerifyTrustsNobodyByDefault(t *testing.T) {
	t.Parallel()
	b, trusted := bundle(t)
	_, other := key(t, "selvedge.example/ledger/ads", 9)
	for want, keys := range map[string][]string{
		"checkpoint not_signed": {other},
		"key bad_key":           {trusted, "nonsense"},
		"checkpoint bad_form":   {trusted, trusted},
	} {
		if got := says(proof.Verify(b, keys...)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := says(proof.Verify(b)); got != "checkpoint not_signed" {
		t.Errorf("without a key: %q", got)
	}
	if err := proof.Verify(b, other, trusted); err != nil {
		t.Errorf("one of two keys: %v", err)
	}
}

func TestOpenCheckpoint(t *testing.T) {
	t.Parallel()
	log, logKey := key(t, "selvedge.example/ads", 1)
	witness, witnessKey := key(t, "witness.example", 2)
	root := tlog.RecordHash(nil).String()
	for name, tc := range map[string]struct {
		text string
		by   []note.Signer
		keys []string
		want string
	}{
		"signed":                 {"selvedge.example/ads\n3\n" + root + "\n", []note.Signer{log}, []string{logKey}, ""},
		"empty tree":             {"selvedge.example/ads\n0\n" + root + "\n", []note.Signer{log}, []string{logKey}, ""},
		"largest size":           {"selvedge.example/ads\n4611686018427387904\n" + root + "\n", []note.Signer{log}, []string{logKey}, ""},
		"too large":              {"selvedge.example/ads\n4611686018427387905\n" + root + "\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_size"},
		"extension":              {"selvedge.example/ads\n3\n" + root + "\nmore\n", []note.Signer{log}, []string{logKey}, ""},
		"witnessed":              {"selvedge.example/ads\n3\n" + root + "\n", []note.Signer{witness, log}, []string{logKey}, ""},
		"witness known too":      {"selvedge.example/ads\n3\n" + root + "\n", []note.Signer{witness, log}, []string{witnessKey, logKey}, ""},
		"witness alone":          {"selvedge.example/ads\n3\n" + root + "\n", []note.Signer{witness}, []string{witnessKey, logKey}, "checkpoint other_origin"},
		"another origin":         {"selvedge.example/registry\n3\n" + root + "\n", []note.Signer{log}, []string{logKey}, "checkpoint other_origin"},
		"leading zero":           {"selvedge.example/ads\n03\n" + root + "\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_size"},
		"plus":                   {"selvedge.example/ads\n+3\n" + root + "\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_size"},
		"negative":               {"selvedge.example/ads\n-3\n" + root + "\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_size"},
		"short root":             {"selvedge.example/ads\n3\nAAAA\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_root"},
		"root in another base64": {"selvedge.example/ads\n3\n" + root[:42] + "1=\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_root"},
		"two lines":              {"selvedge.example/ads\n3\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_form"},
		"empty line":             {"selvedge.example/ads\n3\n" + root + "\n\nmore\n", []note.Signer{log}, []string{logKey}, "checkpoint bad_form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed := sign(t, tc.text, tc.by...)
			c, err := proof.OpenCheckpoint(signed, tc.keys...)
			if tc.want != "" {
				if got := says(err); got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.Origin != "selvedge.example/ads" || c.Hash.String() != root {
				t.Errorf("read %+v", c)
			}
			if unsigned, err := proof.ReadCheckpoint(signed); err != nil || unsigned != c {
				t.Errorf("read unverified: %+v, %v", unsigned, err)
			}
		})
	}
	if _, err := proof.ReadCheckpoint([]byte("text\n")); says(err) != "checkpoint bad_form" {
		t.Errorf("no note: %v", err)
	}
}
