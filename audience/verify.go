package audience

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/report"
)

// sealing is the body of a version.sealed entry. Its fields are kept for ever.
type sealing struct {
	Audience selvedge.AudienceID `json:"audience"`
	Version  int64               `json:"version"`
	List     selvedge.ListID     `json:"list"` // the last of the draft; none if a due change made the version
	Base     string              `json:"base"`
	Digest   string              `json:"digest"`
	Members  uint64              `json:"members"`
	Added    uint64              `json:"added"`
	Removed  uint64              `json:"removed"`
	Position selvedge.Position   `json:"position"`
	Epoch    uint32              `json:"epoch"`
	RuleSet  uint32              `json:"rule_set"`
	Draft    int64               `json:"draft"`
	Code     string              `json:"code"`
	// What the org will be told, and when.
	Size      report.Size `json:"size"`
	SizeAt    time.Time   `json:"size_at,omitzero"` // entries that have none, and a size, are of publish_at
	PublishAt time.Time   `json:"publish_at"`
}

// sealingOf returns what a version and an entry that seals it have in common.
func sealingOf(v Version) sealing {
	return sealing{
		Audience: v.Audience, Version: v.Number, Base: digestText(v.Base), Digest: digestText(v.Digest),
		Added: v.Added, Removed: v.Removed, Position: v.Position, Epoch: uint32(v.Epoch), RuleSet: v.RuleSet,
		Size: v.Figure.Size, SizeAt: v.Figure.At, PublishAt: v.PublishAt,
	}
}

// differs returns the names of the fields in which a version is not the one
// that was sealed.
func (s sealing) differs(v Version) []string {
	is := sealingOf(v)
	var out []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"base", s.Base == is.Base},
		{"digest", s.Digest == is.Digest},
		{"added", s.Added == is.Added},
		{"removed", s.Removed == is.Removed},
		{"position", s.Position == is.Position},
		{"epoch", s.Epoch == is.Epoch},
		{"rule_set", s.RuleSet == is.RuleSet},
		{"size", s.Size == is.Size},
		{"size_at", s.SizeAt.Equal(is.SizeAt) || s.SizeAt.IsZero() && is.SizeAt.Equal(s.PublishAt)},
		{"publish_at", s.PublishAt.Equal(is.PublishAt)},
	} {
		if !f.same {
			out = append(out, f.name)
		}
	}
	return out
}

// Verifier checks every version of every audience against the entry that seals
// it, and its members against their digest. It may work beside a Matcher.
type Verifier struct {
	Repo    Repository
	Tx      selvedge.Transactor
	Records ledger.Repository
	Blobs   blob.Store
}

// versionKey names a version.
type versionKey struct {
	audience selvedge.AudienceID
	number   int64
}

// seal is an entry that seals a version.
type seal struct {
	sealing
	seq   int64
	holds bool // it is what was committed to
}

// Verify returns the number of versions and what is wrong with them. An entry
// that is not what was committed to says nothing of its version: that it is not
// is the ledger's Verifier's to find. Verify returns an error only if it could
// not look.
func (v *Verifier) Verify(ctx context.Context) (versions int64, findings []ledger.Finding, err error) {
	err = v.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		seals, order, err := v.seals(ctx, tx)
		if err != nil {
			return err
		}
		members := history{blobs: v.Blobs}
		err = v.Repo.AllVersions(ctx, tx, func(ver Version) error {
			versions++
			key := versionKey{ver.Audience, ver.Number}
			findings = append(findings, v.version(ctx, &members, ver, seals[key])...)
			delete(seals, key)
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range order {
			if s := seals[key]; s != nil && s.holds {
				findings = append(findings, finding(ledger.VersionMissing, s.seq, key))
			}
		}
		return nil
	})
	return versions, findings, err
}

// seals returns the entries that seal versions, and their order.
func (v *Verifier) seals(ctx context.Context, tx selvedge.Tx) (map[versionKey]*seal, []versionKey, error) {
	seals := map[versionKey]*seal{}
	var order []versionKey
	for after := int64(0); ; {
		records, err := v.Records.Records(ctx, tx, ledger.Ads, after, proof.MaxEntries)
		if err != nil || len(records) == 0 {
			return seals, order, err
		}
		for _, r := range records {
			after = r.Seq
			s := seal{seq: r.Seq, holds: r.Holds() && !r.IsErased()}
			if r.Kind != ledger.VersionSealed || json.Unmarshal(r.Body, &s.sealing) != nil {
				continue
			}
			key := versionKey{s.Audience, s.Version}
			if seals[key] == nil {
				seals[key] = &s
				order = append(order, key)
			}
		}
	}
}

// version checks one version against the entry that seals it, nil if there is
// none.
func (v *Verifier) version(ctx context.Context, members *history, ver Version, s *seal) []ledger.Finding {
	key := versionKey{ver.Audience, ver.Number}
	err := members.next(ctx, ver)
	if s == nil {
		return []ledger.Finding{finding(ledger.VersionUnentered, 0, key)}
	}
	var out []ledger.Finding
	if fields := s.differs(ver); s.holds && len(fields) > 0 {
		f := finding(ledger.VersionDiffers, s.seq, key)
		f.Detail += ": " + strings.Join(fields, ", ")
		out = append(out, f)
	}
	if err != nil {
		out = append(out, finding(ledger.VersionMembers, s.seq, key))
	}
	return out
}

func finding(fault ledger.Fault, seq int64, key versionKey) ledger.Finding {
	return ledger.Finding{
		Space: ledger.Ads, Fault: fault, Leaf: -1, First: seq, Last: seq,
		Detail: fmt.Sprintf("audience %s, version %d", key.audience, key.number),
	}
}
