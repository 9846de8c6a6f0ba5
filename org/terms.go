package org

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"time"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// Terms are a version of the terms under which orgs bring lists: the essence of
// the arrangement between joint controllers (GDPR Art. 26).
type Terms struct {
	Version     int64 // from 1
	Text        string
	SHA256      [sha256.Size]byte
	PublishedAt time.Time // zero for the first version, which is in the program
	PublishedBy string
}

// Acceptance is an org's yes to a version of the terms.
type Acceptance struct {
	Org     selvedge.OrgID
	Version int64
	SHA256  [sha256.Size]byte // of the text
	At      time.Time
	Role    selvedge.Role // OrgRole, or OperatorRole for a yes that was given on paper
	By      string        // the public part of the org's key, or the operator's name
}

// TermsRepository keeps terms and acceptances. Methods that find nothing return
// a CodeNotFound error.
type TermsRepository interface {
	// InsertTerms keeps a version. It returns a CodeConflict error if it is not
	// the one after the last; the first that is kept is 2.
	InsertTerms(ctx context.Context, tx selvedge.Tx, t Terms) error
	// LatestTerms returns the last version that is kept.
	LatestTerms(ctx context.Context, tx selvedge.Tx) (Terms, error)
	// InsertAcceptance keeps an acceptance. If the org has accepted the version
	// before, the first acceptance stands.
	InsertAcceptance(ctx context.Context, tx selvedge.Tx, a Acceptance) error
	Acceptance(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, version int64) (Acceptance, error)
}

// firstTerms is the text of version 1. Orgs have accepted it as it is: another
// text is another version, and is published.
//
//go:embed terms.md
var firstTerms string

// FirstTerms returns the terms that are in force until an operator publishes
// others.
func FirstTerms() Terms {
	return Terms{Version: 1, Text: firstTerms, SHA256: sha256.Sum256([]byte(firstTerms))}
}

// MaxTerms is the longest text of terms, in bytes.
const MaxTerms = 256 << 10

// current returns the terms that are in force.
func (s *Service) current(ctx context.Context, tx selvedge.Tx) (Terms, error) {
	t, err := s.Repo.LatestTerms(ctx, tx)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return FirstTerms(), nil
	}
	return t, err
}

// Terms returns the terms that are in force, and for an org its acceptance of
// them, nil if there is none. An org, an operator and the platform may ask.
func (s *Service) Terms(ctx context.Context, actor selvedge.Actor) (t Terms, a *Acceptance, err error) {
	if err := actor.Must(selvedge.OrgRole, selvedge.OperatorRole, selvedge.PlatformRole); err != nil {
		return Terms{}, nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if t, err = s.current(ctx, tx); err != nil {
			return err
		}
		id, ok := actor.Org()
		if !ok {
			return nil
		}
		got, err := s.Repo.Acceptance(ctx, tx, id, t.Version)
		if selvedge.CodeOf(err) == selvedge.CodeNotFound {
			return nil
		}
		a = &got
		return err
	})
	return t, a, err
}

// PublishTerms puts the next version of the terms in force: from then on no org
// may bring a list before it has accepted it. Only an operator may. It returns a
// CodeInvalid error if the text is empty, longer than MaxTerms or not UTF-8, and
// a CodeConflict error, Reason "terms_unchanged", if it is in force already.
func (s *Service) PublishTerms(ctx context.Context, actor selvedge.Actor, text string) (t Terms, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Terms{}, err
	}
	if text == "" || len(text) > MaxTerms || !utf8.ValidString(text) {
		return Terms{}, selvedge.Errorf(selvedge.CodeInvalid, "must be 1 to %d bytes of text", MaxTerms).At("text").Because("bad_text")
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		before, err := s.current(ctx, tx)
		if err != nil {
			return err
		}
		if before.Text == text {
			return selvedge.Errorf(selvedge.CodeConflict, "these terms are in force").Because("terms_unchanged")
		}
		t = Terms{Version: before.Version + 1, Text: text, SHA256: sha256.Sum256([]byte(text)), PublishedAt: s.Clock.Now(), PublishedBy: actor.Name()}
		if err := s.Repo.InsertTerms(ctx, tx, t); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.TermsPublished, Actor: actor,
			Body: struct {
				Version int64  `json:"version"`
				SHA256  string `json:"sha256"`
			}{t.Version, hex.EncodeToString(t.SHA256[:])},
		})
	})
	if err != nil {
		return Terms{}, err
	}
	return t, nil
}

// Accept records an org's yes to the terms that are in force. An org may, for
// itself, and an operator to whom the org has given it otherwise. The version
// says what was read: if it is not the one in force, that is a CodeConflict
// error, Reason "not_current". An org that is not there, or is not the asker's,
// is CodeNotFound. Accepting again changes nothing.
func (s *Service) Accept(ctx context.Context, actor selvedge.Actor, id selvedge.OrgID, version int64) (a Acceptance, err error) {
	if err := s.self(actor, id); err != nil {
		return Acceptance{}, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Org(ctx, tx, id); err != nil {
			return err
		}
		t, err := s.current(ctx, tx)
		if err != nil {
			return err
		}
		if version != t.Version {
			return selvedge.Errorf(selvedge.CodeConflict, "this is not the version of the terms that is in force").At("version").Because("not_current")
		}
		a, err = s.Repo.Acceptance(ctx, tx, id, version)
		if err == nil {
			return selvedge.Conclude(ctx, tx, a)
		}
		if selvedge.CodeOf(err) != selvedge.CodeNotFound {
			return err
		}
		a = Acceptance{Org: id, Version: version, SHA256: t.SHA256, At: s.Clock.Now(), Role: actor.Role(), By: actor.Name()}
		if err := s.Repo.InsertAcceptance(ctx, tx, a); err != nil {
			return err
		}
		err = s.Outbox.Append(ctx, tx, ledger.Entry{
			Space: ledger.Ads, Kind: ledger.TermsAccepted, Actor: actor,
			Body: struct {
				Org     selvedge.OrgID `json:"org"`
				Version int64          `json:"version"`
				SHA256  string         `json:"sha256"`
			}{id, version, hex.EncodeToString(t.SHA256[:])},
		})
		if err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, a)
	})
	if err != nil {
		return Acceptance{}, err
	}
	return a, nil
}

// self returns an error unless the actor is an operator or the org itself: for
// another org the same as if there were no such org.
func (s *Service) self(actor selvedge.Actor, id selvedge.OrgID) error {
	if err := actor.Must(selvedge.OrgRole, selvedge.OperatorRole); err != nil {
		return err
	}
	if own, ok := actor.Org(); actor.Role() == selvedge.OrgRole && (!ok || own != id) {
		return selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing")
	}
	return nil
}
