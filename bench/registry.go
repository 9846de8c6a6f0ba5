package bench

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/token"
)

// registry is the index over a work's contact points, as files in a folder.
type registry struct {
	dir      string
	work     Work
	keys     *token.Keys
	files    []*mapping
	segment  *index.Segment // with those that came late
	accounts []uint32       // of each ordinal
	size     int64          // of the segment, in bytes
}

// chunkContacts is how many contact points a chunk has: what one import brings.
const chunkContacts = 1_000_000

var benchHeader = token.Header{Family: token.Ads, Class: identifier.ClassEmail, Epoch: token.FirstEpoch, RuleSet: identifier.RuleSet}

// benchKeys are the same on every machine, so that what is cached stays good.
func benchKeys() *token.Keys {
	return token.RandomKeys(token.FirstEpoch, selvedge.NewSeededEntropy("bench"))
}

// openRegistry opens the registry in a folder, and makes what is not there.
func openRegistry(dir string, w Work) (*registry, error) {
	kind := "one"
	if w.heavy() {
		kind = fmt.Sprintf("%g", w.Forms)
	}
	r := &registry{dir: filepath.Join(dir, fmt.Sprintf("registry-%d-%s", w.Contacts, kind)), work: w, keys: benchKeys()}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	if err := cached(r.path("segment"), r.writeSegment); err != nil {
		return nil, err
	}
	if err := cached(r.path("accounts"), r.writeAccounts); err != nil {
		return nil, err
	}
	b, err := r.open("segment")
	if err != nil {
		return nil, err
	}
	r.size = int64(len(b))
	if r.segment, err = index.OpenSegment(b); err != nil {
		return nil, err
	}
	if r.segment, err = r.segment.With(benchHeader, r.entries(0, uint32(w.Contacts), true)); err != nil {
		return nil, err
	}
	b, err = r.open("accounts")
	if err != nil {
		return nil, err
	}
	r.accounts = unsafe.Slice((*uint32)(unsafe.Pointer(&b[0])), len(b)/4)
	return r, nil
}

func (r *registry) path(name string) string { return filepath.Join(r.dir, name) }

// cached calls write for a file unless it is there, whole.
func cached(path string, write func(io.Writer) error) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(write(w), w.Flush()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// chunks makes the chunks that are not there, and opens all.
func (r *registry) chunks() ([]*token.Chunk, error) {
	var out []*token.Chunk
	for from := 0; from < r.work.Contacts; from += chunkContacts {
		name := fmt.Sprintf("chunk-%04d", from/chunkContacts)
		to := min(from+chunkContacts, r.work.Contacts)
		if err := cached(r.path(name), func(w io.Writer) error { return r.writeChunk(w, uint32(from), uint32(to)) }); err != nil {
			return nil, err
		}
		b, err := r.open(name)
		if err != nil {
			return nil, err
		}
		c, err := token.OpenChunk(b)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// entries returns the tokens of the contact points from one to another, of those
// that came late or of the others, in order.
func (r *registry) entries(from, to uint32, late bool) (entries []token.Entry) {
	var b []byte
	for n := from; n < to; n++ {
		if r.work.late(n) != late {
			continue
		}
		for form := range r.work.forms(n) {
			if b = appendAddress(b[:0], n); form > 0 {
				b = appendForm(b[:0], n, form)
			}
			f := identifier.Form{Class: identifier.ClassEmail, Digest: sha256.Sum256(b)}
			entries = append(entries, token.Entry{Token: r.keys.Of(f), Ordinal: selvedge.Ordinal(n + 1)})
		}
	}
	slices.SortFunc(entries, token.Entry.Compare)
	return entries
}

// writeChunk writes the tokens of the contact points from one to another.
func (r *registry) writeChunk(w io.Writer, from, to uint32) error {
	_, err := token.WriteChunk(w, benchHeader, func(yield func(token.Entry, error) bool) {
		for _, e := range r.entries(from, to, false) {
			if !yield(e, nil) {
				return
			}
		}
	})
	return err
}

func (r *registry) writeSegment(w io.Writer) error {
	chunks, err := r.chunks()
	if err != nil {
		return err
	}
	_, err = index.BuildSegment(w, benchHeader, chunks)
	return err
}

// Build measures how long the index takes to make from the chunks of a work.
func Build(dir string, w Work) (seconds float64, forms uint64, err error) {
	r, err := openRegistry(dir, w)
	if err != nil {
		return 0, 0, err
	}
	defer r.close()
	chunks, err := r.chunks()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	h, err := index.BuildSegment(io.Discard, benchHeader, chunks)
	return time.Since(start).Seconds(), h.Count, err
}

func (r *registry) writeAccounts(w io.Writer) error {
	var b [4]byte
	for n := range r.work.Contacts + 1 {
		if n > 0 {
			binary.LittleEndian.PutUint32(b[:], account(uint32(n-1)))
		}
		if _, err := w.Write(b[:]); err != nil {
			return err
		}
	}
	return nil
}

// mapping is a file in memory.
type mapping struct{ bytes []byte }

// open maps a file.
func (r *registry) open(name string) ([]byte, error) {
	f, err := os.Open(r.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(i.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	r.files = append(r.files, &mapping{b})
	return b, nil
}

func (r *registry) close() {
	for _, m := range r.files {
		_ = unix.Munmap(m.bytes)
	}
}
