package drop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/list"
)

// Outcome is what became of a file.
type Outcome string

// The outcomes.
const (
	ListTaken   Outcome = "taken"
	TakenBefore Outcome = "taken_before" // the same content, under another name
	Refused     Outcome = "refused"
)

// Report is what lies beside a manifest in the end. It holds no value, and nothing
// that depends on who is on the platform.
type Report struct {
	Outcome  Outcome             `json:"outcome"`
	At       time.Time           `json:"at"`
	Audience selvedge.AudienceID `json:"audience"`
	File     string              `json:"file,omitempty"` // that it is about, if the manifest names one
	List     selvedge.ListID     `json:"list,omitempty"` // that was made of it, now or before

	// Of a file that was taken, as an upload over HTTP is answered.
	AcceptedAt  time.Time                    `json:"accepted_at,omitzero"`
	EffectiveAt time.Time                    `json:"effective_at,omitzero"`
	ExpiresAt   time.Time                    `json:"expires_at,omitzero"`
	Declaration *list.Declared               `json:"declaration,omitempty"`
	Report      *list.Report                 `json:"report,omitempty"`
	Advice      map[identifier.Reason]string `json:"advice,omitempty"`
	Diagnosis   []list.Finding               `json:"diagnosis,omitempty"`

	Problem *Problem `json:"problem,omitempty"` // of one that was refused
}

// Problem says why a file was refused, as over HTTP.
type Problem struct {
	Code   selvedge.Code `json:"code"`
	Detail string        `json:"detail"`
	Field  string        `json:"field,omitempty"`
	Row    int64         `json:"row,omitempty"`
	Reason string        `json:"reason,omitempty"`
}

// about fills in what is known of the list.
func (r Report) about(v audience.ListView) Report {
	r.Outcome, r.List, r.AcceptedAt, r.EffectiveAt, r.ExpiresAt = ListTaken, v.ID, v.AcceptedAt, v.EffectiveAt, v.ExpiresAt
	r.Declaration, r.Report, r.Advice = &v.Declared, &v.Report, map[identifier.Reason]string{}
	r.Diagnosis = list.Diagnose(v.Report, v.Declared.Declaration)
	for _, f := range v.Report.Refused {
		r.Advice[f.Reason] = list.ReasonText(f.Reason)
	}
	return r
}

// refusal returns what is said of an error that is the file's or the sender's, and
// false for one that passes or is ours: such a file is left for the next time.
func refusal(err error) (*Problem, bool) {
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Code {
	case selvedge.CodeInvalid, selvedge.CodeForbidden, selvedge.CodeNotFound, selvedge.CodeConflict, selvedge.CodeTooLarge:
		return &Problem{e.Code, e.Message, e.Field, e.Row, e.Reason}, true
	}
	return nil, false
}

// maxDraft is more than any report has in bytes.
const maxDraft = 16 << 20

// finish leaves the report and takes the file away, in steps of which each can be
// the last: the draft is durable before the file goes, and the report comes when
// the file is gone. So a report says that all is over, and a draft all that is
// needed to come there.
func (f folder) finish(name string, r Report) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := f.write(name+draftEnd, append(text, '\n')); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := f.sync(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return f.end(name, r)
}

// end does the steps after the draft.
func (f folder) end(name string, r Report) error {
	if r.File != "" {
		// A folder of that name is not a list, and not ours to empty.
		if info, err := f.root.Lstat(r.File); err == nil && info.IsDir() {
			r.File = ""
		}
	}
	if r.File != "" {
		if err := f.root.Remove(r.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the file: %w", nameless(err))
		}
		if err := f.sync(); err != nil {
			return fmt.Errorf("remove the file: %w", err)
		}
	}
	if err := f.root.Rename(name+draftEnd, name+reportEnd); err != nil {
		return fmt.Errorf("name report: %w", nameless(err))
	}
	return f.sync()
}

// draft returns the report that an attempt before left half way, and false if there
// is none, or none that is whole. A sender may have put it there: what of it is
// logged must be words of ours.
func (f folder) draft(name string) (r Report, ok bool) {
	text, err := f.read(name+draftEnd, maxDraft)
	if err != nil || json.Unmarshal(text, &r) != nil {
		return Report{}, false
	}
	ours := slices.Contains([]Outcome{ListTaken, TakenBefore, Refused}, r.Outcome) && (r.List == "" || goodID.MatchString(string(r.List)))
	return r, ours && (r.File == "" || fileOf(name, r.File))
}
