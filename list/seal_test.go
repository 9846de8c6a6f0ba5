package list_test

import (
	"bytes"
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

// TestRecordsKeepTokensApart flips each bit of a token in turn: the record is
// of another token, and comes where the token comes.
func TestRecordsKeepTokensApart(t *testing.T) {
	t.Parallel()
	base := token.Token(bytes.Repeat([]byte{0x5a}, token.Size))
	r := list.Pack(identifier.ClassPhone, base, false, 7)
	if !list.SameToken(r, list.Pack(identifier.ClassPhone, base, true, 9)) {
		t.Error("one token, two records, and not the same")
	}
	if list.SameToken(r, list.Pack(identifier.ClassEmail, base, false, 7)) {
		t.Error("two classes are the same")
	}
	for bit := range 8 * token.Size {
		other := base
		other[bit/8] ^= 0x80 >> (bit % 8)
		o := list.Pack(identifier.ClassPhone, other, false, 7)
		if list.SameToken(r, o) {
			t.Errorf("bit %d is lost", bit)
		}
		if r.Compare(o) != bytes.Compare(base[:], other[:]) {
			t.Errorf("bit %d changes the order", bit)
		}
	}
}

func TestRecordsRoundTripInOrder(t *testing.T) {
	t.Parallel()
	type fields struct {
		class identifier.Class
		token token.Token
		also  bool
		place uint64
	}
	draw := rapid.Custom(func(t *rapid.T) fields {
		return fields{
			rapid.SampledFrom([]identifier.Class{identifier.ClassEmail, identifier.ClassPhone}).Draw(t, "class"),
			token.Token(rapid.SliceOfN(rapid.ByteRange(0xfe, 0xff), token.Size, token.Size).Draw(t, "token")),
			rapid.Bool().Draw(t, "also"),
			rapid.Uint64Range(0, 1<<61-1).Draw(t, "place"),
		}
	})
	number := map[bool]int{true: 1}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		r, s := list.Pack(a.class, a.token, a.also, a.place), list.Pack(b.class, b.token, b.also, b.place)
		var got fields
		got.class, got.token, got.also, got.place = list.Unpack(r)
		if got != a {
			t.Fatalf("class %d, also %v, place %d became %d, %v, %d", a.class, a.also, a.place, got.class, got.also, got.place)
		}
		want := cmp.Or(cmp.Compare(a.class, b.class), bytes.Compare(a.token[:], b.token[:]),
			cmp.Compare(number[a.also], number[b.also]), cmp.Compare(a.place, b.place))
		if r.Compare(s) != want {
			t.Fatalf("order is %d, want %d", r.Compare(s), want)
		}
	})
}
