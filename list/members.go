package list

import (
	"context"
	"slices"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// Bounds of one request for members.
const (
	// MaxMembers is how many members one request may name.
	MaxMembers = 100_000
	// MaxIdentifiers is how many addresses and numbers one member may have.
	MaxIdentifiers = 64
	// memberChunk is how many are taken at once, so that memory stays bounded.
	memberChunk = 4096
)

// Member is one person as an org writes them. What is in the clear and what is
// hashed may stand in either field of a kind; in the sha256 fields only hashes
// may.
type Member struct {
	ExternalID   string   `json:"external_id,omitempty"`
	Emails       []string `json:"emails,omitempty"`
	Phones       []string `json:"phones,omitempty"`
	SHA256Emails []string `json:"sha256_emails,omitempty"`
	SHA256Phones []string `json:"sha256_phones,omitempty"`
	// Consents are what the person has said; they win over those of the batch.
	Consents
}

// The reasons that only members are refused for.
const (
	// ReasonExternalAlone is an own id that nothing stands beside: by it nobody
	// can be added.
	ReasonExternalAlone identifier.Reason = "external_id_alone"
	// ReasonBadExternal is an own id of more than MaxExternalID bytes.
	ReasonBadExternal identifier.Reason = "bad_external_id"
	// ReasonTooMany is a member with more than MaxIdentifiers.
	ReasonTooMany identifier.Reason = "too_many_identifiers"
)

// Fault says what of one member was refused. It depends on the request alone,
// and holds no value from it.
type Fault struct {
	Index int64 `json:"index"` // of the member in the request, from 0
	// Taken says that something else of the member was understood.
	Taken    bool           `json:"taken"`
	Refusals []FieldRefusal `json:"refusals"`
}

// FieldRefusal is one identifier that was refused.
type FieldRefusal struct {
	Field    string            `json:"field"` // of Member, as in JSON; empty for the whole of it
	Position int               `json:"position"`
	Reason   identifier.Reason `json:"reason"`
}

// Batch is a request for members.
type Batch struct {
	Org     selvedge.OrgID
	Kind    Kind
	Members []Member
	Options
}

// ReceiveMembers takes a batch, as Receive does an upload. Every member is a row
// of the Report, whose refused rows are the members' places from 0, and every
// identifier that a member has is counted, own ids too, though these are neither
// Clear nor Hashed. The faults come in the order of the members; one that has
// nothing at all is refused as empty.
//
// Besides the errors of the store, of the folder and of ctx, it returns a
// CodeInvalid error, Field "default_region", for a region that is no ISO 3166
// country; those of Receive about declarations, but for a removal, which needs no
// consent; Field "members" if there are none, but for a replacement, which may
// be by nobody; and a CodeTooLarge error, Field "members", for more than
// MaxMembers.
func (v *Receiver) ReceiveMembers(ctx context.Context, b Batch) (Sealed, []Fault, error) {
	if err := b.check(); err != nil {
		return Sealed{}, nil, err
	}
	switch n := len(b.Members); {
	case n > MaxMembers:
		return Sealed{}, nil, selvedge.Errorf(selvedge.CodeTooLarge, "at most %d members to a request", MaxMembers).At("members").Because("too_many_members")
	case n == 0 && b.Kind != Replace:
		return Sealed{}, nil, selvedge.Errorf(selvedge.CodeInvalid, "name at least one member").At("members").Because("no_members")
	}
	rule := consentRule{b.Consents, v.ConsentFree}
	if b.Kind != Remove && len(b.Members) > 0 {
		var say Consents
		for _, m := range b.Members {
			if err := m.check(); err != nil {
				return Sealed{}, nil, err
			}
			say = say.over(m.Consents)
		}
		if err := rule.missing(say); err != nil {
			return Sealed{}, nil, err
		}
	}
	g, err := v.gather(ctx, b.Kind)
	if err != nil {
		return Sealed{}, nil, err
	}
	defer g.close()
	r := memberReader{
		picker: picker{harvest: new(harvest), kind: b.Kind},
		region: strings.ToUpper(b.DefaultRegion), org: b.Org, external: v.External, consent: rule,
	}
	for some := range slices.Chunk(b.Members, memberChunk) {
		r.reset()
		r.rows = int64(len(some))
		for i, m := range some {
			r.member(int64(i), g.row+int64(i), m)
		}
		g.report.Identifiers.Read += r.read
		r.read = 0
		r.mint(g.keys)
		if err := g.collect(r.harvest); err != nil {
			return Sealed{}, nil, err
		}
	}
	g.finish(0)
	sealed, err := g.seal(ctx)
	return sealed, r.faults, err
}

// memberReader is one ReceiveMembers at work.
type memberReader struct {
	picker
	region   string
	org      selvedge.OrgID
	external ExternalIDs
	consent  consentRule
	faults   []Fault

	read  int64          // identifiers
	row   int64          // of the member in the harvest
	fault []FieldRefusal // of the member
}

// member takes one member, whose row in the harvest and place in the request are
// given.
func (r *memberReader) member(row, index int64, m Member) {
	r.row, r.fault = row, nil
	n := int64(len(m.Emails) + len(m.Phones) + len(m.SHA256Emails) + len(m.SHA256Phones))
	own := m.ExternalID != ""
	r.read += n
	if own {
		r.read++
	}
	if reason := r.consent.refuses(m.Consents, r.region); r.kind != Remove && reason != identifier.Accepted {
		if own {
			n++
		}
		if n > 0 {
			r.dropField(FieldRefusal{Reason: reason}, n)
		}
	} else if n > MaxIdentifiers {
		if own {
			n++
		}
		r.dropField(FieldRefusal{Reason: ReasonTooMany}, n)
	} else {
		r.identifiers(m)
	}
	if len(r.picker.row) == 0 && len(r.fault) == 0 {
		r.fault = []FieldRefusal{{Reason: identifier.ReasonEmpty}} // counted as empty
		r.faults = append(r.faults, Fault{Index: index, Refusals: r.fault})
		r.endRow()
		return
	}
	if len(r.fault) > 0 {
		r.faults = append(r.faults, Fault{Index: index, Taken: len(r.picker.row) > 0, Refusals: r.fault})
	}
	r.endRow()
}

// identifiers takes what a member has.
func (r *memberReader) identifiers(m Member) {
	for _, f := range []struct {
		name   string
		kind   identifier.Kind
		values []string
		hashed bool
	}{
		{"emails", identifier.Email, m.Emails, false},
		{"phones", identifier.Phone, m.Phones, false},
		{"sha256_emails", identifier.Email, m.SHA256Emails, true},
		{"sha256_phones", identifier.Phone, m.SHA256Phones, true},
	} {
		for i, text := range f.values {
			var reason identifier.Reason
			r.cell, reason = read(f.kind, text, r.region, f.hashed)
			r.identifier(reason, FieldRefusal{f.name, i, reason})
		}
	}
	r.ownID(m.ExternalID)
}

func read(k identifier.Kind, text, region string, hashed bool) (identifier.Cell, identifier.Reason) {
	if !hashed {
		return identifier.Read(k, text, region)
	}
	form, reason := identifier.Hash(k, text)
	return identifier.Cell{Identity: form, Hashed: true}, reason
}

func (r *memberReader) identifier(reason identifier.Reason, f FieldRefusal) {
	if reason == identifier.Accepted && r.kind != Remove && r.probe() {
		reason, f.Reason = ReasonProbe, ReasonProbe
	}
	switch reason {
	case identifier.Accepted:
		r.add()
	case identifier.ReasonEmpty:
		r.empty++
	default:
		r.dropField(f, 1)
	}
}

// ownID takes the member's own id. It is the last: alone it adds nobody.
func (r *memberReader) ownID(id string) {
	switch {
	case id == "":
	case len(id) > MaxExternalID:
		r.dropField(FieldRefusal{Field: "external_id", Reason: ReasonBadExternal}, 1)
	case r.kind != Remove && len(r.picker.row) == 0:
		r.dropField(FieldRefusal{Field: "external_id", Reason: ReasonExternalAlone}, 1)
	default:
		own := [token.Size]byte(r.external.Of(r.org, id))
		r.take(External, &own, 0)
	}
}

// dropField notes a refusal that stands for n identifiers.
func (r *memberReader) dropField(f FieldRefusal, n int64) {
	r.fault = append(r.fault, f)
	r.drop(f.Reason, r.row, n)
}
