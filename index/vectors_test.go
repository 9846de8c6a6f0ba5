package index_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

// TestVectors reads and writes segments that another program wrote by
// docs/formats/segment.md.
func TestVectors(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../testdata/segment/v1.json")
	must(t, err)
	var vectors []struct {
		What    string
		Class   identifier.Class `json:"form_class"`
		Epoch   token.Epoch      `json:"key_epoch"`
		RuleSet uint32           `json:"rule_set"`
		Entries []struct {
			Token   string
			Ordinal selvedge.Ordinal
		}
		Segment string
	}
	must(t, json.Unmarshal(b, &vectors))
	written := 0
	for _, v := range vectors {
		want, err := hex.DecodeString(v.Segment)
		must(t, err)
		s, err := index.OpenSegment(want)
		if err != nil {
			t.Fatalf("%s: %v", v.What, err)
		}
		h := token.Header{Family: token.Ads, Class: v.Class, Epoch: v.Epoch, RuleSet: v.RuleSet}
		entries := make([]token.Entry, len(v.Entries))
		ordinals := map[token.Token][]selvedge.Ordinal{}
		for i, e := range v.Entries {
			raw, err := hex.DecodeString(e.Token)
			must(t, err)
			entries[i] = token.Entry{Token: token.Token(raw), Ordinal: e.Ordinal}
			ordinals[token.Token(raw)] = append(ordinals[token.Token(raw)], e.Ordinal)
		}
		other := h
		other.Class = 3 - h.Class
		a := ads(t, s, segment(t, other))
		for tok, want := range ordinals {
			if got, err := lookup(a, v.Class, []token.Token{tok}); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %x finds %v, want %v; %v", v.What, [token.Size]byte(tok), got, want, err)
			}
		}
		h.Count = uint64(len(entries))
		if got := s.Header(); got != h {
			t.Errorf("%s: header %+v, want %+v", v.What, got, h)
		}
		if bytes.Equal(segmentBytes(t, h, chunk(t, h, entries...)), want) {
			written++
		}
	}
	if written != 2 { // the third is divided as a reader must take it and no writer divides
		t.Errorf("%d of %d vectors are written as they are", written, len(vectors))
	}
}
