package prompt

import (
	"slices"
	"time"

	"github.com/selvedge/selvedge"
)

// State is what a prompt that was brought has come to. The zero State is that
// of a prompt that nobody brought, which grants nothing.
type State string

// The states. The words are kept in databases and never change.
const (
	Pending  State = "pending"   // it grants ads.* and waits for a second operator
	InEffect State = "in_effect" // contact points are given at it
	Refused  State = "refused"   // for good: another text is another version
)

// Statement is what an operator who reads the texts of a prompt, and is not
// told its purposes, takes them to ask for. Of a text that asks for several
// things it is the furthest: ads before marketing, marketing before service,
// service before security.
type Statement string

// The statements. The words are kept in ledgers and never change.
const (
	ForAds       Statement = "ads"       // others may find the person by the address
	ForMarketing Statement = "marketing" // the platform's own news and offers
	ForService   Statement = "service"   // running the account and telling about it
	ForSecurity  Statement = "security"  // protecting the account
	Unclear      Statement = "unclear"   // the text does not say so that a reader knows
)

// Statements returns every statement, in an order that proposes none.
func Statements() []Statement {
	return []Statement{ForAds, ForMarketing, ForSecurity, ForService, Unclear}
}

// ParseStatement returns the statement that a word is, to the letter. It returns
// a CodeInvalid error for any other: a slip of the pen decides nothing.
func ParseStatement(word string) (Statement, error) {
	if s := Statement(word); slices.Contains(Statements(), s) {
		return s, nil
	}
	return "", selvedge.Errorf(selvedge.CodeInvalid, "must be what the text asks for: ads, marketing, security, service or unclear").
		At("grants").Because("bad_statement")
}

// Proposal is a prompt that grants ads.*, and what became of it.
type Proposal struct {
	Ref Ref
	Prompt
	By       string // the operator who brought it
	At       time.Time
	State    State
	Decision Decision // zero while Pending
}

// Decision is what the second operator stated, and when.
type Decision struct {
	By     string
	At     time.Time
	Stated Statement
}
