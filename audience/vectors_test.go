package audience

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/selvedge/selvedge/blob"
)

// TestVersionVectors reads the vectors of docs/formats/version.md, which were
// written by a program that shares nothing with this one: the members give the
// bytes, the bytes give the members, and a change gives the version after it.
func TestVersionVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/version/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	type ranges [][3]uint64
	var v struct {
		Bitmaps []struct {
			Name           string
			Members        ranges
			Bitmap, SHA256 string
		}
		Chain struct {
			Before struct {
				Members        ranges
				Bitmap, Digest string
			}
			Flips          string
			Added, Removed uint64
			After          struct {
				Members      ranges
				Digest, Base string
			}
		}
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	expand := func(rs ranges) (out []uint32) {
		for _, r := range rs {
			for n := r[0]; n <= r[1]; n += r[2] {
				out = append(out, uint32(n))
			}
		}
		slices.Sort(out)
		return out
	}
	sum := func(b *roaring.Bitmap) string {
		d, err := digest(b)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(d[:])
	}
	for _, c := range v.Bitmaps {
		members := expand(c.Members)
		raw, err := hex.DecodeString(c.Bitmap)
		if err != nil {
			t.Fatal(err)
		}
		b := roaring.BitmapOf(members...)
		if sum(b) != c.SHA256 {
			t.Errorf("%s: written otherwise than the page says", c.Name)
		}
		if got, err := readPortable(raw); err != nil || !slices.Equal(got, members) {
			t.Errorf("%s: by the page alone: %d members, %v", c.Name, len(got), err)
		}
		read := roaring.New()
		if err := read.UnmarshalBinary(raw); err != nil || !read.Equals(b) {
			t.Errorf("%s: read as %d members, %v", c.Name, read.GetCardinality(), err)
		}
	}
	// A chain of a whole version and one that is kept as what changed.
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	before := roaring.BitmapOf(expand(v.Chain.Before.Members)...)
	first := Version{}
	if err := next(t.Context(), blobs, &first, nil, before.Clone()); err != nil {
		t.Fatal(err)
	}
	second := Version{}
	after := roaring.BitmapOf(expand(v.Chain.After.Members)...)
	if err := next(t.Context(), blobs, &second, []Version{first}, after.Clone()); err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(first.Digest[:]) != v.Chain.Before.Digest || hex.EncodeToString(second.Digest[:]) != v.Chain.After.Digest ||
		hex.EncodeToString(second.Base[:]) != v.Chain.After.Base || second.Added != v.Chain.Added || second.Removed != v.Chain.Removed {
		t.Errorf("versions %+v and %+v", first, second)
	}
	content, err := blobs.Open(t.Context(), *second.Flips)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if hex.EncodeToString(content.Bytes()) != v.Chain.Flips {
		t.Error("the change is kept otherwise than the page says")
	}
	if got, err := last(t.Context(), blobs, []Version{first, second}); err != nil || !got.Equals(after) {
		t.Errorf("read back: %v", err)
	}
}

// readPortable reads a bitmap by what docs/formats/version.md says, and by
// nothing else.
func readPortable(b []byte) (members []uint32, err error) {
	defer func() {
		if recover() != nil { // it ends early
			err = errors.New("cut off")
		}
	}()
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	var flags []byte
	var n, at int
	switch cookie := u32(b); {
	case cookie == 12346:
		n, at = int(u32(b[4:])), 8
	case cookie&0xffff == 12347:
		n = int(cookie>>16) + 1
		flags, at = b[4:4+(n+7)/8], 4+(n+7)/8
	default:
		return nil, errors.New("another format")
	}
	heads := b[at : at+4*n]
	at += 4 * n
	if flags == nil || n >= 4 {
		at += 4 * n
	}
	for i := range n {
		high, count := uint32(u16(heads[4*i:]))<<16, int(u16(heads[4*i+2:]))+1
		switch {
		case flags != nil && flags[i/8]>>(i%8)&1 == 1:
			runs := int(u16(b[at:]))
			at += 2
			for range runs {
				from, more := uint32(u16(b[at:])), uint32(u16(b[at+2:]))
				for v := from; v <= from+more; v++ {
					members = append(members, high|v)
				}
				at += 4
			}
		case count <= 4096:
			for range count {
				members = append(members, high|uint32(u16(b[at:])))
				at += 2
			}
		default:
			for v := range uint32(1 << 16) {
				if b[at+int(v/8)]>>(v%8)&1 == 1 {
					members = append(members, high|v)
				}
			}
			at += 8192
		}
	}
	if at != len(b) {
		return nil, errors.New("something follows")
	}
	return members, nil
}
