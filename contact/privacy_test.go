package contact_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/internal/secret"
)

// canaries are addresses that are easy to find again.
var canaries = []string{"canary.bird+x@gmail.com", "canary@songbirds.example", "+447700900987"}

// traces are all the ways in which an address could be left behind: as it is
// written, without what varies, and its hash in whole or as the half that a
// token is made of.
func traces() map[string][]byte {
	out := map[string][]byte{}
	add := func(what, s string) {
		out[what+" as it is"] = []byte(s)
		out[what+" in hex"] = []byte(hex.EncodeToString([]byte(s)))
		out[what+" in base64"] = []byte(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "=")[:len(s)])
		sum := sha256.Sum256([]byte(s))
		out["hash of "+what] = sum[:]
		out["half of the hash of "+what] = sum[:16]
		out["hash in hex of "+what] = []byte(hex.EncodeToString(sum[:16]))
		out["hash in capitals of "+what] = []byte(strings.ToUpper(hex.EncodeToString(sum[:16])))
		out["hash in base64 of "+what] = []byte(base64.StdEncoding.EncodeToString(sum[:])[:20])
		out["hash in URL base64 of "+what] = []byte(base64.URLEncoding.EncodeToString(sum[:])[:20])
	}
	for _, s := range append(canaries, "canarybird@gmail.com", "canary.bird@gmail.com", "canarybird", "songbirds", "447700900987", "7700900987", "07700 900987") {
		add(s, s)
	}
	for _, mask := range []string{"c•••@g•••.com", "c•••@s•••.example", "•••", "••87"} {
		out["mask "+mask] = []byte(mask)
	}
	return out
}

// wantNoTrace searches every file in a folder.
func wantNoTrace(t *testing.T, dir string) {
	t.Helper()
	files := 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for what, trace := range traces() {
			if bytes.Contains(b, trace) {
				t.Errorf("%s: in %s", what, filepath.Base(path))
			}
			if bytes.Contains([]byte(path), trace) {
				t.Errorf("%s: in the name of a file", what)
			}
		}
		return nil
	}))
	if files < 4 {
		t.Errorf("only %d files were searched", files)
	}
}

// TestNoValueIsKept imports addresses in every way and does everything that
// names them. No file of the data folder holds one, or its hash, or its mask in
// the clear; and yet the masks open, and the addresses are found.
func TestNoValueIsKept(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	var rows strings.Builder
	for i, c := range canaries {
		rows.WriteString(given("u1", c, "offers", 100+i))
		rows.WriteString(given("u1", c, "two-factor", 90+i))
		rows.WriteString(unproven(given("u1", c, "sign-up", 80+i)))
		rows.WriteString(given("u1", c, "legacy", 70+i))
		rows.WriteString(hashed(given("u2", c, "offers", 60+i), c))
		rows.WriteString(hashed(given("u2", c, "two-factor", 50+i), c, "canarybird@gmail.com"))
	}
	// Refused rows too, and sort runs on disk.
	p.Memory = 1
	p.load(t, adults("u1", "u2"), rows.String()+given("nobody", canaries[1], "offers", 1)+"u1,email,canary@songbirds.example ;,,,offers,,,\n")
	p.wantReach(t, "Gmail", "canarybird@gmail.com", "u1")
	p.wantReach(t, "address", canaries[1], "u1", "u2")
	p.wantReach(t, "number", "07700 900987", "u1", "u2")
	wantNoTrace(t, p.dir)

	masks := map[string]int{}
	for _, v := range p.look(t, "u1") {
		masks[v.Mask]++
	}
	if len(masks) != 3 || masks["c•••@g•••.com"] != 4 || masks["c•••@s•••.example"] != 4 || masks["+44 ••• ••• ••87"] != 4 {
		t.Errorf("masks %v", masks)
	}
	p.withdraw(t, "u1", email("canary.bird@gmail.com"), every)
	p.withdraw(t, "u2", contact.Address{Kind: 2, SHA256: sumOf(canaries[2])}, onlyAds)
	_, err := p.people.Withdraw(t.Context(), office, "u1", email("canary.bird@example.net"), every)
	wantError(t, "no such address", err, selvedge.CodeNotFound, "", "")
	must(t, p.people.Object(t.Context(), office, "u1", everything))
	must(t, p.keeper.Rebuild(t.Context()))
	wantNoTrace(t, p.dir)
}

// TestTheSearchFinds is the test of the test above: it finds what is there.
func TestTheSearchFinds(t *testing.T) {
	t.Parallel()
	for what, trace := range traces() {
		if len(trace) < 6 {
			t.Errorf("%s is too short to be told from chance", what)
		}
	}
	sum := sha256.Sum256([]byte(canaries[0]))
	for _, b := range [][]byte{[]byte("x" + canaries[1] + "y"), append([]byte{0}, sum[:]...), []byte(base64.StdEncoding.EncodeToString(sum[:]))} {
		found := false
		for _, trace := range traces() {
			found = found || bytes.Contains(b, trace)
		}
		if !found {
			t.Errorf("%q is not found", b)
		}
	}
}

// TestMasksDoNotMove has a mask that stands in another row not open: the
// platform is shown an error, and never somebody else's address.
func TestMasksDoNotMove(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.load(t, adults("u1", "u2"), given("u1", jane, "offers", 9)+given("u2", jane, "offers", 9)+given("u2", joe, "offers", 8))
	p.exec(t, `UPDATE contact_point SET mask = (SELECT mask FROM contact_point WHERE id = 1) WHERE id = 2`)
	_, views, err := p.asked(t, office, "u2")
	if selvedge.CodeOf(err) != selvedge.CodeInternal || views != nil {
		t.Errorf("%+v, %v, want an error of ours", views, err)
	}
}

// TestHandleIsTheAccounts holds one address at two accounts: nothing in the
// database tells that they are the same, and neither does another installation.
func TestHandleIsTheAccounts(t *testing.T) {
	t.Parallel()
	roots := make([]*secret.Root, 2)
	for i := range roots {
		var err error
		roots[i], err = secret.Create(filepath.Join(t.TempDir(), "root.secret"), selvedge.NewSeededEntropy(fmt.Sprint(i)))
		must(t, err)
	}
	form := func(k identifier.Kind) identifier.Form {
		f, reason := identifier.Hash(k, sumOf(jane))
		if reason != identifier.Accepted {
			t.Fatal(reason)
		}
		return f
	}
	seen := map[contact.Handle]bool{}
	for _, root := range roots {
		for _, account := range []string{"u1", "u2", "U1", ""} {
			for _, kind := range []identifier.Kind{identifier.Email, identifier.Phone} {
				h := contact.NewHandles(root).Of(account, form(kind))
				if h != contact.NewHandles(root).Of(account, form(kind)) {
					t.Error("one address of one account has two handles")
				}
				if seen[h] {
					t.Error("two have one handle")
				}
				seen[h] = true
			}
		}
	}
}
