package person

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// Export is all that is held of a person, for programs (GDPR Art. 15 and 20).
// Purposes are named by the Data Privacy Vocabulary, and what was asked and
// answered is a receipt for each contact point, in the shape of ISO/IEC TS 27560.
type Export struct {
	Schema     string     `json:"schema"`
	At         time.Time  `json:"at"`
	Account    Account    `json:"account"`
	Receipts   []Receipt  `json:"receipts"`
	Objections []Objected `json:"objections"`
	HeldBy     []HeldBy   `json:"held_by"`
}

// exportSchema names the format of an Export.
const exportSchema = "selvedge/export/1"

// Account is what is known of the account itself.
type Account struct {
	Country  string           `json:"country,omitempty"`
	Age      contact.AgeClass `json:"age_class"`
	State    contact.State    `json:"state"`
	ActiveOn string           `json:"active_on,omitempty"`
}

// Receipt is the record of one prompt event. Its parts are those of ISO/IEC TS
// 27560:2023: header, processing, events. It names no subject: whose it is is
// known by where it stands.
type Receipt struct {
	Header     ReceiptHeader `json:"header"`
	Processing Processing    `json:"processing"`
	Events     []Event       `json:"events"`
}

// ReceiptHeader says what the receipt is.
type ReceiptHeader struct {
	SchemaVersion string `json:"schema_version"`
	RecordID      string `json:"record_id"` // the same in every export; it says nothing of the person
	Address       string `json:"address"`   // as GET /v1/me names it
	Kind          string `json:"kind"`
	Mask          string `json:"mask,omitempty"`
}

// Processing says what for, on which ground and by which notice.
type Processing struct {
	Prompt     string         `json:"prompt"`
	Surface    string         `json:"surface,omitempty"`
	Notices    []Notice       `json:"notices"`
	LegalBasis string         `json:"legal_basis,omitempty"`
	Data       string         `json:"personal_data"` // the category, in the extension pd of the Data Privacy Vocabulary
	Purposes   []PurposeState `json:"purposes"`
	Withdraw   string         `json:"withdrawal_method"`
}

// Notice is what the prompt said, in one language.
type Notice struct {
	Language string `json:"language"`
	Text     string `json:"text"`
	SHA256   string `json:"sha256"`
}

// PurposeState is a purpose and whether it stands.
type PurposeState struct {
	Name  string `json:"name"`
	DPV   string `json:"dpv"`
	State string `json:"state"` // given, withdrawn, expired or control_lost
	// Until is when it ends by itself; missing if it does not, has ended, or does not
	// count yet.
	Until *time.Time `json:"until,omitempty"`
}

// Event is something that happened to what was given.
type Event struct {
	Type    string    `json:"type"` // given, verified, withdrawn, expired, control_lost
	At      time.Time `json:"at"`
	Purpose string    `json:"purpose,omitempty"`
}

// Objected is an objection.
type Objected struct {
	Scope    contact.Scope  `json:"scope"`
	Org      selvedge.OrgID `json:"org,omitempty"`
	Address  string         `json:"address,omitempty"`
	MadeAt   time.Time      `json:"made_at"`
	LiftedAt *time.Time     `json:"lifted_at,omitempty"`
}

// HeldBy is an audience that holds the person.
type HeldBy struct {
	Org     string    `json:"org"`
	OrgID   string    `json:"org_id"`
	Kind    string    `json:"kind"`
	Label   string    `json:"label,omitempty"`
	Since   time.Time `json:"since"`
	Through []string  `json:"through"`
}

// Export returns all that is held of a person. Errors are those of Me.
func (s *Service) Export(ctx context.Context, actor selvedge.Actor, platformID string) (Export, error) {
	held, err := s.People.Look(ctx, actor, platformID)
	if err != nil {
		return Export{}, err
	}
	by, err := s.heldBy(ctx, held)
	if err != nil {
		return Export{}, err
	}
	var prompts map[prompt.Name]prompt.Registered
	err = s.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) (err error) {
		prompts, err = s.Prompts.Prompts(ctx, tx)
		return err
	})
	if err != nil {
		return Export{}, err
	}
	a := held.Account
	out := Export{
		Schema: exportSchema, At: s.Clock.Now(), Account: Account{Country: a.Country, Age: a.Age, State: a.State},
		Receipts: []Receipt{}, Objections: []Objected{}, HeldBy: HeldByOf(by),
	}
	if !a.ActiveOn.IsZero() {
		out.Account.ActiveOn = a.ActiveOn.Format(time.DateOnly)
	}
	for _, v := range held.Points {
		out.Receipts = append(out.Receipts, receipt(v, prompts[v.Prompt]))
	}
	for _, o := range held.Objections {
		out.Objections = append(out.Objections, ObjectedOf(o))
	}
	return out, nil
}

// ObjectedOf returns an objection as it is shown.
func ObjectedOf(o contact.Objection) Objected {
	out := Objected{Scope: o.Scope, Org: o.Org, MadeAt: o.MadeAt}
	if o.Scope == contact.ScopeAddress {
		out.Address = o.Handle.String()
	}
	if !o.LiftedAt.IsZero() {
		out.LiftedAt = &o.LiftedAt
	}
	return out
}

// HeldByOf returns who holds a person as it is shown; never nil.
func HeldByOf(by []Held) []HeldBy {
	out := make([]HeldBy, 0, len(by))
	for _, h := range by {
		line := HeldBy{Org: h.Org, OrgID: string(h.OrgID), Kind: string(h.Kind), Label: h.Label, Since: h.Since, Through: []string{}}
		for _, t := range h.Through {
			line.Through = append(line.Through, t.String())
		}
		out = append(out, line)
	}
	return out
}

// categories are those of personal data in the Data Privacy Vocabulary.
var categories = map[identifier.Kind]string{
	identifier.Email: "https://w3id.org/dpv/pd#EmailAddress",
	identifier.Phone: "https://w3id.org/dpv/pd#TelephoneNumber",
}

// recordID names a receipt by what makes its contact point one. The handle in it
// is keyed, so nobody can tell the address from it.
func recordID(v contact.View) string {
	sum := sha256.Sum256([]byte(v.Handle.String() + "\n" + v.Prompt.String() + "\n" + v.GivenAt.Format(time.RFC3339Nano)))
	return "rcp_" + hex.EncodeToString(sum[:16])
}

func receipt(v contact.View, from prompt.Registered) Receipt {
	r := Receipt{
		Header: ReceiptHeader{SchemaVersion: exportSchema, RecordID: recordID(v), Address: v.Handle.String(), Kind: v.Kind.String(), Mask: v.Mask},
		Processing: Processing{
			Prompt: v.Prompt.String(), Surface: from.Surface, LegalBasis: string(from.LegalBasis), Notices: []Notice{},
			Data: categories[v.Kind], Purposes: []PurposeState{}, Withdraw: "POST /v1/me:withdraw",
		},
		Events: []Event{{Type: "given", At: v.GivenAt}},
	}
	for _, t := range from.Texts {
		r.Processing.Notices = append(r.Processing.Notices, Notice{t.Language, t.Text, hex.EncodeToString(t.SHA256[:])})
	}
	if !v.VerifiedAt.IsZero() {
		r.Events = append(r.Events, Event{Type: "verified", At: v.VerifiedAt})
	}
	ended := map[purpose.Purpose]contact.End{}
	for _, e := range v.Ends {
		ended[e.Purpose] = e
		r.Events = append(r.Events, Event{Type: string(e.Reason), At: e.At, Purpose: e.Purpose.String()})
	}
	for _, p := range v.Purposes.List() {
		is := PurposeState{Name: p.String(), DPV: p.DPV(), State: "given"}
		if e, ok := ended[p]; ok {
			is.State = string(e.Reason)
		} else if p.Matchable() && !v.ExpiresAt.IsZero() {
			is.Until = &v.ExpiresAt
		}
		r.Processing.Purposes = append(r.Processing.Purposes, is)
	}
	return r
}
