package secret_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"
)

// TestSigner recomputes a signer's key from the bytes of the file: whoever keeps
// a log's public key keeps it for years.
func TestSigner(t *testing.T) {
	t.Parallel()
	root, path := newRoot(t, "s")
	ikm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hkdf.Key(sha256.New, ikm, nil, "selvedge/ledger/ads", ed25519.SeedSize)
	if err != nil {
		t.Fatal(err)
	}
	want := ed25519.NewKeyFromSeed(seed)
	s := root.Signer("ledger/ads")
	if !want.Public().(ed25519.PublicKey).Equal(s.Public()) {
		t.Error("another public key")
	}
	message := []byte("a message")
	got, err := s.Sign(nil, message, crypto.Hash(0))
	if err != nil || !bytes.Equal(got, ed25519.Sign(want, message)) {
		t.Errorf("another signature, %v", err)
	}
	if _, err := s.Sign(nil, message, crypto.SHA256); err == nil {
		t.Error("it signs what is no digest as one")
	}
	other, err := root.Signer("ledger/registry").Sign(nil, message, crypto.Hash(0))
	if err != nil || bytes.Equal(got, other) {
		t.Errorf("another label has the same key, %v", err)
	}
}

// TestNothingPrintsSigners is TestNothingPrintsKeys for signers, alone and held.
func TestNothingPrintsSigners(t *testing.T) {
	t.Parallel()
	root, path := newRoot(t, "s")
	ikm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := hkdf.Key(sha256.New, ikm, nil, "selvedge/x", ed25519.SeedSize)
	if err != nil {
		t.Fatal(err)
	}
	s := root.Signer("x")
	type held struct {
		S crypto.Signer
		s crypto.Signer
	}
	var printed []string
	for name, v := range map[string]any{"signer": s, "held": held{s, s}, "pointer": &held{s, s}} {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flag := range []string{"", "+", "#"} {
				printed = append(printed, fmt.Sprintf("%"+flag+string(verb), v))
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		j, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		printed = append(printed, log.String(), string(j))
	}
	for _, text := range printed {
		if how := shows(text, seed); how != "" {
			t.Fatalf("the key is printed %s: %q", how, text)
		}
	}
	if got := fmt.Sprintf("%x %v", s, s); got != "[secret] [secret]" {
		t.Errorf("printed %q", got)
	}
}
