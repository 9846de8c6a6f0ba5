package list_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

var update = flag.Bool("update", false, "write the golden files again")

// counting is entropy that counts: 0, 1, 2 and so on.
type counting struct{}

func (counting) Fill(_ string, p []byte) {
	for i := range p {
		p[i] = byte(i)
	}
}

// sidecarKey is the key 000102...1f.
func sidecarKey() secret.Key { return secret.Random(counting{}, "") }

func key(class identifier.Class, b byte) list.Key {
	return list.Key{Class: class, Token: token.Token(bytes.Repeat([]byte{b}, token.Size))}
}

// sealSidecar lays a sidecar out as docs/formats/sidecar.md says, and shares no
// code with the product.
func sealSidecar(epoch, ruleSet uint32, plain []byte) []byte {
	header := []byte("slvsidec")
	for _, n := range []uint32{1, epoch, ruleSet} {
		header = binary.LittleEndian.AppendUint32(header, n)
	}
	raw := make([]byte, 32)
	counting{}.Fill("", raw)
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	out := slices.Clone(header)
	for number := uint64(0); ; number++ {
		n := min(len(plain), 65536)
		var nonce [12]byte
		binary.BigEndian.PutUint64(nonce[3:11], number)
		if n == len(plain) {
			nonce[11] = 1
		}
		out = gcm.Seal(out, nonce[:], plain[:n], header)
		if plain = plain[n:]; len(plain) == 0 {
			return out
		}
	}
}

func plainRows(rows [][]list.Key) (out []byte) {
	for _, row := range rows {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(row)))
		for _, k := range row {
			out = append(append(out, byte(k.Class)), k.Token[:]...)
		}
	}
	return out
}

// TestGoldenSidecar: the bytes of the first release are read for ever, and by
// who has only the document.
func TestGoldenSidecar(t *testing.T) {
	t.Parallel()
	rows := [][]list.Key{
		{key(identifier.ClassEmail, 0xa1), key(identifier.ClassPhone, 0xb2)},
		{key(identifier.ClassEmail, 0xa3), key(identifier.ClassEmail, 0xa4), key(list.External, 0xc5)},
	}
	type vector struct {
		Key, Sidecar string
		Rows         [][]string
	}
	raw := make([]byte, 32)
	counting{}.Fill("", raw)
	want := vector{Key: hex.EncodeToString(raw), Sidecar: hex.EncodeToString(sealSidecar(7, 3, plainRows(rows)))}
	for _, row := range rows {
		var words []string
		for _, k := range row {
			words = append(words, map[identifier.Class]string{1: "email ", 2: "phone ", 3: "external "}[k.Class]+hex.EncodeToString(k.Token[:]))
		}
		want.Rows = append(want.Rows, words)
	}
	path := filepath.Join("..", "testdata", "sidecar", "v1.json")
	if *update {
		b, err := json.MarshalIndent(want, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got vector
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the golden file (-document +file):\n%s", diff)
	}
	sealed, err := hex.DecodeString(got.Sidecar)
	if err != nil {
		t.Fatal(err)
	}
	read, err := list.ReadSidecar(sealed, sidecarKey())
	if err != nil || !slices.EqualFunc(read, rows, slices.Equal) {
		t.Errorf("read %d rows, %v", len(read), err)
	}
}

func TestSidecarFaults(t *testing.T) {
	t.Parallel()
	two := plainRows([][]list.Key{{key(1, 1), key(2, 2)}})
	with := func(at int, b byte) []byte {
		out := slices.Clone(two)
		out[at] = b
		return out
	}
	good := sealSidecar(7, 3, two)
	other := func(at int, b byte) []byte {
		out := slices.Clone(good)
		out[at] = b
		return out
	}
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"a header alone":     good[:20],
		"other magic":        other(0, 'S'),
		"other version":      other(8, 2),
		"another epoch":      other(12, 8),
		"no epoch":           sealSidecar(0, 3, two),
		"no rule set":        sealSidecar(7, 0, two),
		"cut":                good[:len(good)-1],
		"a row of none":      sealSidecar(7, 3, []byte{0, 0}),
		"a row of one":       sealSidecar(7, 3, with(0, 1)),
		"a row of very many": sealSidecar(7, 3, with(1, 0xff)),
		"a row cut":          sealSidecar(7, 3, two[:len(two)-1]),
		"half a length":      sealSidecar(7, 3, append(slices.Clone(two), 2)),
		"a class of none":    sealSidecar(7, 3, with(2, 0)),
		"a class too many":   sealSidecar(7, 3, with(2, 4)),
	} {
		if rows, err := list.ReadSidecar(b, sidecarKey()); err == nil {
			t.Errorf("%s: %d rows and no error", name, len(rows))
		}
	}
	if rows, err := list.ReadSidecar(good, sidecarKey()); err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// FuzzReadSidecar checks that what is sealed is read as the rows that it lays out,
// or refused.
func FuzzReadSidecar(f *testing.F) {
	f.Add(plainRows([][]list.Key{{key(1, 1), key(2, 2)}, {key(1, 3), key(3, 4), key(3, 4)}}))
	f.Add([]byte{2, 0, 9})
	f.Fuzz(func(t *testing.T, plain []byte) {
		rows, err := list.ReadSidecar(sealSidecar(1, 1, plain), sidecarKey())
		if err == nil && !bytes.Equal(plainRows(rows), plain) {
			t.Errorf("%d rows are not what was sealed", len(rows))
		}
		if _, err := list.ReadSidecar(plain, sidecarKey()); err == nil {
			t.Error("read what nobody sealed")
		}
	})
}

// rowsOf reads a sidecar as its receiver does.
func (b *bench) rowsOf(t *testing.T, s list.Sidecar) (out [][]list.Key) {
	t.Helper()
	for row, err := range b.Rows(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, slices.Clone(row))
	}
	return out
}

// TestSidecarOfABatch: rows with two identifiers are in it, with all forms of
// them, in their order; others are not.
func TestSidecarOfABatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sealed, faults, err := b.ReceiveMembers(t.Context(), list.Batch{Org: "o", Kind: list.Add, Options: granted(list.Options{}), Members: []list.Member{
		{Emails: []string{"a@example.com"}},
		{Emails: []string{"b@example.com", "B@Example.com"}}, // one address
		{ExternalID: "7", Phones: []string{"+12125550147"}},
		{Emails: []string{"c.d+x@gmail.com"}, Phones: []string{"nonsense", "+12125550148"}},
	}})
	if err != nil || len(faults) != 1 {
		t.Fatal(faults, err)
	}
	keys := b.current(t)
	of := func(k identifier.Kind, text string) (out []list.Key) {
		cell, reason := identifier.Read(k, text, "")
		if reason != identifier.Accepted {
			t.Fatal(reason)
		}
		for _, f := range append([]identifier.Form{cell.Identity}, cell.Also()...) {
			out = append(out, list.Key{Class: f.Class, Token: keys.Of(f)})
		}
		return out
	}
	want := [][]list.Key{
		append(of(identifier.Phone, "+12125550147"), list.Key{Class: list.External, Token: b.External.Of("o", "7")}),
		append(of(identifier.Email, "c.d+x@gmail.com"), of(identifier.Phone, "+12125550148")...),
	}
	if got := b.rowsOf(t, *sealed.Sidecar); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%d rows, want %d, or others", len(got), len(want))
	}
	content, err := b.Blobs.Open(t.Context(), sealed.Sidecar.Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	for _, row := range want {
		for _, k := range row {
			if bytes.Contains(content.Bytes(), k.Token[:]) {
				t.Error("a token stands in it in the clear")
			}
		}
	}
}

// TestSidecarIsBound: the key of one sidecar opens no other, and a wrong epoch is
// told.
func TestSidecarIsBound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var made []list.Sidecar
	for range 2 {
		sealed, _, err := b.ReceiveMembers(t.Context(), list.Batch{Kind: list.Add, Options: granted(list.Options{}), Members: []list.Member{{ExternalID: "7", Phones: []string{"+12125550147"}}}})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, *sealed.Sidecar)
	}
	if made[0].Ref == made[1].Ref {
		t.Error("two lists have one sidecar")
	}
	for name, s := range map[string]list.Sidecar{
		"another's key":  {Ref: made[0].Ref, Key: made[1].Key, Epoch: made[0].Epoch},
		"another's blob": {Ref: made[1].Ref, Key: made[0].Key, Epoch: made[0].Epoch},
		"another epoch":  {Ref: made[0].Ref, Key: made[0].Key, Epoch: made[0].Epoch + 1},
		"no key":         {Ref: made[0].Ref, Epoch: made[0].Epoch},
	} {
		var err error
		for _, err = range b.Rows(context.Background(), s) {
		}
		if err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
}

// TestExternalIDs: one id of two orgs, and two ids of one, have nothing in common.
func TestExternalIDs(t *testing.T) {
	t.Parallel()
	ids := newBench(t).External
	seen := map[token.Token]bool{}
	for _, org := range []selvedge.OrgID{"o", "p", "o1"} {
		for _, id := range []string{"1", "7", "7 ", "17"} {
			seen[ids.Of(org, id)] = true
		}
	}
	if len(seen) != 12 || !seen[ids.Of("o", "7")] {
		t.Errorf("%d different tokens", len(seen))
	}
}
