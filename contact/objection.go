package contact

import (
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/purpose"
)

// Scope is what an objection keeps its person out of. The words are kept in
// databases and never change. The zero Scope is none.
type Scope string

// The scopes.
const (
	ScopeAll      Scope = "all"      // every match, by anybody's list
	ScopeSignal   Scope = "signal"   // the same, said by the person's browser (Sec-GPC)
	ScopePartners Scope = "partners" // what data partners bring
	ScopeOrg      Scope = "org"      // what one org brings
	ScopeAddress  Scope = "address"  // every match of one address
)

// Objection is a person's objection to direct marketing (GDPR Art. 21(2)). It
// stands over whatever comes later, by import or list, until the person lifts
// it. It takes people out of audiences that they would be shown ads by, never
// out of those that keep ads from them: who objects to being matched must not be
// shown more for it. That ends when ads.suppress is withdrawn by name.
type Objection struct {
	Scope    Scope
	Org      selvedge.OrgID // for ScopeOrg alone
	Handle   Handle         // for ScopeAddress alone
	MadeAt   time.Time
	LiftedAt time.Time // zero while it stands
}

// matching are the purposes that an objection to all matching takes away.
const matching = 1<<purpose.AdsMatchAdvertiser | 1<<purpose.AdsMatchPartner

// Covers returns the purposes that the objection takes from a contact point of
// its account with a handle, and the org whose lists it takes it out of; "" is
// every org. It is empty for an objection that was lifted.
func (o Objection) Covers(h Handle) (purpose.Set, selvedge.OrgID) {
	switch {
	case !o.LiftedAt.IsZero():
		return 0, ""
	case o.Scope == ScopeAll, o.Scope == ScopeSignal, o.Scope == ScopeAddress && o.Handle == h:
		return matching, ""
	case o.Scope == ScopePartners:
		return purpose.Of(purpose.AdsMatchPartner), ""
	case o.Scope == ScopeOrg:
		return matching, o.Org
	default:
		return 0, ""
	}
}

// validate returns a CodeInvalid error unless the scope is one and has what it
// needs and nothing else.
func (o Objection) validate() error {
	switch o.Scope {
	case ScopeAll, ScopeSignal, ScopePartners, ScopeOrg, ScopeAddress:
	default:
		return selvedge.Errorf(selvedge.CodeInvalid, "must be all, partners, org or address").At("scope").Because("bad_scope")
	}
	if (o.Scope == ScopeOrg) != (o.Org != "") {
		return selvedge.Errorf(selvedge.CodeInvalid, "goes with the scope org, and only with it").At("org").Because("bad_scope")
	}
	if (o.Scope == ScopeAddress) != (o.Handle != Handle{}) {
		return selvedge.Errorf(selvedge.CodeInvalid, "goes with the scope address, and only with it").At("address").Because("bad_scope")
	}
	return nil
}
