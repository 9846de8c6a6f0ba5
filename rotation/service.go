package rotation

import (
	"context"
	"fmt"
	"sync"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
	"github.com/selvedge/selvedge/upload"
)

// Service rotates the token keys. It is safe for concurrent use, also by several
// processes, though one rotation is under way at a time.
type Service struct {
	Repo    Repository
	Keys    *token.Keyring
	Tx      selvedge.Transactor
	Changes change.Log
	Outbox  ledger.Outbox
	Blobs   blob.Store
	Names   *blob.Collector
	// Jobs is where a rotation that was asked for waits, and Ledger what it waits
	// for; Rotate needs neither.
	Jobs   Jobs
	Ledger ledger.Gate
	// Dir is where sort runs go, and Memory how many bytes of tokens are kept in
	// memory before they do.
	Dir    string
	Memory int
	// Renew writes again what else holds tokens and outlives a match, once another
	// epoch is in force. Older keys are kept for what it leaves.
	Renew func(context.Context) error
	// Fold puts the tokens that are rows into chunks, so that few are left to be
	// converted in the transaction that puts the next epoch in force.
	Fold func(context.Context) error

	running sync.Mutex
}

// system is who destroys keys, and who puts an epoch in force that was asked
// for: the end of what an operator began.
var system = selvedge.System("rotation")

// Rotate takes every token to keys of a new epoch, puts these in force and
// destroys the older ones that nothing needs any more. Only an operator may.
//
// It can be cancelled; what was cut off, by that or by a crash, is taken up by
// the next Rotate or Ask, whoever asks, which then begins nothing new. It returns
// a CodeConflict error while another one runs in this process.
func (s *Service) Rotate(ctx context.Context, actor selvedge.Actor) (Result, error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Result{}, err
	}
	if !s.running.TryLock() {
		return Result{}, errRunning()
	}
	defer s.running.Unlock()
	var e token.Epochs
	err := s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		e, err = s.begin(ctx, tx, actor)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("begin rotation: %w", err)
	}
	r := run{Service: s, by: actor, fence: unfenced, tell: unwatched}
	return r.to(ctx, e)
}

func errRunning() error {
	return selvedge.Errorf(selvedge.CodeConflict, "a rotation is running already")
}

// begin makes the keys of the next epoch, unless a rotation is under way, and
// returns the epochs.
func (s *Service) begin(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor) (e token.Epochs, err error) {
	if _, err = s.Keys.Epoch(ctx, tx); err != nil {
		return e, err
	}
	if e, err = s.Keys.Repo.Epochs(ctx, tx); err != nil || e.Next != 0 {
		return e, err
	}
	was := e
	e.Next = e.Current + 1
	if err := s.Keys.Make(ctx, tx, e.Next); err != nil {
		return e, err
	}
	if err := s.Keys.Repo.SetEpochs(ctx, tx, was, e); err != nil {
		return e, err
	}
	return e, s.enter(ctx, tx, ledger.KeysRotating, actor, struct {
		From token.Epoch `json:"from_epoch"`
		To   token.Epoch `json:"to_epoch"`
	}{e.Current, e.Next})
}

// Retire destroys the keys of every older epoch that nothing needs any more. It
// comes after each rotation, and whenever lists were matched that an older
// epoch was kept for.
func (s *Service) Retire(ctx context.Context) error {
	_, err := s.retire(ctx)
	return err
}

// retire returns how many lists older keys are kept for.
func (s *Service) retire(ctx context.Context) (lists int64, err error) {
	var found bool
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		old, err := s.older(ctx, tx)
		found = len(old) > 0
		return err
	})
	if err != nil || !found {
		return 0, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		old, err := s.older(ctx, tx)
		if err != nil {
			return err
		}
		lists = 0
		for _, e := range old {
			lists += e.Need.Lists
			if e.Need != (Need{}) {
				continue
			}
			if err := s.Keys.Repo.DestroyKeys(ctx, tx, e.Epoch); err != nil {
				return err
			}
			if err := s.enter(ctx, tx, ledger.KeysDestroyed, system, struct {
				Epoch token.Epoch `json:"epoch"`
			}{e.Epoch}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("destroy older keys: %w", err)
	}
	return lists, err
}

// older returns the epochs before the one in force whose keys are kept.
func (s *Service) older(ctx context.Context, tx selvedge.Tx) (old []Epoch, err error) {
	p, err := s.progress(ctx, tx)
	for _, e := range p.Kept {
		if e.State == Waiting {
			old = append(old, e)
		}
	}
	return old, err
}

// Progress says which keys there are and how far a rotation has come. Only an
// operator may ask, and is shown no key.
func (s *Service) Progress(ctx context.Context, actor selvedge.Actor) (p Progress, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Progress{}, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		p, err = s.progress(ctx, tx)
		return err
	})
	return p, err
}

func (s *Service) progress(ctx context.Context, tx selvedge.Tx) (p Progress, err error) {
	if p.Epochs, err = s.Keys.Repo.Epochs(ctx, tx); err != nil {
		return p, err
	}
	if p.Counts, err = s.Repo.Counts(ctx, tx); err != nil {
		return p, err
	}
	keys, err := s.Keys.Repo.Keys(ctx, tx)
	if err != nil {
		return p, err
	}
	for _, k := range keys {
		k.Sealed = nil
		if n := len(p.Kept); n > 0 && p.Kept[n-1].Epoch == k.Epoch {
			p.Kept[n-1].Keys = append(p.Kept[n-1].Keys, k)
			continue
		}
		e := Epoch{Epoch: k.Epoch, State: Waiting, Keys: []token.SealedKey{k}}
		switch k.Epoch {
		case p.Current:
			e.State = InForce
		case p.Next:
			e.State = Making
		}
		if e.Need, err = s.Repo.Needed(ctx, tx, k.Epoch); err != nil {
			return p, err
		}
		p.Kept = append(p.Kept, e)
	}
	return p, nil
}

// Reseal seals every token key, and the key of every sidecar and upload, anew under the
// primary key of another key-encryption key, in one transaction, and returns how
// many token keys there are. Only an operator may.
func (s *Service) Reseal(ctx context.Context, actor selvedge.Actor, under *secret.KEK) (n int, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return 0, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if n, err = s.Keys.Reseal(ctx, tx, under); err != nil {
			return err
		}
		if err := s.resealSidecars(ctx, tx, under); err != nil {
			return err
		}
		if err := s.resealUploads(ctx, tx, under); err != nil {
			return err
		}
		return s.enter(ctx, tx, ledger.KeysResealed, actor, struct {
			Keys int `json:"keys"`
		}{n})
	})
	return n, err
}

// resealSidecars does so with the keys of sidecars, which are not counted.
func (s *Service) resealSidecars(ctx context.Context, tx selvedge.Tx, under *secret.KEK) error {
	keys, err := s.Repo.SidecarKeys(ctx, tx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		key, err := s.Keys.KEK.Open(k.Sealed, list.SidecarBound(k.Sidecar))
		if err != nil {
			return err
		}
		if k.Sealed, err = under.Seal(key, list.SidecarBound(k.Sidecar)); err != nil {
			return err
		}
		if err := s.Repo.ResealSidecar(ctx, tx, k); err != nil {
			return err
		}
	}
	return nil
}

// resealUploads does so with the keys of uploads.
func (s *Service) resealUploads(ctx context.Context, tx selvedge.Tx, under *secret.KEK) error {
	keys, err := s.Repo.UploadKeys(ctx, tx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		key, err := s.Keys.KEK.Open(k.Sealed, upload.Bound(k.Upload))
		if err != nil {
			return err
		}
		if k.Sealed, err = under.Seal(key, upload.Bound(k.Upload)); err != nil {
			return err
		}
		if err := s.Repo.ResealUpload(ctx, tx, k); err != nil {
			return err
		}
	}
	return nil
}

// enter adds an entry to the ads space: keys are those of ads, and nothing about
// them depends on what else people gave.
func (s *Service) enter(ctx context.Context, tx selvedge.Tx, kind ledger.Kind, actor selvedge.Actor, body any) error {
	return s.Outbox.Append(ctx, tx, ledger.Entry{Space: ledger.Ads, Kind: kind, Actor: actor, Body: body})
}
