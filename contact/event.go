package contact

import (
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// EventType says what happened. The zero EventType is none.
type EventType string

// The types of events.
const (
	EventGiven       EventType = "given"               // a person gave an address at a prompt
	EventVerified    EventType = "verified"            // and proved control of it
	EventLost        EventType = "control_lost"        // the address is not the person's any more
	EventChanged     EventType = "changed"             // the person replaced it by another one, which is an event of its own
	EventWithdrawn   EventType = "withdrawn"           // purposes of the address
	EventAge         EventType = "age_class_changed"   // of the account
	EventDeactivated EventType = "account_deactivated" // the account is out of every match
	EventReactivated EventType = "account_reactivated" // and may be in it again
)

// Event is one thing that happened to one account, as the platform tells it.
// docs/events.md says which fields each type has, and what becomes of it.
type Event struct {
	Type    EventType `json:"type" enum:"given,verified,control_lost,changed,withdrawn,age_class_changed,account_deactivated,account_reactivated"`
	Account string    `json:"account" doc:"the platform's id"`

	Kind    string   `json:"kind,omitempty" enum:"email,phone"`
	Value   string   `json:"value,omitempty" doc:"the address in any spelling; or instead"`
	SHA256  []string `json:"sha256,omitempty" doc:"hashes of its forms, the one that it is known by first"`
	Region  string   `json:"region,omitempty" doc:"ISO 3166, for a value without a country code"`
	Address string   `json:"address,omitempty" doc:"as contact points name it: beside the value it must agree with it; alone it is enough for what needs no token"`

	Prompt     string `json:"prompt,omitempty" doc:"given, verified: id@version"`
	GivenAt    string `json:"given_at,omitempty" doc:"given, verified: RFC 3339"`
	VerifiedAt string `json:"verified_at,omitempty" doc:"verified, and given if it is: RFC 3339"`
	VerifiedBy string `json:"verified_by,omitempty" doc:"how, such as code or link"`

	At       string   `json:"at,omitempty" doc:"all others: when it happened, RFC 3339"`
	Purposes []string `json:"purposes,omitempty" doc:"withdrawn: at least one"`
	AgeClass AgeClass `json:"age_class,omitempty" enum:"adult,minor,unknown" doc:"age_class_changed"`
}

// refusal is why an event is refused: a field and a stable word.
type refusal struct {
	field  string
	reason identifier.Reason
}

// The reasons for which an event is refused, beside those of an import's rows
// and of the identifier in it.
const (
	reasonBadType        identifier.Reason = "bad_type"
	reasonNotForType     identifier.Reason = "not_for_this_type"
	reasonBadAddress     identifier.Reason = "bad_address"
	reasonAddressDiffers identifier.Reason = "address_differs" // the address is another one than the value's
	reasonNeedsValue     identifier.Reason = "needs_value"     // it would become matchable, and values are not kept
	reasonUnknownPoint   identifier.Reason = "unknown_contact_point"
	reasonUnknownPurpose identifier.Reason = "unknown_purpose"
	reasonNoPurpose      identifier.Reason = "no_purpose"
	reasonNotVerified    identifier.Reason = "not_verified" // an event that says so names no time
	reasonContained      identifier.Reason = "contained"    // bring it again once a person has looked
)

// happened is an event, understood as far as it can be without the database. The
// value itself is gone by now.
type happened struct {
	kind     EventType
	account  string
	at       time.Time       // of what counts up to a time, or from one on
	point    pointRow        // given, verified
	alone    bool            // the address stands without a value
	handles  map[Handle]bool // lost, changed, withdrawn
	purposes purpose.Set
	age      AgeClass
	state    State
	refused  refusal
}

// aboutPoint, aboutAddress say which fields types have.
func (t EventType) aboutPoint() bool { return t == EventGiven || t == EventVerified }

func (t EventType) aboutAddress() bool {
	return t == EventLost || t == EventChanged || t == EventWithdrawn
}

func (t EventType) aboutAccount() bool {
	return t == EventAge || t == EventDeactivated || t == EventReactivated
}

// stray returns the first field that is filled in and is none of the type's.
func (e Event) stray() string {
	point, address := e.Type.aboutPoint(), e.Type.aboutPoint() || e.Type.aboutAddress()
	for _, f := range []struct {
		name       string
		filled, is bool
	}{
		{"kind", e.Kind != "", address},
		{"value", e.Value != "", address},
		{"sha256", e.SHA256 != nil, address},
		{"region", e.Region != "", address},
		{"address", e.Address != "", address},
		{"prompt", e.Prompt != "", point},
		{"given_at", e.GivenAt != "", point},
		{"verified_at", e.VerifiedAt != "", point},
		{"verified_by", e.VerifiedBy != "", point},
		{"at", e.At != "", !point},
		{"purposes", e.Purposes != nil, e.Type == EventWithdrawn},
		{"age_class", e.AgeClass != "", e.Type == EventAge},
	} {
		if f.filled && !f.is {
			return f.name
		}
	}
	return ""
}

// understand reads an event. Those that take away are never refused for a clock
// that runs ahead of ours: what is to come counts as now.
func (ev *Events) understand(e Event, now time.Time) happened {
	h := happened{kind: e.Type, account: e.Account}
	refuse := func(field string, reason identifier.Reason) happened {
		h.refused = refusal{field, reason}
		return h
	}
	if !e.Type.aboutPoint() && !e.Type.aboutAddress() && !e.Type.aboutAccount() {
		return refuse("type", reasonBadType)
	}
	if f := e.stray(); f != "" {
		return refuse(f, reasonNotForType)
	}
	if !isPlatformID(e.Account) {
		return refuse("account", reasonBadAccount)
	}
	if e.Type.aboutPoint() {
		return ev.understandPoint(h, e, now)
	}
	var ok bool
	if h.at, ok = parseTime(e.At); !ok {
		return refuse("at", reasonBadTime)
	}
	if h.at.After(now) {
		if h.kind == EventReactivated || h.kind == EventAge && e.AgeClass == Adult {
			return refuse("at", reasonFuture)
		}
		h.at = now
	}
	switch e.Type {
	case EventAge:
		if h.age = e.AgeClass; rank(h.age) < 0 {
			return refuse("age_class", reasonBadAge)
		}
		return h
	case EventDeactivated:
		h.state = Deactivated
		return h
	case EventReactivated:
		h.state = Active
		return h
	case EventWithdrawn:
		for _, word := range e.Purposes {
			p, err := purpose.Parse(word)
			if err != nil {
				return refuse("purposes", reasonUnknownPurpose)
			}
			h.purposes |= purpose.Of(p)
		}
		if h.purposes == 0 {
			return refuse("purposes", reasonNoPurpose)
		}
	default:
		h.purposes = purpose.Of(purpose.All()...)
	}
	return ev.understandAddress(h, e)
}

// understandAddress finds the handles that an address may be known by.
func (ev *Events) understandAddress(h happened, e Event) happened {
	addresses := []Address{}
	kind, ok := identifier.ParseKind(e.Kind)
	switch {
	case e.Value == "" && e.SHA256 == nil:
	case !ok:
		h.refused = refusal{"kind", reasonBadKind}
		return h
	case e.Value != "" && e.SHA256 != nil:
		h.refused = refusal{"value", reasonValueOrHash}
		return h
	case e.Value != "":
		addresses = append(addresses, Address{Kind: kind, Value: e.Value, Region: e.Region})
	default:
		for _, sum := range e.SHA256 {
			addresses = append(addresses, Address{Kind: kind, SHA256: sum})
		}
	}
	h.handles = map[Handle]bool{}
	for _, a := range addresses {
		found, err := ev.People.handles(e.Account, a)
		if err != nil {
			h.refused = refused(err)
			return h
		}
		for handle := range found {
			h.handles[handle] = true
		}
	}
	if e.Address == "" {
		if len(h.handles) == 0 {
			h.refused = refusal{"value", reasonValueOrHash}
		}
		return h
	}
	named, err := ParseHandle(e.Address)
	switch {
	case err != nil:
		h.refused = refused(err)
	case len(h.handles) > 0 && !h.handles[named]:
		h.refused = refusal{"address", reasonAddressDiffers}
	default:
		h.handles[named] = true
	}
	return h
}

// refused is the refusal that an error of a parser stands for.
func refused(err error) refusal {
	e, ok := err.(*selvedge.Error)
	if !ok {
		return refusal{"", reasonBadAddress}
	}
	return refusal{e.Field, identifier.Reason(e.Reason)}
}

// understandPoint reads what gives or verifies a contact point, as an import
// reads a row.
func (ev *Events) understandPoint(h happened, e Event, now time.Time) happened {
	if h.alone = e.Address != "" && e.Value == "" && e.SHA256 == nil; h.alone {
		return ev.understandAlone(h, e, now)
	}
	h.point = ev.Importer.parsePoint(0, []string{
		e.Account, e.Kind, e.Value, strings.Join(e.SHA256, " "), e.Region, e.Prompt, e.GivenAt, e.VerifiedAt, e.VerifiedBy,
	}, now)
	if h.point.refused == "" && e.Type == EventVerified && h.point.verifiedAt.IsZero() {
		h.point.refused = reasonNotVerified
	}
	if h.point.refused != "" {
		h.refused = refusal{fieldOf(h.point, e, now), h.point.refused}
		return h
	}
	if e.Address != "" {
		named, err := ParseHandle(e.Address)
		if err != nil {
			h.refused = refused(err)
		} else if named != h.point.handle {
			h.refused = refusal{"address", reasonAddressDiffers}
		}
	}
	return h
}

// understandAlone reads a proof of control of a contact point that is known: its
// address stands for the value.
func (ev *Events) understandAlone(h happened, e Event, now time.Time) happened {
	p, ok := &h.point, false
	var err error
	switch p.handle, err = ParseHandle(e.Address); {
	case err != nil:
		h.refused = refused(err)
		return h
	case e.Type == EventGiven:
		h.refused = refusal{"value", reasonNeedsValue}
		return h
	}
	p.platformID, p.verifiedBy = e.Account, e.VerifiedBy
	if p.prompt, err = prompt.ParseName(e.Prompt); err != nil {
		h.refused = refusal{"prompt", reasonBadPrompt}
		return h
	}
	if p.givenAt, ok = parseTime(e.GivenAt); !ok {
		h.refused = refusal{"given_at", reasonBadTime}
		return h
	}
	if p.verifiedAt, ok = parseTime(e.VerifiedAt); !ok {
		h.refused = refusal{"verified_at", reasonBadTime}
		return h
	}
	switch {
	case p.givenAt.After(now):
		h.refused = refusal{"given_at", reasonFuture}
	case p.verifiedAt.After(now):
		h.refused = refusal{"verified_at", reasonFuture}
	case !isWay(p.verifiedBy):
		h.refused = refusal{"verified_by", reasonBadVerifiedBy}
	}
	return h
}

// fieldOf names the field of an event that a row was refused for.
func fieldOf(p pointRow, e Event, now time.Time) string {
	switch p.refused {
	case reasonBadAccount:
		return "account"
	case reasonBadKind:
		return "kind"
	case reasonBadPrompt:
		return "prompt"
	case reasonBadVerifiedBy:
		return "verified_by"
	case reasonNotVerified:
		return "verified_at"
	case reasonBadTime, reasonFuture:
		if at, ok := parseTime(e.GivenAt); !ok || at.After(now) {
			return "given_at"
		}
		return "verified_at"
	default:
		if e.SHA256 != nil {
			return "sha256"
		}
		return "value"
	}
}

// rank orders age classes by how much they keep people out; -1 is none.
func rank(a AgeClass) int {
	switch a {
	case Adult:
		return 0
	case AgeUnknown:
		return 1
	case Minor:
		return 2
	default:
		return -1
	}
}
