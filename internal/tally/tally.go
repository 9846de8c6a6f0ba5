package tally

import (
	"context"
	"errors"
	"iter"
	"os"
	"runtime"
	"sync"
)

// Groups is how many kinds of key there are. Keys of two groups are never the
// same.
const Groups = 4

// MaxPlace is the greatest place.
const MaxPlace = 1<<placeBits - 1

// A record's last word: group, whether it is further, place.
const (
	placeBits = 61
	further   = 1 << placeBits
	groupAt   = 62
)

// Record is a key at a place. The zero Record is key 0 of group 0 at place 0.
type Record struct {
	Hi, Lo uint64 // the key
	at     uint64
}

// NewRecord returns the record of a key of a group that stands at a place. A
// further one makes its key known without counting as one of it. The group must
// be less than Groups and the place no more than MaxPlace.
func NewRecord(group uint8, hi, lo uint64, isFurther bool, place uint64) Record {
	r := Record{hi, lo, uint64(group)<<groupAt | place}
	if isFurther {
		r.at |= further
	}
	return r
}

// Key is a distinct key.
type Key struct {
	Group  uint8
	Hi, Lo uint64
	Count  uint64 // records of it that are not further
	First  uint64 // the least place of those that count, of all if none does
}

// The parts are those of each group by the first bits of the key.
const (
	partBits = 10
	parts    = Groups << partBits
)

func (r Record) part() int {
	return int(r.at>>groupAt<<partBits|r.Hi>>(64-partBits)) % parts // which the compiler cannot know
}

// blockRecords is how many records a part's memory grows by.
const (
	blockRecords = 32
	recordSize   = 24
	blockSize    = blockRecords * recordSize
)

type block [blockRecords]Record

// Tally collects records and hands out the distinct keys. Up to its memory limit
// it touches no disk; past it, what it has goes to one unnamed temporary file in
// its folder. It belongs to one goroutine.
type Tally struct {
	dir    string
	blocks int // at most so many

	tail  [parts]tail // apart from the rest, so that what each record needs is near
	part  [parts]part
	used  int // blocks
	slab  []block
	spare []*block
	count int64

	file *os.File // nil until the first run
	end  int64    // of the last run in file
	err  error    // once set, every use returns it
}

// tail is the block that the next record of a part goes to.
type tail struct {
	block *block // nil if there is none
	n     int    // records in it
}

// part is the other records of one part.
type part struct {
	full []*block
	runs []run
}

var (
	errClosed = errors.New("tally is closed")
	errRead   = errors.New("tally was read already")
)

// New returns a Tally that keeps at most memory bytes of records in memory, but
// at least one block for each part, and its runs in dir.
func New(dir string, memory int) *Tally {
	return &Tally{dir: dir, blocks: max(memory/blockSize, parts)}
}

// Len returns how many records were added.
func (t *Tally) Len() int64 { return t.count }

// Add takes records, each so many places on. It returns an error when a run
// cannot be written, and from then on always; after Keys or Close it returns an
// error too.
func (t *Tally) Add(records []Record, places uint64) error {
	if t.err != nil {
		return t.err
	}
	t.count += int64(len(records))
	for _, r := range records {
		i := r.part()
		if l := &t.tail[i]; l.block == nil || l.n == blockRecords {
			if err := t.grow(i); err != nil {
				return err
			}
		}
		r.at += places
		l := &t.tail[i]
		l.block[l.n%blockRecords] = r
		l.n++
	}
	return nil
}

// grow gives a part a block.
func (t *Tally) grow(i int) error {
	if t.used == t.blocks {
		if err := t.spill(); err != nil {
			t.err = err
			return err
		}
	}
	l, p := &t.tail[i], &t.part[i]
	if l.block != nil {
		p.full = append(p.full, l.block)
	}
	*l = tail{block: t.take()}
	t.used++
	return nil
}

// take returns a block that nobody uses.
func (t *Tally) take() *block {
	if n := len(t.spare); n > 0 {
		b := t.spare[n-1]
		t.spare = t.spare[:n-1]
		return b
	}
	if len(t.slab) == 0 {
		t.slab = make([]block, min(1024, t.blocks))
	}
	b := &t.slab[0]
	t.slab = t.slab[1:]
	return b
}

// span is parts that are settled at one go, from one up to another.
type span struct{ from, to int }

// spanRecords is how many records a span has at least: fewer are not worth
// handing over to somebody else.
const spanRecords = 1 << 10

// spans divides the parts.
func (t *Tally) spans() (all []span) {
	from, n := 0, 0
	for i := range parts {
		n += t.records(i)
		if n >= spanRecords || n > 0 && i == parts-1 {
			all = append(all, span{from, i + 1})
			from, n = i+1, 0
		}
	}
	return all
}

// records is how many records a part has, those on disk in their runs.
func (t *Tally) records(i int) int {
	p := &t.part[i]
	n := len(p.full)*blockRecords + t.tail[i].n
	for _, r := range p.runs {
		n += r.keys
	}
	return n
}

// Keys hands out the distinct keys, some at a time: by group, and within a group
// by the first bits of the key. It may be called once, after the last Add. What
// is handed out is valid until the next is asked for. A read fault, a run that is
// cut short or one whose bytes changed ends the sequence with an error, and so
// does the end of the context, so what came before counts only once the sequence
// has ended without one.
func (t *Tally) Keys(ctx context.Context) iter.Seq2[[]Key, error] {
	return func(yield func([]Key, error) bool) {
		if t.err != nil {
			yield(nil, t.err)
			return
		}
		t.err = errRead
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		type result struct {
			keys []Key
			err  error
		}
		spans := t.spans()
		workers := min(runtime.GOMAXPROCS(0), len(spans))
		results, done := make([]chan result, workers), make(chan struct{})
		var running sync.WaitGroup
		defer running.Wait() // whoever stops early may close the tally next
		defer close(done)
		for w := range workers {
			results[w] = make(chan result)
			running.Go(func() {
				// While one part of it is read, a worker settles its next in the other
				// settler's memory.
				var settlers [2]settler
				for n, i := 0, w; i < len(spans); n, i = n+1, i+workers {
					keys, err := settlers[n%2].settleAll(t, spans[i])
					select {
					case results[w] <- result{keys, err}:
					case <-done:
						return
					}
				}
			})
		}
		for i := range spans {
			r := <-results[i%workers]
			if r.err == nil {
				r.err = ctx.Err()
			}
			if r.err != nil {
				yield(nil, r.err)
				return
			}
			if len(r.keys) > 0 && !yield(r.keys, nil) {
				return
			}
		}
	}
}

// Close releases memory and files. It may be called at any time but while Keys is
// read, and more than once.
func (t *Tally) Close() error {
	*t = Tally{err: errClosed, file: t.file}
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}
