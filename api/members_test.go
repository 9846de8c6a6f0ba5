package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestMembersOverHTTP: a sync with the client, from the first batch to the
// versions.
func TestMembersOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := &api.Client{URL: p.http.URL, Key: p.acme}
	ctx := t.Context()
	until := p.clock.Now().Add(24 * time.Hour)
	got, err := c.AddMembers(ctx, p.audience, api.Members{
		Members:   []list.Member{{ExternalID: "1", Emails: []string{"ada@example.com"}}, {Emails: []string{"x"}}},
		ExpiresAt: &until, Declaration: listtest.Granted(),
	})
	must(t, err)
	want := []list.Fault{{Index: 1, Refusals: []list.FieldRefusal{{Field: "emails", Reason: "not_an_email"}}}}
	if diff := cmp.Diff(want, got.Faults); diff != "" || got.List.Kind != list.Add || !got.List.ExpiresAt.Equal(until) || got.List.Report.Rows.Used != 1 || got.List.Advice["not_an_email"] == "" {
		t.Errorf("added %+v:\n%s", got, diff)
	}
	removed, err := c.RemoveMembers(ctx, p.audience, api.Members{Members: []list.Member{{ExternalID: "1"}}})
	must(t, err)
	if removed.List.ExpiresAt != nil || removed.List.EffectiveAt != nil || removed.List.Kind != list.Remove || removed.Faults == nil {
		t.Errorf("removed %+v", removed)
	}
	if _, err := c.ReplaceMembers(ctx, p.audience, api.Members{}); err != nil {
		t.Error(err)
	}
	d, err := c.SealDraft(ctx, p.audience)
	must(t, err)
	if again, err := c.SealDraft(ctx, p.audience); d.Lists != 3 || again.Lists != 0 || err != nil {
		t.Errorf("sealed %+v, then %+v, %v", d, again, err)
	}
	vs, err := c.Versions(ctx, p.audience, "")
	if err != nil || len(vs.Items) != 0 || vs.Next != "" {
		t.Errorf("before it is published: %+v, %v", vs, err)
	}
	servertest.Drain(t, p.Server, p.clock)
	p.clock.Add(2 * time.Minute)
	vs, err = c.Versions(ctx, p.audience, "")
	must(t, err)
	if len(vs.Items) != 1 || vs.Items[0].Number != 1 || !vs.Items[0].SealedAt.Equal(start) || vs.Next != "" {
		t.Errorf("versions %+v", vs)
	}
	l, err := c.List(ctx, p.audience, got.List.ID)
	if err != nil || l.Status != audience.Ready {
		t.Errorf("the batch is %+v, %v", l, err)
	}
}

// TestVersionPages: pages by cursor, and nothing but a cursor that was given.
func TestVersionPages(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := &api.Client{URL: p.http.URL, Key: p.acme}
	actor, err := p.Orgs.Authenticate(t.Context(), p.acme)
	must(t, err)
	for range audience.Page + 5 {
		_, err := p.Audiences.Change(t.Context(), actor, p.audience, audience.Request{Declaration: listtest.Granted(), Kind: list.Replace})
		must(t, err)
		_, err = p.Audiences.Seal(t.Context(), actor, p.audience)
		must(t, err)
	}
	servertest.Drain(t, p.Server, p.clock)
	p.clock.Add(2 * time.Minute)
	var numbers []int64
	cursor, pages := "", 0
	for {
		vs, err := c.Versions(t.Context(), p.audience, cursor)
		must(t, err)
		pages++
		for _, v := range vs.Items {
			numbers = append(numbers, v.Number)
		}
		if vs.Next == "" {
			break
		}
		cursor = vs.Next
	}
	var want []int64
	for n := range int64(audience.Page + 5) {
		want = append([]int64{n + 1}, want...)
	}
	if !slices.Equal(numbers, want) || pages != 2 {
		t.Errorf("%d pages of %v", pages, numbers)
	}
	for _, cursor := range []string{"x", "djA", "dg", "LTE", "v1", cursor + "="} {
		_, err := c.Versions(t.Context(), p.audience, cursor)
		if e, ok := errors.AsType[*selvedge.Error](err); !ok || e.Code != selvedge.CodeInvalid || e.Field != "cursor" {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// TestBatchSizes: five thousand members and more are taken, and the caps are said.
func TestBatchSizes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	path := "/v1/audiences/" + string(p.audience) + "/members:add"
	batch := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"members":[`)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"external_id":"c-%d","emails":["person%d@example.com"]}`, i, i)
		}
		return b.String() + `],"ad_user_data":"granted","ad_personalization":"granted"}`
	}
	post := func(body string) answer {
		return p.ask(t, p.acme, "POST", path, body, "Content-Type", "application/json")
	}
	if a := post(batch(20_000)); a.status != http.StatusCreated || !strings.Contains(a.body, `"read":20000,"used":20000`) {
		t.Errorf("20,000: %d %.300s", a.status, a.body)
	}
	problem(t, post(batch(list.MaxMembers+1)), 413, selvedge.CodeTooLarge)
	problem(t, post(`{"default_region":"`+strings.Repeat("x", 33<<20)+`"}`), 413, selvedge.CodeTooLarge)
	problem(t, post(`{"members":[]}`), 400, selvedge.CodeInvalid)
}
