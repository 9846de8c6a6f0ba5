package audience

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
)

// LabelID names one proposal of a public label.
type LabelID string

// LabelState is what became of a proposed label. The zero state is none.
type LabelState string

// The states of labels. People are shown the approved one that was decided last,
// and no other.
const (
	LabelPending  LabelState = "pending"
	LabelApproved LabelState = "approved"
	LabelRejected LabelState = "rejected"
	LabelReplaced LabelState = "replaced" // by a later proposal, before it was decided
)

// Label is what people are to be shown of an audience that they are in, as its
// org proposed it.
type Label struct {
	ID         LabelID
	Audience   selvedge.AudienceID
	Org        selvedge.OrgID
	Text       string
	State      LabelState
	ProposedAt time.Time
	ProposedBy string // the public part of the org's key
	DecidedAt  time.Time
	DecidedBy  string // the operator; empty for one that was replaced
}

// LabelRepository keeps labels.
type LabelRepository interface {
	// Audience is Repository's.
	Audience(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, id selvedge.AudienceID) (Audience, error)
	// InsertLabel keeps a label that is pending. The schema refuses a second one
	// of an audience.
	InsertLabel(ctx context.Context, tx selvedge.Tx, l Label) error
	// Label returns a label, or a CodeNotFound error.
	Label(ctx context.Context, tx selvedge.Tx, id LabelID) (Label, error)
	// Labels returns the labels of every audience, or of one, in the order of
	// proposal.
	Labels(ctx context.Context, tx selvedge.Tx) ([]Label, error)
	LabelsOf(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID) ([]Label, error)
	// ReplaceLabel takes the pending label of an audience, if there is one, to LabelReplaced.
	ReplaceLabel(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, at time.Time) error
	// DecideLabel takes a pending label to a state. It returns a CodeConflict
	// error if there is no such label or it is not pending: the first decision
	// stands.
	DecideLabel(ctx context.Context, tx selvedge.Tx, id LabelID, to LabelState, by string, at time.Time) error
	// ShownLabel returns the label that was decided last of those that were
	// approved at a time or before it, or a CodeNotFound error.
	ShownLabel(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, at time.Time) (Label, error)
}

// Labels is what may be done with public labels. It is safe for concurrent use.
type Labels struct {
	Repo   LabelRepository
	Tx     selvedge.Transactor
	Outbox ledger.Outbox
	Orgs   Standing
	Ledger ledger.Gate
	IDs    selvedge.IDSource
	Clock  selvedge.Clock
}

// MaxLabel is the longest label, in characters.
const MaxLabel = 80

// validateLabel returns a CodeInvalid error for what is no label: nothing that
// cannot be seen, nothing that cannot be screened, and no word of a special
// category. The text is not in the error.
func validateLabel(text string) error {
	bad := func(reason, why string) error {
		return selvedge.Errorf(selvedge.CodeInvalid, "%s", why).At("label").Because(reason)
	}
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxLabel || !utf8.ValidString(text) {
		return bad("bad_label", "must be 1 to 80 characters")
	}
	letters := false
	for _, r := range text {
		switch {
		case !unicode.IsPrint(r) && !unicode.Is(unicode.Mn, r):
			return bad("bad_label", "must hold no character that cannot be seen")
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			return bad("not_latin", "must be written in Latin letters: others cannot be screened")
		}
		letters = letters || unicode.IsLetter(r)
	}
	if !letters {
		return bad("bad_label", "must hold a letter")
	}
	if c := screen(text); c != "" {
		return bad("special_category_"+string(c), "speaks of a special category of personal data (GDPR Art. 9): "+categoryText(c))
	}
	return nil
}

// Propose proposes the label of one of the org's audiences, in place of a
// proposal that is pending. Only an org may. What stands goes on being shown
// until another is approved. It returns a CodeInvalid error, with no word of the
// text, if it is no label (bad_label, not_latin) or speaks of a special category
// of GDPR Art. 9 (special_category_ and the category), and a CodeNotFound error
// for an audience that is not there or another org's.
func (s *Labels) Propose(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID, text string) (Label, error) {
	org, err := s.asker(actor)
	if err != nil {
		return Label{}, err
	}
	l := Label{Audience: audience, Org: org, Text: text, State: LabelPending, ProposedAt: s.Clock.Now(), ProposedBy: actor.Key()}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		// Before the text is looked at: another org's id is answered like none.
		if _, err := s.Repo.Audience(ctx, tx, org, audience); err != nil {
			return err
		}
		if err := s.Orgs.MayAct(ctx, tx, actor, selvedge.WriteAudiences); err != nil {
			return err
		}
		if err := validateLabel(text); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, actor, &l); err != nil {
			return err
		}
		return selvedge.Conclude(ctx, tx, l)
	})
	if err != nil {
		return Label{}, err
	}
	return l, nil
}

// insert keeps a proposal and gives it its id.
func (s *Labels) insert(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, l *Label) error {
	id, err := s.IDs.Next(ctx, tx, l.Org, "lbl")
	if err != nil {
		return err
	}
	l.ID = LabelID(id)
	if err := s.Repo.ReplaceLabel(ctx, tx, l.Audience, l.ProposedAt); err != nil {
		return err
	}
	if err := s.Repo.InsertLabel(ctx, tx, *l); err != nil {
		return err
	}
	return s.Outbox.Append(ctx, tx, labelEntry(actor, ledger.LabelProposed, *l))
}

// along proposes a label that came with a list, and was validated before, in the
// list's transaction. If it is the one that is shown or pending, that one stands.
func (s *Labels) along(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, org selvedge.OrgID, audience selvedge.AudienceID, text string) (LabelID, error) {
	now := s.Clock.Now()
	shown, err := s.Repo.ShownLabel(ctx, tx, audience, now)
	if err == nil && shown.Text == text {
		return shown.ID, nil
	}
	if err != nil && selvedge.CodeOf(err) != selvedge.CodeNotFound {
		return "", err
	}
	all, err := s.Repo.LabelsOf(ctx, tx, audience)
	if err != nil {
		return "", err
	}
	for _, l := range all {
		if l.State == LabelPending && l.Text == text {
			return l.ID, nil
		}
	}
	l := Label{Audience: audience, Org: org, Text: text, State: LabelPending, ProposedAt: now, ProposedBy: actor.Key()}
	err = s.insert(ctx, tx, actor, &l)
	return l.ID, err
}

func (s *Labels) asker(actor selvedge.Actor) (selvedge.OrgID, error) {
	org, ok := actor.Org()
	if !ok {
		return "", selvedge.Errorf(selvedge.CodeForbidden, "only an org may do this, for itself")
	}
	return org, s.Ledger.Contained()
}

// labelEntry has a digest of the text: the text itself is not for the ledger,
// which keeps everything for ever.
func labelEntry(actor selvedge.Actor, kind ledger.Kind, l Label) ledger.Entry {
	sum := sha256.Sum256([]byte(l.Text))
	return ledger.Entry{
		Space: ledger.Ads, Kind: kind, Actor: actor,
		Body: struct {
			Label    LabelID             `json:"label"`
			Audience selvedge.AudienceID `json:"audience"`
			Org      selvedge.OrgID      `json:"org"`
			SHA256   string              `json:"sha256"`
		}{l.ID, l.Audience, l.Org, hex.EncodeToString(sum[:])},
	}
}

// Of returns the labels of one of the org's audiences in the order of proposal:
// its history.
func (s *Labels) Of(ctx context.Context, actor selvedge.Actor, audience selvedge.AudienceID) (ls []Label, err error) {
	org, err := s.asker(actor)
	if err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if _, err := s.Repo.Audience(ctx, tx, org, audience); err != nil {
			return err
		}
		ls, err = s.Repo.LabelsOf(ctx, tx, audience)
		return err
	})
	return ls, err
}

// All returns the labels of every org in the order of proposal. Only an operator
// may ask.
func (s *Labels) All(ctx context.Context, actor selvedge.Actor) (ls []Label, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return nil, err
	}
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		ls, err = s.Repo.Labels(ctx, tx)
		return err
	})
	return ls, err
}

// Approve has people shown a pending label from now on, in place of the one
// before. Only an operator may. It returns a CodeConflict error, Reason
// "not_pending", for a label that is not pending, and CodeNotFound for none.
func (s *Labels) Approve(ctx context.Context, actor selvedge.Actor, id LabelID) (Label, error) {
	if err := s.Ledger.Contained(); err != nil {
		return Label{}, err
	}
	return s.decide(ctx, actor, id, LabelApproved, ledger.LabelApproved)
}

// Reject refuses a pending label. Who may, and errors, are as for Approve.
func (s *Labels) Reject(ctx context.Context, actor selvedge.Actor, id LabelID) (Label, error) {
	return s.decide(ctx, actor, id, LabelRejected, ledger.LabelRejected)
}

func (s *Labels) decide(ctx context.Context, actor selvedge.Actor, id LabelID, to LabelState, kind ledger.Kind) (l Label, err error) {
	if err := actor.Must(selvedge.OperatorRole); err != nil {
		return Label{}, err
	}
	err = s.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if l, err = s.Repo.Label(ctx, tx, id); err != nil {
			return err
		}
		if l.State != LabelPending {
			return selvedge.Errorf(selvedge.CodeConflict, "the label is not pending").Because("not_pending")
		}
		l.State, l.DecidedAt, l.DecidedBy = to, s.Clock.Now(), actor.Name()
		if err := s.Repo.DecideLabel(ctx, tx, id, to, l.DecidedBy, l.DecidedAt); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, tx, labelEntry(actor, kind, l))
	})
	if err != nil {
		return Label{}, err
	}
	return l, nil
}

// Shown is what a person is shown of an audience.
type Shown struct {
	Text  string
	Since time.Time
}

// Shown returns the label of an audience that people were shown at a time, and
// false if they were shown none. It is what package person reads, in its own
// transaction; who may look at what is decided there.
func (s *Labels) Shown(ctx context.Context, tx selvedge.Tx, audience selvedge.AudienceID, at time.Time) (Shown, bool, error) {
	l, err := s.Repo.ShownLabel(ctx, tx, audience, at)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return Shown{}, false, nil
	}
	return Shown{l.Text, l.DecidedAt}, err == nil, err
}
