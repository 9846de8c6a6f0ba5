package token_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/token"
)

// vectors reads a file of vectors, which was made by a program in another language
// from the page alone. It never changes.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", name, "v1.json"))
	must(t, err)
	must(t, json.Unmarshal(text, into))
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

// TestChunkVectors: entries give the bytes, the bytes the entries, and what the
// page refuses is refused.
func TestChunkVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Chunks []struct {
			Name     string
			Class    identifier.Class
			Epoch    token.Epoch
			RuleSet  uint32 `json:"rule_set"`
			Size     int
			SHA256   string
			Entries  [][2]any
			Numbered int
			Chunk    string
		}
		Refused []struct{ Name, Chunk string }
	}
	vectors(t, "chunk", &v)
	for _, c := range v.Chunks {
		entries := numbered(c.Numbered)
		for _, e := range c.Entries {
			entries = append(entries, token.Entry{Token: token.Token(unhex(t, e[0].(string))), Ordinal: selvedge.Ordinal(e[1].(float64))})
		}
		b := writeChunk(t, token.Header{Family: token.Ads, Class: c.Class, Epoch: c.Epoch, RuleSet: c.RuleSet}, entries)
		if sum := sha256.Sum256(b); len(b) != c.Size || hex.EncodeToString(sum[:]) != c.SHA256 || c.Numbered == 0 && hex.EncodeToString(b) != c.Chunk {
			t.Errorf("%s: written otherwise than the page says", c.Name)
		}
		read, err := token.OpenChunk(b)
		if err != nil || !slices.Equal(slices.Collect(read.Entries()), entries) {
			t.Errorf("%s: read otherwise: %v", c.Name, err)
		}
	}
	for _, c := range v.Refused {
		if _, err := token.OpenChunk(unhex(t, c.Chunk)); err == nil {
			t.Errorf("%s: not refused", c.Name)
		}
	}
	if len(v.Chunks) < 5 || len(v.Refused) < 10 {
		t.Errorf("%d chunks and %d that are refused", len(v.Chunks), len(v.Refused))
	}
}

// TestTokenKeyVectors: the sealed keys of the vectors, put into the rows of a
// database, make the tokens of the vectors; in each other's rows they open nothing.
func TestTokenKeyVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		KEK  json.RawMessage
		Keys []struct {
			Family, Epoch, Class int
			Sealed               string
		}
		Tokens []struct {
			Class       identifier.Class
			Form, Token string
		}
	}
	vectors(t, "token-key", &v)
	r := newRing(t)
	var err error
	r.KEK, err = secret.ParseKEK(string(v.KEK))
	must(t, err)
	db, err := sql.Open("sqlite", filepath.Join(r.dir, "test.db"))
	must(t, err)
	defer db.Close()
	put := func(swap int) {
		for i, k := range v.Keys {
			_, err := db.ExecContext(t.Context(), `INSERT INTO token_key (family, epoch, class, sealed, created_at) VALUES (?, ?, ?, ?, 0)
				ON CONFLICT (family, epoch, class) DO UPDATE SET sealed = excluded.sealed`, k.Family, k.Epoch, k.Class, unhex(t, v.Keys[(i+swap)%len(v.Keys)].Sealed))
			must(t, err)
		}
	}
	put(0)
	keys, err := r.Of(t.Context(), token.Epoch(v.Keys[0].Epoch))
	must(t, err)
	for _, c := range v.Tokens {
		f := identifier.Form{Class: c.Class, Digest: sha256.Sum256([]byte(c.Form))}
		if got := keys.Of(f); !bytes.Equal(got[:], unhex(t, c.Token)) {
			t.Errorf("%s has another token", c.Form)
		}
	}
	put(1)
	if _, err := r.Of(t.Context(), token.Epoch(v.Keys[0].Epoch)); err == nil {
		t.Error("keys open in each other's rows")
	}
}
