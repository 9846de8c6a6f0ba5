package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

const (
	// checkpointEvery is the time between checkpoints: what is entered is
	// published at most twice that later.
	checkpointEvery = 200 * time.Millisecond
	// lookEvery is how often the outbox is looked at without a wake: what a
	// command beside the server did wakes nobody.
	lookEvery = 500 * time.Millisecond
)

// ledgers are the two spaces' logs and what moves entries to them.
type ledgers struct {
	*ledger.Both

	cfg   Config
	dir   string
	root  *secret.Root
	db    *store.DB
	open  []*tesseralog.Log
	wakes map[ledger.Space]chan struct{}
	said  error // what the database was last told
}

func newLedgers(cfg Config, root *secret.Root, db *store.DB) *ledgers {
	l := &ledgers{Both: &ledger.Both{}, cfg: cfg, dir: filepath.Join(cfg.Dir, ledgerDir), root: root, db: db}
	l.wakes = map[ledger.Space]chan struct{}{}
	for _, space := range spaces {
		l.wakes[space] = make(chan struct{}, 1)
	}
	db.Entered = l.wake
	return l
}

// wake has entries of a space entered soon. It does not block.
func (l *ledgers) wake(space ledger.Space) {
	select {
	case l.wakes[space] <- struct{}{}:
	default: // it is awake, and will look again
	}
}

// logs returns the logs of a space: those that ended, and the current one.
func (l *ledgers) logs(space ledger.Space) ([]logName, error) {
	name, err := origin(l.cfg.Dir, l.root)
	if err != nil {
		return nil, err
	}
	return logNames(l.dir, name, space)
}

// current returns the log of a space that goes on.
func (l *ledgers) current(space ledger.Space) (logName, error) {
	logs, err := l.logs(space)
	if err != nil {
		return logName{}, err
	}
	return logs[len(logs)-1], nil
}

// start opens both logs and compares them with the database. A log that does
// not agree is no error: the server is then contained, and says so aloud. The
// folder is locked.
func (l *ledgers) start(ctx context.Context) (err error) {
	if l.Ads, err = l.sequencer(ctx, ledger.Ads); err != nil {
		return err
	}
	if l.Registry, err = l.sequencer(ctx, ledger.Registry); err != nil {
		return err
	}
	for _, s := range []*ledger.Sequencer{l.Ads, l.Registry} {
		if err := s.Contained(); err != nil {
			l.cfg.Log.ErrorContext(ctx, "contained: nothing is matched or shown until a person has looked", "space", s.Space, "error", err)
		}
	}
	return l.say(ctx, l.Contained())
}

// say tells the processes that do not have the logs whether this one is
// contained.
func (l *ledgers) say(ctx context.Context, contained error) error {
	l.said = contained
	return l.db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		return store.Outbox{DB: l.db}.SetContained(ctx, tx, contained != nil)
	})
}

// sequencer returns the sequencer of a space, contained if its log and the
// database do not agree.
func (l *ledgers) sequencer(ctx context.Context, space ledger.Space) (*ledger.Sequencer, error) {
	s := &ledger.Sequencer{Space: space, Tx: l.db, Records: store.Outbox{DB: l.db}, Logger: l.cfg.Log}
	current, err := l.current(space)
	if err != nil {
		return nil, err
	}
	signer, err := current.signer(l.root)
	if err != nil {
		return nil, err
	}
	if gone, err := l.gone(ctx, current); err != nil {
		return nil, err
	} else if gone {
		// Not made again: an empty log in its place would hide that it is lost.
		s.Contain(fmt.Errorf("%w: %s: the log is gone, and the database knows leaves of it", ledger.ErrTampered, space))
		return s, nil
	}
	log, err := tesseralog.Open(ctx, current.dir, signer, tesseralog.Config{CheckpointInterval: checkpointEvery})
	if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Reason == "log_locked" {
		return nil, err
	}
	if err == nil {
		l.open = append(l.open, log)
		s.Log = log
		err = s.Reconcile(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		s.Contain(err) // if it is not already
	}
	return s, nil
}

// gone says whether there is no log where the database says that there is one.
func (l *ledgers) gone(ctx context.Context, log logName) (bool, error) {
	if _, err := tesseralog.NewView(log.dir).Size(ctx); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // Open says what else is wrong
	}
	var known bool
	err := l.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		_, known, err = store.Outbox{DB: l.db}.LastLeaf(ctx, tx, log.space)
		return err
	})
	return known, err
}

// run enters what waits until ctx ends.
func (l *ledgers) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { l.Run(ctx, l.cfg.Log, l.wakes[ledger.Ads], l.wakes[ledger.Registry]) })
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if err := l.Contained(); err != nil && l.said == nil {
				if err := l.say(ctx, err); err != nil {
					l.said = nil // it is said again
					l.cfg.Log.ErrorContext(ctx, "say that the server is contained", "error", err)
				}
			}
			for _, space := range spaces {
				l.wake(space)
			}
		case <-ctx.Done():
			return
		}
	}
}

// close closes the logs, which wait for their last checkpoints side by side.
func (l *ledgers) close() error {
	errs := make([]error, len(l.open))
	var closing sync.WaitGroup
	for i, log := range l.open {
		closing.Go(func() { errs[i] = log.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}
