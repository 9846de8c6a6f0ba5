package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
)

// asker is a sender of lists: an org of a legal entity of its own, so that what
// others were told has no part in what it is told.
type asker struct {
	*stage
	org  selvedge.OrgID
	key  string
	said []answer // all that it was told
	figs int      // figures that it may have spent
}

// newAsker makes an org, has the second operator approve it, and accepts the
// terms.
func (s *stage) newAsker(ctx context.Context, kind org.Kind) (*asker, error) {
	s.orgs++
	made, err := readFrom[api.Org](s.post(ctx, s.keys.operator, "make an org", "/v1/orgs", api.CreateOrg{
		Name: fmt.Sprint("Sender ", s.orgs), LegalEntity: fmt.Sprintf("Sender %d Ltd", s.orgs), Kind: kind,
	}))
	if err != nil {
		return nil, err
	}
	path := "/v1/orgs/" + string(made.ID)
	if _, err := s.post(ctx, s.keys.second, "approve an org", path+":approve", nil); err != nil {
		return nil, err
	}
	key, err := readFrom[api.IssuedKey](s.post(ctx, s.keys.operator, "issue a key", path+"/keys", api.IssueKey{Name: "audit", Scopes: selvedge.AllScopes.Words()}))
	if err != nil {
		return nil, err
	}
	terms, err := readFrom[api.Terms](s.get(ctx, key.Secret, "read the terms", "/v1/terms"))
	if err != nil {
		return nil, err
	}
	if _, err := s.post(ctx, key.Secret, "accept the terms", "/v1/terms:accept", api.AcceptTerms{Version: terms.Version}); err != nil {
		return nil, err
	}
	return &asker{stage: s, org: made.ID, key: key.Secret}, nil
}

// tell sends a request as the org and keeps the answer, whatever it is.
func (a *asker) tell(ctx context.Context, what, method, path, kind string, body []byte) (answer, error) {
	got, err := a.ask(ctx, question{what, a.key, method, path, kind, body})
	if err == nil {
		a.said = append(a.said, got)
	}
	return got, err
}

// audience makes an audience.
func (a *asker) audience(ctx context.Context) (selvedge.AudienceID, error) {
	made, err := readFrom[api.Audience](a.tell(ctx, "make an audience", http.MethodPost, "/v1/audiences", "application/json", []byte(`{"name":"audit"}`)))
	return made.ID, err
}

func at(id selvedge.AudienceID) string { return "/v1/audiences/" + string(id) }

// upload sends a file to an audience. The answer may be a refusal.
func (a *asker) upload(ctx context.Context, id selvedge.AudienceID, csv []byte) (answer, error) {
	return a.tell(ctx, "upload a list", http.MethodPost, at(id)+"/lists?ad_user_data=granted&ad_personalization=granted&default_region=GB", "text/csv", csv)
}

// change sends a batch to an audience: add, remove or replace.
func (a *asker) change(ctx context.Context, id selvedge.AudienceID, verb string, rows []row) (answer, error) {
	body, err := json.Marshal(api.Members{Members: batch(rows), DefaultRegion: "GB", Declaration: list.Declaration{
		Consents: list.Consents{AdUserData: list.Granted, AdPersonalization: list.Granted},
	}})
	if err != nil {
		return answer{}, err
	}
	return a.tell(ctx, verb+" members", http.MethodPost, at(id)+"/members:"+verb, "application/json", body)
}

func (a *asker) seal(ctx context.Context, id selvedge.AudienceID) (answer, error) {
	return a.tell(ctx, "seal", http.MethodPost, at(id)+"/versions:seal", "", nil)
}

// sealed seals an audience's draft and lets it be published.
func (a *asker) sealed(ctx context.Context, id selvedge.AudienceID) error {
	got, err := a.seal(ctx, id)
	if err == nil {
		err = got.ok()
	}
	if err == nil {
		err = a.settle(ctx)
	}
	a.tick()
	return err
}

// The figures of a legal entity (docs/api.md).
const (
	perDay   = 20
	perMonth = 200
)

// allow moves the clock on before a figure that the day, or the month, would not
// have any more.
func (a *asker) allow() {
	if a.figs++; a.figs%(perMonth-perDay) == 0 {
		a.clock.Add(31 * 24 * time.Hour)
	}
	if a.figs%(perDay-1) == 0 {
		a.nextDay()
	}
}

// look reads all that an org can read of an audience, and returns the audience.
func (a *asker) look(ctx context.Context, id selvedge.AudienceID) (api.Audience, error) {
	for _, what := range []string{"/lists", "/versions"} {
		if _, err := a.tell(ctx, "read "+what[1:], http.MethodGet, at(id)+what, "", nil); err != nil {
			return api.Audience{}, err
		}
	}
	return readFrom[api.Audience](a.tell(ctx, "read the audience", http.MethodGet, at(id), "", nil))
}

// sized makes an audience of one file and returns it as it is once it was
// published.
func (a *asker) sized(ctx context.Context, csv []byte) (api.Audience, error) {
	id, err := a.audience(ctx)
	if err != nil {
		return api.Audience{}, err
	}
	if err := a.uploaded(ctx, id, csv); err != nil {
		return api.Audience{}, err
	}
	if err := a.settle(ctx); err != nil {
		return api.Audience{}, err
	}
	a.tick()
	return a.ready(ctx, id)
}

// uploaded uploads a file, which must be taken.
func (a *asker) uploaded(ctx context.Context, id selvedge.AudienceID, csv []byte) error {
	got, err := a.upload(ctx, id, csv)
	if err != nil {
		return err
	}
	return got.ok()
}

// ready looks at an audience of which nothing may wait any more.
func (a *asker) ready(ctx context.Context, id selvedge.AudienceID) (api.Audience, error) {
	v, err := a.look(ctx, id)
	if err == nil && v.Status != audience.Ready {
		err = fmt.Errorf("an audience is %s after its tick", v.Status)
	}
	return v, err
}

// size is the range of an audience, as its org reads it.
func size(v api.Audience) string {
	if v.Size == nil {
		return "none"
	}
	return v.Size.String()
}

// pair are two senders who do the same at the same times. One row of what they
// send differs.
type pair struct{ probe, dummy *asker }

func (s *stage) newPair(ctx context.Context) (pair, error) {
	probe, err := s.newAsker(ctx, org.Advertiser)
	if err != nil {
		return pair{}, err
	}
	dummy, err := s.newAsker(ctx, org.Advertiser)
	return pair{probe, dummy}, err
}

// pause lets the pace of both recover, which is told to them.
const pause = 100 * time.Millisecond

// both has each do something, side by side and at the same time of the clock.
func (p pair) both(do func(a *asker, probing bool) error) error {
	defer p.probe.clock.Add(pause)
	var other error
	var doing sync.WaitGroup
	doing.Go(func() { other = do(p.dummy, false) })
	err := do(p.probe, true)
	doing.Wait()
	return errors.Join(err, other)
}

// sized has both make an audience of a file each, looking at everything before and
// after the tick.
func (p pair) sized(ctx context.Context, probe, dummy []byte) (a, b api.Audience, err error) {
	ids := map[bool]*selvedge.AudienceID{true: new(selvedge.AudienceID), false: new(selvedge.AudienceID)}
	seen := map[bool]*api.Audience{true: &a, false: &b}
	csv := map[bool][]byte{true: probe, false: dummy}
	steps := []func(a *asker, probing bool) error{
		func(a *asker, probing bool) (err error) {
			*ids[probing], err = a.audience(ctx)
			return err
		},
		func(a *asker, probing bool) error { return a.uploaded(ctx, *ids[probing], csv[probing]) },
		func(a *asker, probing bool) error {
			_, err := a.look(ctx, *ids[probing])
			return err
		},
	}
	for _, do := range steps {
		if err := p.both(do); err != nil {
			return a, b, err
		}
	}
	if err := p.probe.settle(ctx); err != nil {
		return a, b, err
	}
	if err := p.both(steps[2]); err != nil { // it was matched, and nothing shows before the tick
		return a, b, err
	}
	p.probe.tick()
	err = p.both(func(a *asker, probing bool) (err error) {
		*seen[probing], err = a.ready(ctx, *ids[probing])
		return err
	})
	return a, b, err
}

// differ returns where the two were told something else, "" if nowhere.
func (p pair) differ() string {
	if len(p.probe.said) != len(p.dummy.said) {
		return fmt.Sprintf("%d answers against %d", len(p.probe.said), len(p.dummy.said))
	}
	// From the beginning: a name is what it is by its place in all answers.
	one, two := idNames{}, idNames{}
	for i := range p.probe.said {
		if d := difference(p.probe.said[i].plain(one), p.dummy.said[i].plain(two)); d != "" {
			return fmt.Sprintf("answer %d (%s): %s", i+1, p.probe.said[i].what, d)
		}
	}
	return ""
}

// bytes counts what the sender who probes was told.
func (p pair) bytes() (n int) {
	for _, a := range p.probe.said {
		n += len(a.body)
	}
	return n
}
