package contact

import (
	"slices"

	"github.com/selvedge/selvedge/identifier"
)

// Report says what an import did with every row of its content.
type Report struct {
	Import   ImportID       `json:"import"`
	Accounts AccountsReport `json:"accounts"`
	Points   PointsReport   `json:"contact_points"`
}

// AccountsReport counts the rows of accounts.
// Read = Created + Changed + Unchanged + Refused, always.
type AccountsReport struct {
	Read      int64     `json:"read"`
	Created   int64     `json:"created"`
	Changed   int64     `json:"changed"`
	Unchanged int64     `json:"unchanged"`
	Refused   int64     `json:"refused"`
	Refusals  []Refusal `json:"refusals"`
}

// PointsReport counts the rows of contact points.
// Read = Created + Present + Refused, and
// Created = Matchable + Unverified + Expired + NotForAds + UnknownPrompt, always.
type PointsReport struct {
	Read    int64 `json:"read"`
	Created int64 `json:"created"`
	Present int64 `json:"present"` // known before: nothing changed
	Refused int64 `json:"refused"`

	Matchable     int64 `json:"matchable"`      // verified and granted for an ads.* purpose
	Unverified    int64 `json:"unverified"`     // granted for an ads.* purpose, control not proven
	Expired       int64 `json:"expired"`        // granted for an ads.* purpose so long ago that it is over
	NotForAds     int64 `json:"not_for_ads"`    // the prompt grants no ads.* purpose
	UnknownPrompt int64 `json:"unknown_prompt"` // the prompt is not registered: no purpose at all

	// NowVerified counts, among Present, the contact points whose proof of
	// control this import brought, and MatchableNow those that became matchable by
	// it: by that proof, or because the import that was to make them so was
	// abandoned.
	NowVerified  int64 `json:"now_verified"`
	MatchableNow int64 `json:"matchable_now"`

	Refusals []Refusal `json:"refusals"`
}

// Refusal counts the rows refused for one reason.
type Refusal struct {
	Reason identifier.Reason `json:"reason"`
	Count  int64             `json:"count"`
	Rows   []int64           `json:"rows"` // the first 100, header included, from 1
}

const maxRefusedRows = 100

// The reasons for which a row of an import is refused, beside those of the
// identifier in it.
const (
	reasonBadAccount     identifier.Reason = "bad_account"
	reasonUnknownAccount identifier.Reason = "unknown_account"
	reasonBadCountry     identifier.Reason = "bad_country"
	reasonBadAge         identifier.Reason = "bad_age_class"
	reasonBadDate        identifier.Reason = "bad_date"
	reasonBadState       identifier.Reason = "bad_state"
	reasonBadKind        identifier.Reason = "bad_kind"
	reasonValueOrHash    identifier.Reason = "value_or_sha256"
	reasonBadPrompt      identifier.Reason = "bad_prompt_name"
	reasonBadTime        identifier.Reason = "bad_time"
	reasonFuture         identifier.Reason = "in_the_future"
	reasonBadVerifiedBy  identifier.Reason = "bad_verified_by"
	reasonPromptPending  identifier.Reason = "prompt_pending" // bring the row again after the approval
	reasonPromptRefused  identifier.Reason = "prompt_refused"
	reasonErased         identifier.Reason = "erased" // given before the account was erased
)

// refusals collects the refused rows of one file by reason.
type refusals map[identifier.Reason]*Refusal

func (rs refusals) add(reason identifier.Reason, row int64) {
	r := rs[reason]
	if r == nil {
		r = &Refusal{Reason: reason}
		rs[reason] = r
	}
	r.Count++
	if len(r.Rows) < maxRefusedRows {
		r.Rows = append(r.Rows, row)
	}
}

// take takes back one that was added.
func (rs refusals) take(reason identifier.Reason, row int64) {
	r := rs[reason]
	r.Rows = slices.DeleteFunc(r.Rows, func(n int64) bool { return n == row })
	if r.Count--; r.Count == 0 {
		delete(rs, reason)
	}
}

// list returns the refusals by reason, in the reasons' order.
func (rs refusals) list() []Refusal {
	out := make([]Refusal, 0, len(rs))
	for _, r := range rs {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Refusal) int {
		if a.Reason < b.Reason {
			return -1
		}
		return 1
	})
	return out
}
