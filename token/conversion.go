package token

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/extsort"
)

// Conversion takes tokens from the keys of one epoch to those of another: it
// decrypts and encrypts, and sorts again, since the order of the new tokens has
// nothing to do with that of the old. It works on all processors, and is safe
// for concurrent use, each use with memory of its own.
type Conversion struct {
	From, To *Keys
	// Dir is where sort runs go, and Memory how many bytes of records are kept in
	// memory before they do.
	Dir    string
	Memory int
}

// Token takes a single token from the From keys to the To keys. It panics for a
// class that has no key.
func (c Conversion) Token(class identifier.Class, t Token) Token {
	c.From.block[class].Decrypt(t[:], t[:])
	c.To.block[class].Encrypt(t[:], t[:])
	return t
}

// Chunk writes a chunk of the From keys again as one of the To keys, and
// returns its name and header. The entries are the same but for the tokens. It
// returns an error if the chunk is of other keys; then, and with any other
// error, there is no new chunk.
func (c Conversion) Chunk(ctx context.Context, blobs blob.Store, ref blob.Ref) (blob.Ref, Header, error) {
	content, err := blobs.Open(ctx, ref)
	if err != nil {
		return blob.Ref{}, Header{}, err
	}
	defer content.Close()
	old, err := OpenChunk(content.Bytes())
	if err != nil {
		return blob.Ref{}, Header{}, err
	}
	h := old.Header()
	if h.Epoch != c.From.epoch {
		return blob.Ref{}, Header{}, fmt.Errorf("convert chunk: it is of key epoch %d, not %d", h.Epoch, c.From.epoch)
	}
	w, err := blobs.Create(ctx, blob.KindChunk)
	if err != nil {
		return blob.Ref{}, Header{}, err
	}
	defer w.Abort()
	was := h.Count
	h.Epoch = c.To.epoch
	if h, err = WriteChunk(w, h, c.Sorted(ctx, h.Class, old.Len(), old.At)); err != nil {
		return blob.Ref{}, Header{}, err
	}
	if h.Count != was {
		return blob.Ref{}, Header{}, errors.New("convert chunk: the number of entries differs")
	}
	done, err := w.Commit()
	return done, h, err
}

// Sorted hands out n entries of a class under the To keys, in ascending order.
// At returns the i-th under the From keys, and is called by several goroutines
// at once. The sequence ends with an error if a sort run cannot be written or
// read, or with the context's.
func (c Conversion) Sorted(ctx context.Context, class identifier.Class, n int, at func(i int) Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		j := c.begin(ctx, class, n, at)
		defer j.close()
		if err := j.collect(); err != nil {
			yield(Entry{}, err)
			return
		}
		j.handOut(yield)
	}
}

const (
	// convertBatch is how many entries a goroutine takes at once.
	convertBatch = 4096
	// partBits is how many leading bits of the new token say which part of the
	// sort an entry goes to. Tokens are as good as random, so parts are of one
	// size; they are sorted one beside the other, and each within a processor's
	// cache.
	partBits = 5
	// smallest is how many entries are worth being cut into parts.
	smallest = 1 << 16
)

// conversion is one Sorted at work.
type conversion struct {
	Conversion
	ctx   context.Context //nolint:containedctx // lives as long as one Sorted
	class identifier.Class
	n     int
	at    func(int) Entry
	shift uint // of a token's first eight bytes, to its part

	parts   []part
	next    atomic.Int64 // batch, then part, that is taken next
	stop    context.CancelCauseFunc
	workers sync.WaitGroup
}

// part is a stretch of the new order.
type part struct {
	mu     sync.Mutex
	sorter *extsort.Sorter // guarded by mu while entries are collected
	sorted chan struct{}   // closed when the sorter can be read
}

func (c Conversion) begin(ctx context.Context, class identifier.Class, n int, at func(int) Entry) *conversion {
	j := &conversion{Conversion: c, class: class, n: n, at: at, shift: 64}
	j.ctx, j.stop = context.WithCancelCause(ctx)
	parts := 1
	if n >= smallest {
		parts, j.shift = 1<<partBits, 64-partBits
	}
	j.parts = make([]part, parts)
	for i := range j.parts {
		j.parts[i].sorter = extsort.New(c.Dir, c.Memory/parts)
		j.parts[i].sorted = make(chan struct{})
	}
	return j
}

// close ends all goroutines, then releases what they sorted.
func (j *conversion) close() {
	j.stop(nil)
	j.workers.Wait()
	for i := range j.parts {
		_ = j.parts[i].sorter.Close() // nothing of it is needed any more
	}
}

// each runs fn on all processors until it returns false or an error, and is
// told of the first error through the context.
func (j *conversion) each(worker func() func() (bool, error)) {
	for range runtime.GOMAXPROCS(0) {
		j.workers.Go(func() {
			step := worker()
			for j.ctx.Err() == nil {
				if more, err := step(); err != nil {
					j.stop(err)
				} else if !more {
					return
				}
			}
		})
	}
}

// collect converts every entry and brings it to its part.
func (j *conversion) collect() error {
	j.each(func() func() (bool, error) {
		w := &collector{conversion: j, tokens: make([]byte, convertBatch*Size), out: make([][]extsort.Record, len(j.parts))}
		return func() (bool, error) {
			from := int(j.next.Add(1)-1) * convertBatch
			if from >= j.n {
				return false, nil
			}
			return true, w.batch(from, min(from+convertBatch, j.n))
		}
	})
	j.workers.Wait()
	j.next.Store(0)
	return context.Cause(j.ctx)
}

// collector is what one goroutine works with. The tokens go through one buffer,
// so that an entry costs no allocation.
type collector struct {
	*conversion
	tokens []byte
	out    [][]extsort.Record
}

func (w *collector) batch(from, to int) error {
	decrypt, encrypt := w.From.block[w.class], w.To.block[w.class]
	for i := from; i < to; i++ {
		e := w.at(i)
		t := w.tokens[(i-from)*Size:][:Size]
		copy(t, e.Token[:])
		decrypt.Decrypt(t, t)
		encrypt.Encrypt(t, t)
		r := extsort.Record{A: binary.BigEndian.Uint64(t), B: binary.BigEndian.Uint64(t[8:]), C: uint64(e.Ordinal)}
		p := r.A >> w.shift // 0 for a shift of 64
		w.out[p] = append(w.out[p], r)
	}
	for i, records := range w.out {
		if err := w.parts[i].add(records); err != nil {
			return err
		}
		w.out[i] = records[:0]
	}
	return nil
}

func (p *part) add(records []extsort.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		if err := p.sorter.Add(r); err != nil {
			return err
		}
	}
	return nil
}

// handOut sorts the parts on all processors, in order, and yields each as soon
// as it is sorted.
func (j *conversion) handOut(yield func(Entry, error) bool) {
	j.each(func() func() (bool, error) {
		return func() (bool, error) {
			i := int(j.next.Add(1) - 1)
			if i >= len(j.parts) {
				return false, nil
			}
			defer close(j.parts[i].sorted)
			return true, j.parts[i].sorter.Sort()
		}
	})
	n := 0
	for i := range j.parts {
		p := &j.parts[i]
		select {
		case <-p.sorted:
		case <-j.ctx.Done():
			yield(Entry{}, context.Cause(j.ctx))
			return
		}
		for r, err := range p.sorter.Sorted() {
			if n++; err == nil && n%(1<<16) == 0 {
				err = j.ctx.Err()
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			var e Entry
			binary.BigEndian.PutUint64(e.Token[:8], r.A)
			binary.BigEndian.PutUint64(e.Token[8:], r.B)
			e.Ordinal = selvedge.Ordinal(r.C)
			if !yield(e, nil) {
				return
			}
		}
		_ = p.sorter.Close() // its memory is wanted
	}
}
