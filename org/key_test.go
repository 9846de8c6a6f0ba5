package org_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/org"
)

// searchFiles returns how many files below a folder hold a text.
func searchFiles(t *testing.T, dir, text string) (n int) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRefusalsAreOne: whatever is wrong with a key, the answer is the same.
func TestRefusalsAreOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, "refusals")
	_, key := b.create(t, "Acme", org.Advertiser)
	_, other := b.create(t, "Bolt", org.Advertiser)
	suspended, suspendedKey := b.create(t, "Cord", org.Partner)
	b.sql(t, "UPDATE org SET state = 'suspended' WHERE id = ?", string(suspended.ID))
	_, orphanKey := b.create(t, "Dust", org.Partner)
	b.sql(t, "DELETE FROM org WHERE name = 'Dust'")
	last := key[len(key)-1:]
	wrong := key[:len(key)-1] + map[bool]string{true: "A", false: "B"}[last != "A"]
	cut := len("slv_") + 16 + 1

	want := "the key is not known"
	for name, bearer := range map[string]string{
		"empty":                     "",
		"no key at all":             "hello",
		"another prefix":            "svl_" + key[4:],
		"no secret part":            key[:cut-1],
		"an empty secret part":      key[:cut],
		"a short secret part":       key[:len(key)-1],
		"a long secret part":        key + "A",
		"a short public part":       "slv_" + key[5:],
		"unknown":                   "slv_0123456789abcdef" + key[cut-1:],
		"a wrong secret":            wrong,
		"the secret of another org": key[:cut] + other[cut:],
		"public part in capitals":   "slv_" + strings.ToUpper(key[4:cut]) + key[cut:],
		"of a suspended org":        suspendedKey,
		"of an org that is gone":    orphanKey,
		"with a blank after it":     key + " ",
	} {
		actor, err := b.Authenticate(t.Context(), bearer)
		wantCode(t, err, selvedge.CodeUnauthenticated, "")
		if err.Error() != want {
			t.Errorf("%s: refused with %q, want %q", name, err, want)
		}
		if actor != (selvedge.Actor{}) {
			t.Errorf("%s: refused, and yet acts as %s", name, actor.Role())
		}
	}
	if _, err := b.Authenticate(t.Context(), key); err != nil {
		t.Errorf("the right key: %v", err)
	}
}

// TestKeyExpires asks at the last moment of a key's life and at the next.
func TestKeyExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t, "expiry")
	_, orgKey := b.create(t, "Acme", org.Advertiser)
	platformKey, err := b.IssuePlatformKey(t.Context(), anna, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	operatorKey, _ := b.operatorKey(t, "alice")
	b.clock.Add(org.KeyLife - time.Microsecond)
	for _, key := range []string{orgKey, platformKey, operatorKey} {
		if _, err := b.Authenticate(t.Context(), key); err != nil {
			t.Errorf("a moment before the end: %v", err)
		}
	}
	b.clock.Add(time.Microsecond)
	for _, key := range []string{orgKey, platformKey, operatorKey} {
		_, err := b.Authenticate(t.Context(), key)
		wantCode(t, err, selvedge.CodeUnauthenticated, "")
		if err.Error() != "the key is not known" {
			t.Errorf("an expired key is refused with %q", err)
		}
	}
}

// TestPlatformKey: it acts for the platform and for no org, and an org's state
// has nothing to do with it.
func TestPlatformKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "platform")
	key, err := b.IssuePlatformKey(t.Context(), anna, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	actor, err := b.Authenticate(t.Context(), key)
	if err != nil || actor.Role() != selvedge.PlatformRole {
		t.Fatalf("acts as %s, %v", actor.Role(), err)
	}
	if id, ok := actor.Org(); ok || id != "" {
		t.Errorf("acts for org %q", id)
	}
	if actor.Name() != key[4:20] {
		t.Error("the ledger would not say which key it was")
	}
	entries := b.column(t, "SELECT space || ' ' || kind || ' ' || body FROM ledger_entry")
	if want := `registry key.issued {"key":"` + key[4:20] + `","role":"platform"}`; len(entries) != 1 || entries[0] != want {
		t.Errorf("entered %v, want %s", entries, want)
	}
}

// TestUnknownRoleIsNobody: a key whose role nobody knows may do nothing, even if
// it is the right one.
func TestUnknownRoleIsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, "role")
	key, err := b.IssuePlatformKey(t.Context(), anna, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []selvedge.Role{selvedge.Nobody, selvedge.SystemRole, 200} {
		b.sql(t, "UPDATE access_key SET role = ?", int(role))
		actor, _ := b.Authenticate(t.Context(), key)
		if actor != (selvedge.Actor{}) {
			t.Errorf("a key of role %d acts as %s", role, actor.Role())
		}
	}
}

// FuzzAuthenticate: of all texts only the key itself opens, and every other one
// is refused with the same words.
func FuzzAuthenticate(f *testing.F) {
	b := newBench(f, "fuzz")
	_, key := b.create(f, "Acme", org.Advertiser)
	for _, seed := range []string{
		key, "", "slv_", "slv__", key[:21], "slv_0123456789abcdef_" + strings.Repeat("A", 43), key + "\x00", " " + key,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bearer string) {
		actor, err := b.Authenticate(t.Context(), bearer)
		if bearer == key {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if actor != (selvedge.Actor{}) || selvedge.CodeOf(err) != selvedge.CodeUnauthenticated || err.Error() != "the key is not known" {
			t.Fatalf("acts as %s, %v", actor.Role(), err)
		}
	})
}
