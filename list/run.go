package list

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/selvedge/selvedge"
)

// container hands out a list in chunks, from one goroutine, and io.EOF after the
// last. After another error nothing comes either.
type container interface {
	next() (chunk, error)
}

// job is a chunk on its way through a worker.
type job struct {
	chunk chunk
	done  chan *harvest
}

// run reads a list to its end: chunks come from in, go to the workers, and their
// harvests to g in order, so that the result does not depend on how many workers
// there are. It returns when nothing of it runs any more.
func (g *gatherer) run(ctx context.Context, in container, l *layout, workers int) error {
	var (
		jobs   = make(chan job)
		order  = make(chan job, 2*workers) // what bounds the chunks in memory
		failed = make(chan struct{})
		free   = sync.Pool{New: func() any { return new(harvest) }}
		all    sync.WaitGroup
		broken error
	)
	for range workers {
		all.Go(func() {
			w := newWorker(picker{kind: g.kind}, g.keys, l)
			for j := range jobs {
				j.done <- w.harvestOf(j.chunk, free.Get().(*harvest))
			}
		})
	}
	all.Go(func() {
		for j := range order {
			h := <-j.done
			if broken == nil {
				base := g.row
				if broken = g.collect(h); broken != nil {
					broken = shifted(broken, base)
					close(failed)
				}
			}
			free.Put(h)
		}
	})
	err := feed(ctx, in, jobs, order, failed)
	close(jobs)
	close(order)
	all.Wait()
	if broken != nil {
		return broken
	}
	if err == io.EOF {
		return nil
	}
	return atRow(err, g.row+1)
}

// feed hands the chunks out until there are no more or failed is closed.
func feed(ctx context.Context, in container, jobs, order chan<- job, failed <-chan struct{}) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := in.next()
		if err != nil {
			return err
		}
		j := job{c, make(chan *harvest, 1)}
		select {
		case order <- j:
			jobs <- j
		case <-failed:
			return io.EOF
		}
	}
}

// shifted counts the row of a harvest's fault from the start of the list.
func shifted(err error, base int64) error {
	if e, ok := err.(*selvedge.Error); ok && e.Row > 0 {
		return e.AtRow(base + e.Row)
	}
	return err
}

// processors is how many workers an upload has.
func (v *Receiver) processors() int {
	if v.workers > 0 {
		return v.workers
	}
	return runtime.GOMAXPROCS(0)
}
