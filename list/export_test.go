package list

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/internal/tally"
)

// ReadSidecar reads a sidecar's bytes under a key, for the golden file and the
// fuzzer.
func ReadSidecar(b []byte, key secret.Key) (rows [][]Key, err error) {
	r, err := openSidecar(b, key)
	if err != nil {
		return nil, err
	}
	for {
		row, err := r.next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, slices.Clone(row))
	}
}

// SetWorkers sets how many goroutines read rows.
func (v *Receiver) SetWorkers(n int) { v.workers = n }

// ReadTokens reads a list to tokens, without sorting them.
func (v *Receiver) ReadTokens(r io.Reader, region string) (rows int64, err error) {
	ctx := context.Background()
	keys, err := v.Keys.Current(ctx)
	if err != nil {
		return 0, err
	}
	g := gatherer{kind: Add, keys: keys, entropy: v.Entropy, tokens: tally.New(v.Dir, 1<<30), sidecar: newSidecarWriter(ctx, v.Blobs, v.Entropy, 1, 1)}
	u := &upload{gatherer: g, dir: v.Dir}
	defer u.close()
	defer u.closeAll()
	l := v.layout(Options{DefaultRegion: region, Declaration: Declaration{Consents: Consents{Granted, Granted}}})
	in, err := u.open(&source{ctx: ctx, r: r}, l)
	if err != nil {
		return 0, err
	}
	err = u.run(ctx, in, l, v.processors())
	return u.report.Rows.Read, err
}

// RowsMagic is what row reports begin with.
const RowsMagic = rowsMagic

// ReadRows reads the bytes of a row report.
func ReadRows(b []byte, keys RowKeys) (RowReport, error) { return readRows(b, keys) }

// SealRows makes the bytes of a row report of what is under its seal.
func SealRows(plain []byte, keys RowKeys) []byte {
	var out bytes.Buffer
	header := append([]byte(rowsMagic), make([]byte, rowsSalt)...)
	out.Write(header)
	w := keys.of(header[len(rowsMagic):]).Seal(&out, header)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

// Recipes are all recipes that have a text.
func Recipes() []Recipe { return slices.Collect(maps.Keys(recipeText)) }

// CountUp returns the refusal of a list with phone numbers.
func CountUp(numbers []uint64) error {
	c := newCountedUp(selvedge.NewSeededEntropy("count"))
	for some := range slices.Chunk(numbers, 4000) {
		c.add(some)
	}
	return c.refusal()
}
