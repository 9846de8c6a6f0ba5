package secret_test

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

const chunk = 64 << 10

func sealed(t *testing.T, k secret.Key, plain, bound []byte, step int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := k.Seal(&b, bound)
	for p := range slices.Chunk(plain, step) {
		if n, err := w.Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStreamRoundTrip(t *testing.T) {
	t.Parallel()
	k := secret.Random(selvedge.NewSeededEntropy("stream"), "k")
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3*chunk + 7} {
		plain := bytes.Repeat([]byte("0123456789a"), n/11+1)[:n]
		s := sealed(t, k, plain, []byte("bound"), max(1, n/3))
		if want := n + 16*max(1, (n+chunk-1)/chunk); len(s) != want {
			t.Errorf("%d bytes are sealed into %d, want %d", n, len(s), want)
		}
		got, err := io.ReadAll(k.Open(s, []byte("bound")))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes come back as %d, %v", n, len(got), err)
		}
	}
}

// TestStreamFaults: whatever is done to a stream, a reader gets an error, and
// before it nothing that was not sealed.
func TestStreamFaults(t *testing.T) {
	t.Parallel()
	entropy := selvedge.NewSeededEntropy("stream")
	k, other := secret.Random(entropy, "k"), secret.Random(entropy, "other")
	plain := bytes.Repeat([]byte("0123456789a"), 3*chunk/11)[:2*chunk+100]
	s := sealed(t, k, plain, []byte("bound"), len(plain))
	const whole = chunk + 16
	flip := func(at int) []byte {
		out := slices.Clone(s)
		out[at] ^= 1
		return out
	}
	for name, tc := range map[string]struct {
		key           secret.Key
		sealed, bound []byte
	}{
		"another key":        {other, s, []byte("bound")},
		"bound elsewhere":    {k, s, []byte("bond")},
		"nothing":            {k, nil, []byte("bound")},
		"cut":                {k, s[:len(s)-1], []byte("bound")},
		"cut after a chunk":  {k, s[:whole], []byte("bound")},
		"cut after two":      {k, s[:2*whole], []byte("bound")},
		"a byte more":        {k, append(slices.Clone(s), 0), []byte("bound")},
		"a chunk less":       {k, s[whole:], []byte("bound")},
		"chunks exchanged":   {k, slices.Concat(s[whole:2*whole], s[:whole], s[2*whole:]), []byte("bound")},
		"a chunk twice":      {k, slices.Concat(s[:whole], s), []byte("bound")},
		"the first bit":      {k, flip(0), []byte("bound")},
		"a bit in the midst": {k, flip(whole + 5), []byte("bound")},
		"the last bit":       {k, flip(len(s) - 1), []byte("bound")},
	} {
		got, err := io.ReadAll(tc.key.Open(tc.sealed, tc.bound))
		if err == nil || !bytes.HasPrefix(plain, got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
