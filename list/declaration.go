package list

import (
	"slices"

	"github.com/selvedge/selvedge"
)

// Source is where the sender has a list's data from. The words are kept in
// databases and ledgers and never change; "" is not said.
type Source string

// The sources.
const (
	FromCustomers Source = "customers" // from the people themselves
	FromPartners  Source = "partners"
	FromBoth      Source = "both"
)

// HashRules names the platform by whose rules the sender wrote identifiers before
// it hashed them. The words never change; "" is not said.
type HashRules string

// The rules. docs/identifiers.md says what each of them does to an address.
const (
	RulesPlain     HashRules = "plain" // trimmed and in lower case, and no more
	RulesX         HashRules = "x"
	RulesMeta      HashRules = "meta"
	RulesGoogle    HashRules = "google"
	RulesUID2      HashRules = "uid2"
	RulesTikTok    HashRules = "tiktok"
	RulesSnap      HashRules = "snap"
	RulesPinterest HashRules = "pinterest"
	RulesLinkedIn  HashRules = "linkedin"
	RulesLiveRamp  HashRules = "liveramp"
	RulesAmazon    HashRules = "amazon"
	RulesOther     HashRules = "other"
)

// HashRuleSets are all rules.
func HashRuleSets() []HashRules {
	return []HashRules{
		RulesPlain, RulesX, RulesMeta, RulesGoogle, RulesUID2, RulesTikTok, RulesSnap, RulesPinterest, RulesLinkedIn, RulesLiveRamp, RulesAmazon, RulesOther,
	}
}

// Declaration is what the sender declares about a list, beside how it is written.
type Declaration struct {
	Source Source `json:"source,omitempty" enum:"customers,partners,both"`
	Consents
	HashRules HashRules `json:"hash_rules,omitempty" enum:"plain,x,meta,google,uid2,tiktok,snap,pinterest,linkedin,liveramp,amazon,other"`
}

// check returns a CodeInvalid error for a word that is none.
func (d Declaration) check() error {
	if !slices.Contains([]Source{"", FromCustomers, FromPartners, FromBoth}, d.Source) {
		return selvedge.Errorf(selvedge.CodeInvalid, "say customers, partners or both").At("source").Because("bad_source")
	}
	if d.HashRules != "" && !slices.Contains(HashRuleSets(), d.HashRules) {
		return selvedge.Errorf(selvedge.CodeInvalid, "say by whose rules the list was hashed, such as plain, meta or google").At("hash_rules").Because("bad_hash_rules")
	}
	return d.Consents.check()
}

// Declared is what was declared of a list, as it is kept and entered in the
// ledger: it says under which word the list was taken, whatever is said later.
type Declared struct {
	Declaration
	DefaultRegion string `json:"default_region,omitempty"`
	// Terms is the version of the terms that was in force and that the org had accepted.
	Terms int64 `json:"terms_version,omitempty"`
	// Label is the id of the public label that came with the list, "" if none did.
	Label string `json:"label,omitempty"`
	// ConsentFree are the countries whose rows needed no consent then, by the
	// operator's word.
	ConsentFree Countries `json:"consent_free,omitempty"`
}
