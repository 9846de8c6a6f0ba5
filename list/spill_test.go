package list_test

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

// spillBytes lays a spill out as the format says. Each token is a byte repeated.
func spillBytes(emails, phones string) []byte {
	b := []byte("slvspill")
	for _, n := range []uint32{1, 7, 3, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, c := range []byte(emails + phones) {
		b = append(b, strings.Repeat(string(rune(c)), token.Size)...)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(emails)))
	return binary.LittleEndian.AppendUint64(b, uint64(len(phones)))
}

func TestOpenSpill(t *testing.T) {
	t.Parallel()
	s, err := list.OpenSpill(spillBytes("abz", "bc"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Epoch() != 7 || s.RuleSet() != 3 {
		t.Errorf("epoch %d, rule set %d", s.Epoch(), s.RuleSet())
	}
	for class, want := range map[identifier.Class]string{identifier.ClassEmail: "abz", identifier.ClassPhone: "bc", 0: "", 3: "", 9: ""} {
		var got []byte
		for _, tok := range s.Tokens(class) {
			got = append(got, tok[token.Size-1])
		}
		if string(got) != want || s.Len(class) != int64(len(want)) {
			t.Errorf("class %d: %q, length %d", class, got, s.Len(class))
		}
	}
}

func TestOpenSpillFaults(t *testing.T) {
	t.Parallel()
	good := spillBytes("ab", "cd")
	with := func(at int, b byte) []byte {
		out := slices.Clone(good)
		out[at] = b
		return out
	}
	trailer := len(good) - 16
	for name, b := range map[string][]byte{
		"nothing":                  nil,
		"header alone":             good[:32],
		"other magic":              with(0, 'S'),
		"other version":            with(8, 3),
		"a version with more":      with(8, 2),
		"no epoch":                 with(12, 0),
		"no rule set":              with(16, 0),
		"cut":                      good[:len(good)-1],
		"cut by a token":           append(slices.Clone(good[:trailer-16]), good[trailer:]...),
		"a token more":             append(slices.Clone(good[:trailer]), append(make([]byte, 16), good[trailer:]...)...),
		"a byte more":              append(slices.Clone(good[:trailer]), append(make([]byte, 1), good[trailer:]...)...),
		"fewer e-mails":            with(trailer, 1),
		"more phones":              with(trailer+8, 3),
		"number that overflows":    with(trailer+7, 0x10),
		"e-mails out of order":     spillBytes("ba", ""),
		"phones out of order":      spillBytes("", "cab"),
		"a class's tokens in both": with(trailer, 3),
	} {
		if s, err := list.OpenSpill(b); err == nil || s != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzOpenSpill checks that whatever opens keeps the promises of a Spill.
func FuzzOpenSpill(f *testing.F) {
	f.Add(spillBytes("", ""))
	f.Add(spillBytes("abz", "bc"))
	f.Add(spillBytes("ba", ""))
	b := newBench(f)
	sealed, err := b.Receive(context.Background(), strings.NewReader("email,phone\na@example.com,+12125550147\n"), granted(list.Options{}))
	if err != nil {
		f.Fatal(err)
	}
	content, err := b.Blobs.Open(context.Background(), sealed.Spill)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slices.Clone(content.Bytes()))
	if err := content.Close(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := list.OpenSpill(b)
		if err != nil {
			return
		}
		total := 0
		for _, c := range []identifier.Class{identifier.ClassEmail, identifier.ClassPhone} {
			all := s.Tokens(c)
			if !slices.IsSortedFunc(all, func(a, b token.Token) int { return int(a[0]) - int(b[0]) }) {
				t.Error("first bytes do not ascend")
			}
			if s.Len(c) != int64(len(all)) {
				t.Errorf("length %d of %d", s.Len(c), len(all))
			}
			total += len(all)
		}
		if s.Epoch() == 0 || s.RuleSet() == 0 || len(b) != 48+16*total {
			t.Errorf("epoch %d, rule set %d, %d tokens in %d bytes", s.Epoch(), s.RuleSet(), total, len(b))
		}
	})
}
