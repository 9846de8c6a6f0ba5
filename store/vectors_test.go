package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/token"
)

// vectors reads a file of vectors, which was made by a program in another language
// from the page alone. It never changes.
func vectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", name, "v1.json"))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDumpVectors: tables give the bytes, and the bytes the tables.
func TestDumpVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Schema int64
		Tables []struct {
			Name    string
			Columns []string
			Rows    [][]map[string]string
		}
		Dump string
	}
	vectors(t, "dump", &v)
	var want []store.DumpTable
	for _, table := range v.Tables {
		d := store.DumpTable{Name: table.Name, Columns: table.Columns}
		for _, row := range table.Rows {
			var values []any
			for _, value := range row {
				values = append(values, vectorValue(t, value))
			}
			d.Rows = append(d.Rows, values)
		}
		want = append(want, d)
	}
	b, err := store.Redump(v.Schema, want)
	if err != nil || hex.EncodeToString(b) != v.Dump {
		t.Errorf("written otherwise than the page says: %v", err)
	}
	version, got, err := store.Undump(unhex(t, v.Dump))
	if diff := cmp.Diff(want, got); err != nil || version != v.Schema || diff != "" {
		t.Errorf("schema %d, %v (-want +got):\n%s", version, err, diff)
	}
}

// vectorValue is a value of the vectors: of one kind, or null.
func vectorValue(t *testing.T, value map[string]string) any {
	t.Helper()
	for kind, s := range value {
		switch kind {
		case "int":
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		case "bytes":
			return unhex(t, s)
		}
		return s
	}
	return nil
}

// TestManifestVectors puts the rows of the vectors into a database: the chunks that
// count, and all tokens of them and of rows, are those that the vectors say.
func TestManifestVectors(t *testing.T) {
	t.Parallel()
	type entry = [2]any
	var v struct {
		Epochs struct {
			Epoch     int64
			NextEpoch int64 `json:"next_epoch"`
		} `json:"key_epoch"`
		Chunk []struct {
			Sum                        string
			Size, Family, Class, Epoch int64
			RuleSet                    int64 `json:"rule_set"`
			Entries                    int64
			Import                     int64 `json:"import_id"`
			Replaces                   *string
		}
		Rows []struct {
			Seq, Family, Class, Epoch int64
			RuleSet                   int64 `json:"rule_set"`
			Token                     string
			Ordinal                   int64
		} `json:"token_row"`
		Blobs  []string
		Counts []string
		Tokens []struct {
			Class   identifier.Class
			Entries []entry
		}
	}
	vectors(t, "manifest", &v)
	path := filepath.Join(t.TempDir(), "test.db")
	db := open(t, path, fakeclock.New(start))
	beside := raw(t, path)
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := beside.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO key_epoch (family, epoch, next_epoch) VALUES (1, ?, ?)`, v.Epochs.Epoch, v.Epochs.NextEpoch)
	for _, c := range v.Chunk {
		var replaces any
		if c.Replaces != nil {
			replaces = unhex(t, *c.Replaces)
		}
		exec(`INSERT INTO chunk (sum, size, family, class, epoch, rule_set, entries, import_id, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			unhex(t, c.Sum), c.Size, c.Family, c.Class, c.Epoch, c.RuleSet, c.Entries, c.Import, replaces)
	}
	for _, r := range v.Rows {
		exec(`INSERT INTO token_row (seq, family, class, epoch, rule_set, token, ordinal) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.Seq, r.Family, r.Class, r.Epoch, r.RuleSet, unhex(t, r.Token), r.Ordinal)
	}
	blobs := map[[32]byte][]byte{}
	for _, b := range v.Blobs {
		blobs[sha256.Sum256(unhex(t, b))] = unhex(t, b)
	}
	var counts []string
	entries := map[identifier.Class][]token.Entry{}
	source := store.Index{DB: db}
	err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		epoch, err := source.Epoch(ctx, tx)
		if err != nil || int64(epoch) != v.Epochs.Epoch {
			return fmt.Errorf("epoch %d: %w", epoch, err)
		}
		chunks, err := source.Chunks(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range chunks {
			counts = append(counts, hex.EncodeToString(c.Ref.Sum[:]))
			b := blobs[c.Ref.Sum]
			opened, err := token.OpenChunk(b)
			if err != nil {
				return err
			}
			if opened.Header() != c.Header || int64(len(b)) != c.Ref.Size {
				t.Errorf("the chunk says %+v, its row %+v", opened.Header(), c.Header)
			}
			entries[c.Header.Class] = slices.AppendSeq(entries[c.Header.Class], opened.Entries())
		}
		return source.EachTokenRow(ctx, tx, 0, func(r token.Row) error {
			entries[r.Class] = append(entries[r.Class], token.Entry{Token: r.Token, Ordinal: r.Ordinal})
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v.Counts, counts); diff != "" {
		t.Errorf("what counts (-want +got):\n%s", diff)
	}
	for _, c := range v.Tokens {
		got := entries[c.Class]
		slices.SortFunc(got, token.Entry.Compare)
		for i, e := range c.Entries {
			if i >= len(got) || len(got) != len(c.Entries) || !bytes.Equal(got[i].Token[:], unhex(t, e[0].(string))) || got[i].Ordinal != selvedge.Ordinal(e[1].(float64)) {
				t.Fatalf("class %d: %d entries, of which that at %d is another", c.Class, len(got), i)
			}
		}
	}
}
