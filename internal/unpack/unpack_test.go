package unpack_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/unpack"
)

var limits = unpack.Limits{Total: 1 << 20, Ratio: 100, Free: 64 << 10}

// text does not shrink to a hundredth.
func text(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 26)
	}
	return b
}

func gz(tb testing.TB, b []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func zst(tb testing.TB, b []byte, options ...zstd.EOption) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(b, nil)
}

// zipOf writes names and contents by turns.
func zipOf(tb testing.TB, parts ...string) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for p := range slices.Chunk(parts, 2) {
		m, err := w.Create(p[0])
		if err == nil {
			_, err = m.Write([]byte(p[1]))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// unpacked reads a file of any compression to its end.
func unpacked(b []byte, l unpack.Limits) (out []byte, err error) {
	var r io.ReadCloser
	switch c := unpack.Sniff(b); c {
	case unpack.Zip:
		z, e := unpack.OpenArchive(bytes.NewReader(b), int64(len(b)))
		if e != nil {
			return nil, e
		}
		r, err = z.Member(l)
	case "":
		return b, nil
	default:
		r, err = unpack.Stream(c, bytes.NewReader(b), l)
	}
	if err != nil {
		return nil, err
	}
	out, err = io.ReadAll(r)
	return out, errors.Join(err, r.Close())
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	want := text(200_000)
	for name, packed := range map[string][]byte{
		"gzip":             gz(t, want),
		"gzip, two member": append(gz(t, want[:1000]), gz(t, want[1000:])...),
		"zstd":             zst(t, want),
		"zstd, two frames": append(zst(t, want[:1000]), zst(t, want[1000:])...),
		"zip":              zipOf(t, "list.csv", string(want)),
		"zip, of a folder": zipOf(t, "lists/", "", "lists/list.csv", string(want)),
		"zip, of a Mac":    zipOf(t, "list.csv", string(want), "__MACOSX/._list.csv", "x"),
	} {
		if got, err := unpacked(packed, limits); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestDamage names what is wrong with a file.
func TestDamage(t *testing.T) {
	t.Parallel()
	content := text(200_000)
	flipped := func(b []byte, fromEnd int) []byte {
		b = slices.Clone(b)
		b[len(b)-fromEnd] ^= 1
		return b
	}
	inZip := zipOf(t, "list.csv", string(content))
	damagedZip := slices.Clone(inZip)
	damagedZip[1000] ^= 1
	locked := slices.Clone(inZip)
	locked[bytes.LastIndex(locked, []byte("PK\x01\x02"))+8] |= 1 // the directory's flags
	strange := slices.Clone(inZip)
	strange[bytes.LastIndex(strange, []byte("PK\x01\x02"))+10] = 99 // its method
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"gzip cut":             {gz(t, content)[:1000], unpack.ReasonTruncated},
		"gzip cut in the head": {gz(t, content)[:5], unpack.ReasonTruncated},
		"gzip, checksum":       {flipped(gz(t, content), 8), unpack.ReasonChecksum},
		"gzip, then garbage":   {append(gz(t, content), "garbage of some length"...), unpack.ReasonCorrupt},
		"zstd cut":             {zst(t, content)[:1000], unpack.ReasonTruncated},
		"zstd, checksum":       {flipped(zst(t, content), 1), unpack.ReasonChecksum},
		"zstd, then garbage":   {append(zst(t, content), "garbage"...), unpack.ReasonCorrupt},
		"zip cut":              {inZip[:len(inZip)-30], unpack.ReasonTruncated},
		"zip, checksum":        {damagedZip, unpack.ReasonChecksum},
		"zip of two":           {zipOf(t, "a.csv", "a", "b.csv", "b"), unpack.ReasonMembers},
		"zip of none":          {zipOf(t), unpack.ReasonEmpty},
		"zip of a folder":      {zipOf(t, "a/", ""), unpack.ReasonEmpty},
		"zip with a password":  {locked, unpack.ReasonEncrypted},
		"zip, unknown method":  {strange, unpack.ReasonMethod},
		"gzip bomb":            {gz(t, make([]byte, 900_000)), unpack.ReasonBomb},
		"zstd bomb":            {zst(t, make([]byte, 900_000)), unpack.ReasonBomb},
		"zip bomb":             {zipOf(t, "a", strings.Repeat("a", 900_000)), unpack.ReasonBomb},
		"too much in all":      {gz(t, text(1<<20+1)), unpack.ReasonBomb},
		"zstd, window":         {zst(t, text(70<<20), zstd.WithWindowSize(64<<20)), unpack.ReasonWindow},
	} {
		_, err := unpacked(c.file, limits)
		e, ok := errors.AsType[*selvedge.Error](err)
		if !ok || e.Code != selvedge.CodeInvalid || e.Field != "file" || e.Reason != c.reason {
			t.Errorf("%s: error is %v, want %s", name, err, c.reason)
		}
	}
	// A short file may be one value over and over.
	if _, err := unpacked(gz(t, make([]byte, 60_000)), limits); err != nil {
		t.Errorf("a short file: %v", err)
	}
}

// TestReadersOwnError is not taken for damage.
func TestReadersOwnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for c, packed := range map[unpack.Compression][]byte{unpack.Gzip: gz(t, text(9000)), unpack.Zstd: zst(t, text(9000))} {
		for _, n := range []int{2, len(packed) / 2} {
			r, err := unpack.Stream(c, io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(broken)), limits)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !errors.Is(err, broken) {
				t.Errorf("%s after %d bytes: %v", c, n, err)
			}
		}
	}
}

// FuzzUnpack holds that any file unpacks to no more than the limits, or to an
// error with a name.
func FuzzUnpack(f *testing.F) {
	f.Add(gz(f, text(100)))
	f.Add(zst(f, text(100)))
	f.Add(zipOf(f, "list.csv", "email\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := unpacked(b, limits)
		if e, ok := errors.AsType[*selvedge.Error](err); err != nil && (!ok || e.Reason == "") {
			t.Errorf("error is %v", err)
		}
		if int64(len(out)) > limits.Total {
			t.Errorf("%d bytes", len(out))
		}
	})
}
