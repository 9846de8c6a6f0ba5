package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// EndLog ends a space's log, because it and the database contradict each other
// and the database is what stands from now on: after a backup was restored, or
// when the log's folder is damaged. The log itself stays as it is, and is never
// written to again. Another log begins, with a key and an origin of its own: it
// gets every entry of the database, and among them one of the kind log.ended
// that says who ended which log, why, what it had signed, and which of its
// leaves stand for acts that the database does not have.
//
// Without a reason it only says what would be given up. Only an operator may,
// and no server may run. It returns a CodeConflict error if log and database
// agree, or if the database contradicts itself, which no new log may hide: then
// another backup is needed.
func (s *Server) EndLog(ctx context.Context, actor selvedge.Actor, space ledger.Space, reason string) (ledger.Ending, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return ledger.Ending{}, err
	}
	if err := s.Lock(); err != nil {
		return ledger.Ending{}, err
	}
	if err := s.disagree(ctx, space); err != nil {
		return ledger.Ending{}, err
	}
	old, err := s.ledgers.current(space)
	if err != nil {
		return ledger.Ending{}, err
	}
	next := newLogName(s.ledgers.dir, old.installation, space, old.number+1)
	records := store.Outbox{DB: s.db}
	var e ledger.Ending
	err = s.db.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if e, err = ledger.Survey(ctx, tx, records, space, tesseralog.NewView(old.dir)); err != nil {
			return err
		}
		e.Log, e.Next, e.Reason = old.origin, next.origin, reason
		if reason == "" {
			return nil
		}
		if err := records.ForgetLeaves(ctx, tx, space); err != nil {
			return err
		}
		return records.Append(ctx, tx, ledger.Entry{Space: space, Kind: ledger.LogEnded, Actor: actor, Body: e})
	})
	if errors.Is(err, ledger.ErrTampered) {
		return ledger.Ending{}, conflict(err, "the database contradicts itself, which a new log would hide: restore one that does not")
	}
	if err != nil || reason == "" {
		return e, err
	}
	// Should this not come about, the old log goes on being the one that does not
	// agree, and can be ended again.
	signer, err := next.signer(s.ledgers.root)
	if err != nil {
		return e, err
	}
	log, err := tesseralog.Open(ctx, next.dir, signer, tesseralog.Config{CheckpointInterval: checkpointEvery})
	if err != nil {
		return e, fmt.Errorf("begin log: %w", err)
	}
	return e, log.Close()
}

// disagree returns nil if a space's log and the database contradict each other.
func (s *Server) disagree(ctx context.Context, space ledger.Space) error {
	seq, err := s.ledgers.sequencer(ctx, space)
	if err != nil {
		return err
	}
	if err := s.ledgers.close(); err != nil {
		return err
	}
	if seq.Contained() == nil {
		return selvedge.Errorf(selvedge.CodeConflict, "the log and the database agree: there is nothing to end").At("space")
	}
	return nil
}

func conflict(err error, message string) error {
	e := selvedge.Errorf(selvedge.CodeConflict, "%s", message)
	e.Err = err
	return e
}
