package selvedge

// Role is what an actor is. The zero Role is nobody.
type Role uint8

// The roles.
const (
	Nobody       Role = iota
	PlatformRole      // the platform's own systems: they report people's choices
	OperatorRole      // a named member of the platform's staff
	OrgRole           // an advertiser's or partner's systems
	SystemRole        // Selvedge itself, at work on something accepted before
	PersonRole        // an account holder, for their own account alone
)

// String returns the word the ledger uses.
func (r Role) String() string {
	switch r {
	case PlatformRole:
		return "platform"
	case OperatorRole:
		return "operator"
	case OrgRole:
		return "org"
	case SystemRole:
		return "system"
	case PersonRole:
		return "person"
	default:
		return "nobody"
	}
}

// Actor is who asks. It is an argument of every act, so that a signature shows
// whose authority is used. The zero Actor is nobody and is refused everywhere.
type Actor struct {
	role    Role
	name    string
	org     OrgID
	key     string
	account string
	agency  OrgID // who acts for org, if that is another one
	may     Scopes
}

// Platform is the platform acting through the named key.
func Platform(key string) Actor { return Actor{role: PlatformRole, name: key, key: key} }

// Operator is a member of staff by the name that they give: whoever can open
// the data folder may say any. What needs two people asks for an OperatorByKey.
func Operator(name string) Actor { return Actor{role: OperatorRole, name: name} }

// OperatorByKey is a member of staff whose name a key has proved. The name is
// as package org writes it, so that one person has one.
func OperatorByKey(name, key string) Actor {
	return Actor{role: OperatorRole, name: name, key: key}
}

// OrgActor is an org acting through the named key.
func OrgActor(org OrgID, key string) Actor {
	return Actor{role: OrgRole, name: key, org: org, key: key}
}

// Agent is an org, the agency, that acts for another one through a key of its
// own. Its name has all three, for every ledger entry of what it does.
func Agent(org, agency OrgID, key string) Actor {
	a := OrgActor(org, key)
	a.agency, a.name = agency, key+" of "+string(agency)+" for "+string(org)
	return a
}

// ByDrop is an org whose file lies in its folder of drops: who can write there is
// the platform's to say, and no key proves it. It may bring lists and nothing else.
func ByDrop(org OrgID) Actor {
	return Actor{role: OrgRole, name: "drop", org: org, may: WriteAudiences}
}

// Self is the holder of the account with a platform id. The id is in no ledger:
// the name that stands there is the same for everybody.
func Self(platformID string) Actor { return Actor{role: PersonRole, name: "self", account: platformID} }

// With returns an org's actor that may do what the scopes allow; without, it may
// do nothing at a door. Other actors have no scopes.
func (a Actor) With(s Scopes) Actor {
	if a.role == OrgRole {
		a.may = s
	}
	return a
}

// System is a part of Selvedge finishing what an actor before it began.
func System(part string) Actor { return Actor{role: SystemRole, name: part} }

// Role returns what the actor is.
func (a Actor) Role() Role { return a.role }

// Name returns the key or person behind the actor, for the ledger.
func (a Actor) Name() string { return a.name }

// Key returns the public part of the key that proved who the actor is, and ""
// if none did.
func (a Actor) Key() string { return a.key }

// Org returns the org that the actor acts for, and false if it acts for none.
func (a Actor) Org() (OrgID, bool) { return a.org, a.role == OrgRole && a.org != "" }

// Agency returns the org that acts for the actor's Org under a mandate, and false
// if the org acts by itself.
func (a Actor) Agency() (OrgID, bool) { return a.agency, a.role == OrgRole && a.agency != "" }

// Account returns the platform id of the account whose holder the actor is, and
// false if it is nobody's holder.
func (a Actor) Account() (platformID string, ok bool) {
	return a.account, a.role == PersonRole && a.account != ""
}

// MustFor returns a CodeForbidden error unless the actor has one of the roles, or
// is the holder of the account itself.
func (a Actor) MustFor(platformID string, roles ...Role) error {
	if own, ok := a.Account(); ok && own == platformID {
		return nil
	}
	return a.Must(roles...)
}

// Scopes returns what the org's key may be used for.
func (a Actor) Scopes() Scopes { return a.may }

// Must returns a CodeForbidden error unless the actor has one of the roles.
// PersonRole alone never suffices: a person may do nothing in general, see
// MustFor.
func (a Actor) Must(roles ...Role) error {
	for _, r := range roles {
		if r != Nobody && r != PersonRole && a.role == r {
			return nil
		}
	}
	return Errorf(CodeForbidden, "%s may not do this", a.role)
}
