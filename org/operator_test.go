package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// TestOperatorNames: what is one name to a reader is one name, and what could
// pass for another one is none.
func TestOperatorNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"as it is":              {"alice", "alice"},
		"capitals":              {"Alice", "alice"},
		"all capitals":          {"ALICE", "alice"},
		"a blank behind":        {"alice ", "alice"},
		"blanks around":         {"\t alice \n", "alice"},
		"no-break blank behind": {"alice\u00a0", "alice"},
		"two parts":             {"Alice.Smith", "alice.smith"},
		"a number":              {"alice-2_b", "alice-2_b"},
		"the longest":           {strings.Repeat("a", 64), strings.Repeat("a", 64)},
	} {
		if got, err := org.ParseOperatorName(c.in); got != c.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "blanks": " \u00a0 ", "too long": strings.Repeat("a", 65), "a blank inside": "alice smith", "a digit first": "2alice",
		"an address": "alice@example.com", "a number": "+447700900123", "a dot first": ".alice", "a dot last": "alice.", "two dots": "alice..smith",
		"a line break": "alice\nbob", "an accent": "zoë", "an accent of its own": "zoe\u0308", "a Cyrillic a": "\u0430lice", "a wide letter": "\uff41lice",
		"a sign that is not seen": "al\u200bice", "one behind": "alice\u200b", "the Kelvin sign": "\u212aate", "a dotted capital I": "al\u0130ce",
		"a dotless i": "al\u0131ce", "a long s": "e\u017fe", "no UTF-8": "alice\xff", "NUL": "alice\x00",
	} {
		got, err := org.ParseOperatorName(in)
		wantCode(t, err, selvedge.CodeInvalid, "name")
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
		if len(in) > 3 && strings.Contains(err.Error(), in) {
			t.Errorf("%s: the error repeats the name", name)
		}
	}
}

// TestOperatorNameIsOne: a name is its own name, and whatever is taken differs
// from it in capitals and blanks around it alone.
func TestOperatorNameIsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t]?[a-zA-Z0-9._-]{0,8}[a-zA-Z\x{212a}\x{17f}][ \x{a0}]?`)).Draw(t, "name")
		name, err := org.ParseOperatorName(in)
		if err != nil {
			return
		}
		if again, err := org.ParseOperatorName(name); again != name || err != nil {
			t.Fatalf("%q becomes %q, %v", name, again, err)
		}
		if !strings.EqualFold(strings.TrimSpace(in), name) || len(strings.TrimSpace(in)) != len(name) {
			t.Fatalf("%q is taken for %q", in, name)
		}
	})
}

func (b *bench) operatorKey(t *testing.T, name string) (key string, actor selvedge.Actor) {
	t.Helper()
	key, err := b.IssueOperatorKey(t.Context(), anna, name)
	if err != nil {
		t.Fatal(err)
	}
	actor, err = b.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return key, actor
}

// TestOperatorKey: the key proves the name, and all keys of one name are one
// person's.
func TestOperatorKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "operator")
	key, actor := b.operatorKey(t, "Alice ")
	if actor != selvedge.OperatorByKey("alice", key[4:20]) {
		t.Errorf("acts as %s %q with key %q", actor.Role(), actor.Name(), actor.Key())
	}
	if second, other := b.operatorKey(t, "alice"); other.Name() != actor.Name() || other.Key() == actor.Key() || second == key {
		t.Errorf("the second key acts as %q with key %q", other.Name(), other.Key())
	}
	entries := b.column(t, "SELECT space || ' ' || kind || ' ' || actor || ' ' || body FROM ledger_entry ORDER BY rowid LIMIT 1")
	if want := `registry key.issued anna {"key":"` + key[4:20] + `","role":"operator","operator":"alice"}`; len(entries) != 1 || entries[0] != want {
		t.Errorf("entered %v, want %s", entries, want)
	}
	if n := searchFiles(t, strings.TrimSuffix(b.path, "/selvedge.db"), key[21:]); n != 0 {
		t.Errorf("the secret part stands in %d files", n)
	}
	_, err := b.IssueOperatorKey(t.Context(), anna, "a b")
	wantCode(t, err, selvedge.CodeInvalid, "name")
}

// TestRevokedKey: of every kind, it is refused like one that never was, from the
// moment of the revocation on and for ever.
func TestRevokedKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "revoked")
	orgOf, orgKey := b.create(t, "Acme", org.Advertiser)
	platformKey, err := b.IssuePlatformKey(t.Context(), anna, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	operatorKey, _ := b.operatorKey(t, "alice")
	spare, _ := b.operatorKey(t, "alice")
	for range 2 { // the second time changes nothing
		for _, key := range []string{orgKey, platformKey, operatorKey} {
			if err := b.RevokeKey(t.Context(), anna, key[4:20]); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{orgKey, platformKey, operatorKey} {
			actor, err := b.Authenticate(t.Context(), key)
			wantCode(t, err, selvedge.CodeUnauthenticated, "")
			if err.Error() != "the key is not known" || actor != (selvedge.Actor{}) {
				t.Errorf("refused with %q as %s", err, actor.Role())
			}
		}
		b.clock.Add(time.Hour)
	}
	if _, err := b.Authenticate(t.Context(), spare); err != nil {
		t.Errorf("another key of the same name: %v", err)
	}
	entered := b.column(t, "SELECT space || ' ' || actor || ' ' || body FROM ledger_entry WHERE kind = 'key.revoked' ORDER BY rowid")
	var want []string
	for _, key := range []string{orgKey, platformKey, operatorKey} {
		want = append(want, `registry anna {"key":"`+key[4:20]+`"}`)
	}
	if diff := cmp.Diff(want, entered); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
	keys, err := b.Keys(t.Context(), anna)
	if err != nil || len(keys) != 4 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		if k.RevokedAt.IsZero() != (k.Public == spare[4:20]) || !k.RevokedAt.IsZero() && !k.RevokedAt.Equal(start) {
			t.Errorf("key of %s %q%q revoked at %v", k.Role, k.Org, k.Name, k.RevokedAt)
		}
	}
	if orgOf.ID != keys[0].Org && orgOf.ID != keys[1].Org && orgOf.ID != keys[2].Org && orgOf.ID != keys[3].Org {
		t.Error("no key is the org's")
	}
	err = b.RevokeKey(t.Context(), anna, "0123456789abcdef")
	wantCode(t, err, selvedge.CodeNotFound, "")
}

func TestWhoMayHandleKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, "handle")
	key, _ := b.operatorKey(t, "alice")
	before := b.column(t, "SELECT body FROM ledger_entry")
	for _, actor := range []selvedge.Actor{{}, selvedge.Platform("k"), selvedge.OrgActor("org_a", "k"), selvedge.System("matcher")} {
		secret, err := b.IssueOperatorKey(t.Context(), actor, "mallory")
		wantCode(t, err, selvedge.CodeForbidden, "")
		wantCode(t, b.RevokeKey(t.Context(), actor, key[4:20]), selvedge.CodeForbidden, "")
		keys, err := b.Keys(t.Context(), actor)
		wantCode(t, err, selvedge.CodeForbidden, "")
		if secret != "" || keys != nil {
			t.Errorf("%s was given keys", actor.Role())
		}
	}
	if diff := cmp.Diff(before, b.column(t, "SELECT body FROM ledger_entry")); diff != "" {
		t.Errorf("entered:\n%s", diff)
	}
	if _, err := b.Authenticate(t.Context(), key); err != nil {
		t.Error(err)
	}
}
