package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/report"
)

// maxMembers is the largest batch of members in bytes.
const maxMembers = 32 << 20

// Members is a batch of members.
type Members struct {
	Members       []list.Member `json:"members" maxItems:"100000" doc:"at least one; none in a replacement empties the audience"`
	DefaultRegion string        `json:"default_region,omitempty" doc:"ISO 3166 country of phone numbers without a country code"`
	EffectiveAt   *time.Time    `json:"effective_at,omitempty" doc:"when the members enter the audience; not in a removal"`
	ExpiresAt     *time.Time    `json:"expires_at,omitempty" doc:"when they leave it, 180 days from now unless it is given, at most 540; not in a removal"`
	list.Declaration
}

// Batch is what became of a batch. Nothing in it depends on who is on the
// platform.
type Batch struct {
	List List `json:"list"`
	// Faults are in the order of the members; those of which everything was
	// understood are not in it.
	Faults []list.Fault `json:"faults"`
}

func batchOf(v audience.Receipt) Batch {
	out := Batch{List: listOf(v.ListView), Faults: []list.Fault{}}
	if v.Faults != nil {
		out.Faults = v.Faults
	}
	return out
}

// Draft is a draft that was sealed.
type Draft struct {
	Lists int64 `json:"lists" doc:"how many batches it had; 0 if there was no draft"`
}

func draftOf(v audience.Draft) Draft { return Draft{v.Lists} }

// Version is a version of an audience as its org sees it. It has no count.
type Version struct {
	Number      int64        `json:"number"`
	SealedAt    time.Time    `json:"sealed_at" doc:"when its draft was sealed"`
	PublishedAt time.Time    `json:"published_at"`
	Size        *report.Size `json:"size" doc:"a range, such as 1k-2k, or too small; null if none could be told"`
	SizeAt      *time.Time   `json:"size_at" doc:"when the size was told: before the version, if the figures of the day or the month were spent"`
}

func versionOf(v audience.VersionView) Version {
	b := Version{Number: v.Number, SealedAt: v.SealedAt, PublishedAt: v.PublishedAt}
	if v.Figure.Told() {
		b.Size, b.SizeAt = &v.Figure.Size, &v.Figure.At
	}
	return b
}

func (d *door) memberOperations() []operation {
	org := []selvedge.Role{selvedge.OrgRole}
	change := func(kind list.Kind, id, summary, about string) operation {
		return operation{
			id: id, route: "POST /v1/audiences/{audience}/members:" + string(kind), roles: org, scope: selvedge.WriteAudiences, summary: summary,
			about: about + " The batch goes into the audience's draft, which counts from its seal on: on request, or 60 s after the last batch.",
			in:    Members{}, status: http.StatusCreated, out: Batch{}, problems: []selvedge.Code{selvedge.CodeNotFound, selvedge.CodeConflict},
			answer: answers(batchOf), handle: func(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
				return d.changeMembers(ctx, actor, r, kind)
			},
		}
	}
	return []operation{
		change(list.Add, "addMembers", "Add members", "Who is there already is renewed."),
		change(list.Remove, "removeMembers", "Remove members",
			"By any identifier of the row by which they were added, or by external_id alone; what the row reached through its other identifiers goes too."),
		change(list.Replace, "replaceMembers", "Replace all members",
			"The first replacement of a draft ends all that was in the audience before; further batches of the draft add to it."),
		{
			id: "sealDraft", route: "POST /v1/audiences/{audience}/versions:seal", roles: org, scope: selvedge.WriteAudiences, handle: d.sealDraft, answer: answers(draftOf),
			summary: "Seal the draft", about: "Its batches are matched together and make one version. Without a draft nothing happens.",
			status: http.StatusOK, out: Draft{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
		{
			id: "listVersions", route: "GET /v1/audiences/{audience}/versions", roles: org, scope: selvedge.ReadAudiences, handle: d.listVersions,
			summary: "List an audience's versions", about: "Those that are published, the last first.",
			paged: true, status: http.StatusOK, out: Items[Version]{}, problems: []selvedge.Code{selvedge.CodeNotFound},
		},
	}
}

func (d *door) changeMembers(ctx context.Context, actor selvedge.Actor, r *http.Request, kind list.Kind) (any, error) {
	var body Members
	if err := readJSONUpTo(r, &body, maxMembers); err != nil {
		return nil, err
	}
	ask := audience.Request{Kind: kind, Members: body.Members, DefaultRegion: body.DefaultRegion, Declaration: body.Declaration}
	if body.EffectiveAt != nil {
		ask.EffectiveAt = *body.EffectiveAt
	}
	if body.ExpiresAt != nil {
		ask.ExpiresAt = *body.ExpiresAt
	}
	v, err := d.Audiences.Change(context.WithoutCancel(ctx), actor, selvedge.AudienceID(r.PathValue("audience")), ask)
	return batchOf(v), err
}

func (d *door) sealDraft(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	v, err := d.Audiences.Seal(ctx, actor, selvedge.AudienceID(r.PathValue("audience")))
	return draftOf(v), err
}

func (d *door) listVersions(ctx context.Context, actor selvedge.Actor, r *http.Request) (any, error) {
	t, err := d.turnOf(actor, r)
	if err != nil {
		return nil, err
	}
	vs, err := d.Audiences.Versions(ctx, actor, selvedge.AudienceID(r.PathValue("audience")), t.numberOf())
	if err != nil {
		return nil, err
	}
	out := firstOf(t, vs, versionName, versionOf)
	// The versions of an audience are numbered from 1 without a gap.
	if n := len(vs); n == t.limit && vs[n-1].Number > 1 {
		out.Next = t.cursor(versionName(vs[n-1]))
	}
	return out, nil
}

func versionName(v audience.VersionView) string { return strconv.FormatInt(v.Number, 10) }
