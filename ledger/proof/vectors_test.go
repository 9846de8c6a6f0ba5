package proof_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge/ledger/proof"
)

// vectors are what another program made from the documents alone.
type vectors struct {
	Key        string
	Events     []vector
	Leaves     []struct{ Text string }
	Checkpoint string
}

type vector struct {
	Space, At, Kind, Role, Actor, Body string
	Seq                                int64
	Salt, Text, Commitment, Proof      string
	Path                               []string
	Leaf                               int64
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Events) != 15 || len(v.Leaves) != 4 {
		t.Fatalf("%d events, %d leaves", len(v.Events), len(v.Leaves))
	}
	return v
}

func unbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v vector) event(t testing.TB) proof.Event {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, v.At)
	if err != nil {
		t.Fatal(err)
	}
	return proof.Event{Space: v.Space, Seq: v.Seq, At: at, Kind: v.Kind, Role: v.Role, Actor: v.Actor, Body: []byte(v.Body)}
}

// TestVectors makes every byte of the vectors anew, and reads them back.
func TestVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	var log proof.Tree
	for _, l := range v.Leaves {
		log.Append([]byte(l.Text))
	}
	for i := range v.Leaves {
		var group []vector
		var commitments []proof.Commitment
		for _, e := range v.Events {
			if e.Leaf != int64(i) {
				continue
			}
			c, err := proof.Commit(proof.Salt(unbase64(t, e.Salt)), e.event(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := base64.StdEncoding.EncodeToString(c[:]); got != e.Commitment {
				t.Errorf("event %d: commitment %s, want %s", e.Seq, got, e.Commitment)
			}
			group, commitments = append(group, e), append(commitments, c)
		}
		tree := proof.NewTree(commitments)
		for at, e := range group {
			root, err := tree.Root(tree.Size())
			if err != nil {
				t.Fatal(err)
			}
			path, err := tree.Path(int64(at))
			if err != nil {
				t.Fatal(err)
			}
			leafPath, err := log.Path(e.Leaf)
			if err != nil {
				t.Fatal(err)
			}
			b := proof.Bundle{
				Event: e.event(t), Salt: proof.Salt(unbase64(t, e.Salt)), Path: path,
				Leaf: proof.Leaf{
					Space: "ads", First: group[0].Seq, Last: group[len(group)-1].Seq, Root: root,
					From: proof.Minute(group[0].event(t).At), Until: proof.Minute(group[len(group)-1].event(t).At),
				},
				Index: e.Leaf, LeafPath: leafPath, Checkpoint: []byte(v.Checkpoint),
			}
			checkVector(t, v, e, b)
		}
	}
}

// checkVector compares a bundle with its vector, both ways.
func checkVector(t *testing.T, v vectors, e vector, b proof.Bundle) {
	t.Helper()
	text, err := b.Event.Marshal()
	if err != nil || string(text) != e.Text {
		t.Errorf("event %d: text %q, want %q (%v)", e.Seq, text, e.Text, err)
	}
	leaf, err := b.Leaf.Marshal()
	if want := v.Leaves[e.Leaf].Text; err != nil || string(leaf) != want {
		t.Errorf("leaf %d: %q, want %q (%v)", e.Leaf, leaf, want, err)
	}
	file, err := b.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.Proof, string(file)); diff != "" {
		t.Errorf("event %d: proof (-want +got):\n%s", e.Seq, diff)
	}
	back, err := proof.Parse([]byte(e.Proof))
	if err != nil {
		t.Fatalf("event %d: %v", e.Seq, err)
	}
	if diff := cmp.Diff(normal(b), normal(back)); diff != "" {
		t.Errorf("event %d: read back (-want +got):\n%s", e.Seq, diff)
	}
	if err := proof.Verify(back, v.Key); err != nil {
		t.Errorf("event %d: %v", e.Seq, err)
	}
}

// normal makes no difference between no path and an empty one.
func normal(b proof.Bundle) proof.Bundle {
	b.Path, b.LeafPath = append([]tlog.Hash{}, b.Path...), append([]tlog.Hash{}, b.LeafPath...)
	return b
}
