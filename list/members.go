package list

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
)

// Bounds of one request for members.
const (
	// MaxMembers is how many members one request may name.
	MaxMembers = 100_000
	// MaxIdentifiers is how many addresses and numbers one member may have.
	MaxIdentifiers = 64
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
// country; Field "members" if there are none, but for a replacement, which may
// be by nobody; and a CodeTooLarge error, Field "members", for more than
// MaxMembers.
func (v *Receiver) ReceiveMembers(ctx context.Context, b Batch) (Sealed, []Fault, error) {
	if err := checkRegion(b.DefaultRegion); err != nil {
		return Sealed{}, nil, err
	}
	switch n := len(b.Members); {
	case n > MaxMembers:
		return Sealed{}, nil, selvedge.Errorf(selvedge.CodeTooLarge, "at most %d members to a request", MaxMembers).At("members").Because("too_many_members")
	case n == 0 && b.Kind != Replace:
		return Sealed{}, nil, selvedge.Errorf(selvedge.CodeInvalid, "name at least one member").At("members").Because("no_members")
	}
	g, err := v.gather(ctx, b.Kind, b.DefaultRegion)
	if err != nil {
		return Sealed{}, nil, err
	}
	defer g.close()
	g.width = MaxIdentifiers + 1
	r := memberReader{gatherer: &g, org: b.Org, external: v.External}
	for i, m := range b.Members {
		if err := r.member(int64(i), m); err != nil {
			return Sealed{}, nil, err
		}
	}
	g.report.Rows.Read = int64(len(b.Members))
	sealed, err := g.seal(ctx)
	return sealed, r.faults, err
}

// memberReader is one ReceiveMembers at work.
type memberReader struct {
	*gatherer
	org      selvedge.OrgID
	external ExternalIDs
	faults   []Fault

	index int64
	place int            // of the next identifier of the member
	fault []FieldRefusal // of the member
}

// member takes one member.
func (r *memberReader) member(index int64, m Member) error {
	r.index, r.place, r.fault = index, 0, nil
	n := int64(len(m.Emails) + len(m.Phones) + len(m.SHA256Emails) + len(m.SHA256Phones))
	own := m.ExternalID != ""
	r.report.Identifiers.Read += n
	if own {
		r.report.Identifiers.Read++
	}
	var err error
	if n > MaxIdentifiers {
		if own {
			n++
		}
		r.refuse(FieldRefusal{Reason: ReasonTooMany}, n)
	} else {
		err = r.identifiers(m)
	}
	if err != nil {
		return err
	}
	if len(r.row) == 0 && len(r.fault) == 0 {
		r.fault = []FieldRefusal{{Reason: identifier.ReasonEmpty}} // counted as empty
		r.faults = append(r.faults, Fault{Index: index, Refusals: r.fault})
		return r.endRow(false)
	}
	if len(r.fault) > 0 {
		r.faults = append(r.faults, Fault{Index: index, Taken: len(r.row) > 0, Refusals: r.fault})
	}
	return r.endRow(len(r.fault) > 0)
}

// identifiers takes what a member has.
func (r *memberReader) identifiers(m Member) error {
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
			cell, reason := read(f.kind, text, r.region, f.hashed)
			if err := r.identifier(cell, reason, FieldRefusal{f.name, i, reason}); err != nil {
				return err
			}
		}
	}
	return r.ownID(m.ExternalID)
}

func read(k identifier.Kind, text, region string, hashed bool) (identifier.Cell, identifier.Reason) {
	if !hashed {
		return identifier.Read(k, text, region)
	}
	form, reason := identifier.Hash(k, text)
	return identifier.Cell{Identity: form, Hashed: true}, reason
}

func (r *memberReader) identifier(cell identifier.Cell, reason identifier.Reason, f FieldRefusal) error {
	r.place++
	switch reason {
	case identifier.Accepted:
		return r.add(cell, r.place-1)
	case identifier.ReasonEmpty:
		r.report.Identifiers.Empty++
	default:
		r.refuse(f, 1)
	}
	return nil
}

// ownID takes the member's own id. It is the last: alone it adds nobody.
func (r *memberReader) ownID(id string) error {
	switch {
	case id == "":
		return nil
	case len(id) > MaxExternalID:
		r.refuse(FieldRefusal{Field: "external_id", Reason: ReasonBadExternal}, 1)
		return nil
	case r.kind != Remove && len(r.row) == 0:
		r.refuse(FieldRefusal{Field: "external_id", Reason: ReasonExternalAlone}, 1)
		return nil
	}
	return r.take(Key{External, r.external.Of(r.org, id)}, false, r.place)
}

// refuse notes a refusal that stands for n identifiers.
func (r *memberReader) refuse(f FieldRefusal, n int64) {
	r.fault = append(r.fault, f)
	r.report.refuse(f.Reason, r.index, n)
}
