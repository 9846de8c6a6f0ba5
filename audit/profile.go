package audit

import "github.com/selvedge/selvedge"

// Profile says how much an audit does.
type Profile string

// The profiles.
const (
	CI   Profile = "ci"   // under a minute; fails if a step fails
	Full Profile = "full" // for a night; fails too if a step says not yet
)

// Sizes are the counts of a profile. They are in every report.
type Sizes struct {
	Background int `json:"background_accounts"`   // accounts with an ads grant
	Edge       int `json:"edge"`                  // contact points at which a range begins, about which lists are made
	Dummies    int `json:"lists_with_dummies"`    // A1: more lists for each person, each with fresh rows that match nobody
	Bisection  int `json:"lists_of_a_bisection"`  // A4
	Variants   int `json:"variants_of_averaging"` // A5: of each kind
	Plan       int `json:"numbers_of_the_plan"`   // A7: a power of ten
	Pairs      int `json:"paired_uploads"`        // A12
}

// Sizes returns the counts of a profile, or a CodeInvalid error if there is none
// of the name.
func (p Profile) Sizes() (Sizes, error) {
	switch p {
	case CI:
		return Sizes{Background: 5000, Edge: 2000, Dummies: 1, Bisection: 10, Variants: 16, Plan: 100_000, Pairs: 300}, nil
	case Full:
		return Sizes{Background: 5000, Edge: 2000, Dummies: 200, Bisection: 100, Variants: 500, Plan: 1_000_000, Pairs: 10_000}, nil
	default:
		return Sizes{}, selvedge.Errorf(selvedge.CodeInvalid, "must be ci or full").At("profile").Because("unknown_profile")
	}
}

// fails says whether a verdict fails the profile.
func (p Profile) fails(v Verdict) bool {
	return v != Pass && v != Absent && (v != NotYet || p == Full)
}
