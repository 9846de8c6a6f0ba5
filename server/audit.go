package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// Audit is what an audit of the ledger looked at and found.
type Audit struct {
	ledger.Report
	Versions int64 // of audiences, checked against the entries that seal them
}

// LogKey is a log and the key that verifies its checkpoints.
type LogKey struct {
	Space  ledger.Space
	Origin string
	Key    string // in the form of note.NewVerifier
	Ended  bool   // another log goes on
}

// Audit checks both ledgers, with the logs that ended, and the versions of all
// audiences. It works beside a running server. Kept are checkpoints that
// somebody kept: each is held against the log that it is of. Audit returns a
// CodeInvalid error for one of another installation.
func (s *Server) Audit(ctx context.Context, kept ...[]byte) (Audit, error) {
	v := ledger.Verifier{Tx: s.db, Records: store.Outbox{DB: s.db}}
	byOrigin := map[string]int{}
	for _, space := range spaces {
		logs, err := s.ledgers.logs(space)
		if err != nil {
			return Audit{}, err
		}
		for i, l := range logs {
			signer, err := l.signer(s.ledgers.root)
			if err != nil {
				return Audit{}, err
			}
			src := ledger.Source{Space: space, Log: tesseralog.NewView(l.dir), Keys: []string{signer.VerifierKey()}}
			if i < len(logs)-1 {
				src.Ended = l.origin
			}
			byOrigin[l.origin] = len(v.Sources)
			v.Sources = append(v.Sources, src)
		}
	}
	for i, signed := range kept {
		c, err := proof.ReadCheckpoint(signed)
		if err != nil {
			return Audit{}, err
		}
		n, ok := byOrigin[c.Origin]
		if !ok {
			return Audit{}, selvedge.Errorf(selvedge.CodeInvalid, "checkpoint %d is of no log of this installation", i+1).At("kept")
		}
		v.Sources[n].Kept = append(v.Sources[n].Kept, signed)
	}
	report, err := v.Verify(ctx)
	if err != nil {
		return Audit{}, err
	}
	versions := audience.Verifier{Repo: store.Audiences{DB: s.db}, Tx: s.db, Records: store.Outbox{DB: s.db}, Blobs: s.blobs}
	n, findings, err := versions.Verify(ctx)
	report.Findings = append(report.Findings, findings...)
	return Audit{report, n}, err
}

// Prove returns a proof file of an entry. A proof shows the entry: who may be
// given it is the caller's to decide. It works beside a running server and waits
// up to five seconds for a checkpoint. It returns a CodeNotFound error if the
// entry is not in the log yet or was erased.
func (s *Server) Prove(ctx context.Context, space ledger.Space, seq int64) ([]byte, error) {
	l, err := s.ledgers.current(space)
	if err != nil {
		return nil, err
	}
	signer, err := l.signer(s.ledgers.root)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p := ledger.Prover{Space: space, Tx: s.db, Records: store.Outbox{DB: s.db}, Log: tesseralog.NewView(l.dir)}
	b, err := p.Prove(ctx, seq)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, selvedge.Errorf(selvedge.CodeUnavailable, "no checkpoint covers the entry yet: a server that runs makes one")
	}
	if err != nil {
		return nil, err
	}
	// Nobody is given a proof that does not hold.
	if err := proof.Verify(b, signer.VerifierKey()); err != nil {
		return nil, fmt.Errorf("the proof does not hold: %w", err)
	}
	return b.Marshal()
}

// Checkpoint returns the newest checkpoint of a space's log, as it was signed.
func (s *Server) Checkpoint(ctx context.Context, space ledger.Space) ([]byte, error) {
	l, err := s.ledgers.current(space)
	if err != nil {
		return nil, err
	}
	return tesseralog.NewView(l.dir).Checkpoint(ctx)
}

// LogKeys returns the keys of all logs, those that ended before those that go
// on.
func (s *Server) LogKeys() ([]LogKey, error) {
	var out []LogKey
	for _, space := range spaces {
		logs, err := s.ledgers.logs(space)
		if err != nil {
			return nil, err
		}
		for i, l := range logs {
			signer, err := l.signer(s.ledgers.root)
			if err != nil {
				return nil, err
			}
			out = append(out, LogKey{space, l.origin, signer.VerifierKey(), i < len(logs)-1})
		}
	}
	return out, nil
}
