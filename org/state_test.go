package org_test

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

var (
	amy = selvedge.OperatorByKey("amy", "k1")
	ben = selvedge.OperatorByKey("ben", "k2")
)

// wantReason fails the test unless the error has a code and a reason.
func wantReason(t *testing.T, what string, err error, code selvedge.Code, reason string) {
	t.Helper()
	e, ok := errors.AsType[*selvedge.Error](err)
	if !ok || e.Code != code || e.Reason != reason {
		t.Errorf("%s: %v, want %s %s", what, err, code, reason)
	}
}

// TestTwoOperators: an org that one proposes is approved by another, whose names
// keys have proved, and until then nothing opens.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	b := newBench(t, "two")
	_, err := b.Propose(t.Context(), anna, "Acme", "Acme Ltd", org.Advertiser)
	wantReason(t, "a name that nothing proves", err, selvedge.CodeForbidden, "no_key")
	o, err := b.Propose(t.Context(), amy, "Acme", "Acme Ltd", org.Advertiser)
	if err != nil || o.State != org.Pending || o.CreatedBy != "amy" {
		t.Fatalf("%+v, %v", o, err)
	}
	secret, _, err := b.IssueOrgKey(t.Context(), amy, o.ID, "first", selvedge.AllScopes)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Authenticate(t.Context(), secret)
	wantCode(t, err, selvedge.CodeUnauthenticated, "")
	_, err = b.Approve(t.Context(), amy, o.ID)
	wantReason(t, "who proposed", err, selvedge.CodeForbidden, "same_operator")
	_, err = b.Approve(t.Context(), selvedge.OperatorByKey("amy", "another"), o.ID)
	wantReason(t, "another key of the same name", err, selvedge.CodeForbidden, "same_operator")
	_, err = b.Approve(t.Context(), anna, o.ID)
	wantReason(t, "a name that nothing proves", err, selvedge.CodeForbidden, "no_key")
	if o, err = b.Approve(t.Context(), ben, o.ID); err != nil || o.State != org.Active {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := b.Authenticate(t.Context(), secret); err != nil {
		t.Errorf("approved: %v", err)
	}
}

// TestStates: each act is possible in one state alone, entered, and a change of
// the org.
func TestStates(t *testing.T) {
	t.Parallel()
	b := newBench(t, "states")
	resumed := 0
	b.Resumed = func(context.Context, selvedge.Tx) error { resumed++; return nil }
	o, key := b.create(t, "Acme", org.Advertiser)
	other, otherKey := b.create(t, "Bolt", org.Advertiser)
	_, err := b.Approve(t.Context(), ben, o.ID)
	wantReason(t, "approve an active one", err, selvedge.CodeConflict, "not_pending")
	_, err = b.Reactivate(t.Context(), anna, o.ID)
	wantReason(t, "reactivate an active one", err, selvedge.CodeConflict, "not_suspended")
	if got, err := b.Suspend(t.Context(), anna, o.ID); err != nil || got.State != org.Suspended {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = b.Authenticate(t.Context(), key)
	wantCode(t, err, selvedge.CodeUnauthenticated, "")
	if err.Error() != "the key is not known" {
		t.Errorf("it says %q", err)
	}
	if _, err := b.Authenticate(t.Context(), otherKey); err != nil {
		t.Errorf("another org: %v", err)
	}
	_, err = b.Suspend(t.Context(), anna, o.ID)
	wantReason(t, "suspend it again", err, selvedge.CodeConflict, "not_active")
	if got, err := b.Reactivate(t.Context(), anna, o.ID); err != nil || got.State != org.Active {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := b.Authenticate(t.Context(), key); err != nil {
		t.Errorf("active again: %v", err)
	}
	if resumed != 1 {
		t.Errorf("resumed %d times", resumed)
	}
	for _, act := range []func(ctx context.Context, a selvedge.Actor, id selvedge.OrgID) (org.Org, error){b.Approve, b.Suspend, b.Reactivate} {
		_, err := act(t.Context(), ben, "org_none")
		wantCode(t, err, selvedge.CodeNotFound, "")
		for _, actor := range []selvedge.Actor{{}, selvedge.Platform("k"), selvedge.OrgActor(o.ID, "k"), selvedge.System("x")} {
			_, err := act(t.Context(), actor, other.ID)
			wantCode(t, err, selvedge.CodeForbidden, "")
		}
	}
	got := b.column(t, "SELECT space || ' ' || kind || ' ' || actor || ' ' || body FROM ledger_entry WHERE kind LIKE 'org.%' AND kind <> 'org.created' ORDER BY rowid")
	want := []string{`ads org.suspended anna {"org":"` + string(o.ID) + `"}`, `ads org.reactivated anna {"org":"` + string(o.ID) + `"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entered:\n%s", diff)
	}
	if got := b.column(t, "SELECT subject FROM change_ads WHERE kind = 'org' AND subject = '"+string(o.ID)+"'"); len(got) != 3 {
		t.Errorf("%d changes of the org", len(got))
	}
}

// TestTerms: the first version is in force from the beginning; an acceptance is
// of the one in force, once, and entered with who gave it.
func TestTerms(t *testing.T) {
	t.Parallel()
	b := newBench(t, "terms")
	o, key := b.create(t, "Acme", org.Advertiser)
	other, _ := b.create(t, "Bolt", org.Advertiser)
	actor, err := b.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	first, accepted, err := b.Terms(t.Context(), actor)
	if err != nil || first != org.FirstTerms() || first.Version != 1 || accepted != nil {
		t.Fatalf("version %d, %+v, %v", first.Version, accepted, err)
	}
	_, err = b.Accept(t.Context(), actor, other.ID, 1)
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, err = b.Accept(t.Context(), actor, "org_none", 1)
	wantCode(t, err, selvedge.CodeNotFound, "")
	for _, version := range []int64{0, 2} {
		_, err = b.Accept(t.Context(), actor, o.ID, version)
		wantReason(t, "another version", err, selvedge.CodeConflict, "not_current")
	}
	want := org.Acceptance{Org: o.ID, Version: 1, SHA256: first.SHA256, At: start, Role: selvedge.OrgRole, By: key[4:20]}
	for range 2 {
		if a, err := b.Accept(t.Context(), actor, o.ID, 1); err != nil || a != want {
			t.Errorf("%+v, %v", a, err)
		}
		b.clock.Add(time.Hour)
	}
	if _, got, err := b.Terms(t.Context(), actor); err != nil || got == nil || *got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if a, err := b.Accept(t.Context(), anna, other.ID, 1); err != nil || a.Role != selvedge.OperatorRole || a.By != "anna" {
		t.Errorf("on paper: %+v, %v", a, err)
	}
	_, err = b.PublishTerms(t.Context(), anna, first.Text)
	wantReason(t, "the same text", err, selvedge.CodeConflict, "terms_unchanged")
	for _, text := range []string{"", "a\xff", strings.Repeat("x", org.MaxTerms+1)} {
		_, err = b.PublishTerms(t.Context(), anna, text)
		wantReason(t, "no text", err, selvedge.CodeInvalid, "bad_text")
	}
	if second, err := b.PublishTerms(t.Context(), anna, "Other"); err != nil || second.Version != 2 || second.PublishedBy != "anna" {
		t.Errorf("%+v, %v", second, err)
	}
	if _, got, err := b.Terms(t.Context(), actor); err != nil || got != nil {
		t.Errorf("accepted before it was read: %+v, %v", got, err)
	}
	for _, a := range []selvedge.Actor{{}, selvedge.Platform("k"), actor, selvedge.System("x")} {
		_, err := b.PublishTerms(t.Context(), a, "Mine")
		wantCode(t, err, selvedge.CodeForbidden, "")
	}
	got := b.column(t, "SELECT kind || ' ' || role FROM ledger_entry WHERE kind LIKE 'terms.%' ORDER BY rowid")
	if diff := cmp.Diff([]string{"terms.accepted org", "terms.accepted operator", "terms.published operator"}, got); diff != "" {
		t.Errorf("entered:\n%s", diff)
	}
}

// TestFirstTermsStand: orgs have accepted this text under its digest. Another
// text is another version; publish it.
func TestFirstTermsStand(t *testing.T) {
	t.Parallel()
	if sum := org.FirstTerms().SHA256; hex.EncodeToString(sum[:]) != "be6418a595e46c677cdd89b08876c25b6f8eb8e1ffe325f9dca5835071e40133" {
		t.Errorf("the first terms were changed: %x", sum)
	}
}

// TestTwoKeys: at most two are valid, of one org, whoever issues them; those that
// are over make room; and an org cannot lock itself out.
func TestTwoKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, "keys")
	o, key := b.create(t, "Acme", org.Advertiser)
	other, otherKey := b.create(t, "Bolt", org.Advertiser)
	actor, err := b.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.RevokeOrgKey(t.Context(), actor, o.ID, key[4:20])
	wantReason(t, "the last key", err, selvedge.CodeConflict, "last_key")
	_, err = b.RevokeOrgKey(t.Context(), actor, o.ID, otherKey[4:20])
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, err = b.RevokeOrgKey(t.Context(), actor, other.ID, otherKey[4:20])
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, err = b.RevokeOrgKey(t.Context(), anna, o.ID, otherKey[4:20])
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, err = b.OrgKeys(t.Context(), actor, other.ID)
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, _, err = b.IssueOrgKey(t.Context(), actor, other.ID, "mine", selvedge.ReadAudiences)
	wantCode(t, err, selvedge.CodeNotFound, "")
	_, _, err = b.IssueOrgKey(t.Context(), actor, o.ID, "none", 0)
	wantCode(t, err, selvedge.CodeInvalid, "scopes")

	narrow, k, err := b.IssueOrgKey(t.Context(), actor, o.ID, "reader", selvedge.ReadAudiences|selvedge.ManageKeys)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := b.Authenticate(t.Context(), narrow)
	if err != nil || reader.Scopes() != k.Scopes {
		t.Errorf("scopes %v, %v", reader.Scopes().Words(), err)
	}
	for _, who := range []selvedge.Actor{actor, anna} {
		_, _, err = b.IssueOrgKey(t.Context(), who, o.ID, "third", selvedge.ReadAudiences)
		wantReason(t, "a third key", err, selvedge.CodeConflict, "two_keys")
	}
	_, _, err = b.IssueOrgKey(t.Context(), reader, o.ID, "more", selvedge.WriteAudiences)
	wantReason(t, "more than it has", err, selvedge.CodeForbidden, "scope")
	if _, err := b.RevokeOrgKey(t.Context(), reader, o.ID, key[4:20]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.IssueOrgKey(t.Context(), reader, o.ID, "third", selvedge.ReadAudiences); err != nil {
		t.Errorf("after one was revoked: %v", err)
	}
	b.clock.Add(org.KeyLife)
	if _, _, err := b.IssueOrgKey(t.Context(), anna, o.ID, "after", selvedge.AllScopes); err != nil {
		t.Errorf("after all expired: %v", err)
	}
	ks, err := b.OrgKeys(t.Context(), anna, o.ID)
	if err != nil || len(ks) != 4 {
		t.Fatalf("%d keys, %v", len(ks), err)
	}
	last := ks[slices.IndexFunc(ks, func(k org.Key) bool { return k.Name == "after" })]
	if _, err := b.RevokeOrgKey(t.Context(), anna, o.ID, last.Public); err != nil {
		t.Errorf("an operator and the last key: %v", err)
	}
}
