package server_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
)

// TestOneAddressOfManyAccounts has addresses that 1, 2, 100 and 100,000 accounts
// gave for advertising. A list that holds one reaches all of them and nobody
// else.
func TestOneAddressOfManyAccounts(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 2, 100, 100_000}
	accounts := bytes.NewBufferString("account,country,age_class,active_on,state\n")
	points := bytes.NewBufferString("account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n")
	want := make([]map[world.Key]bool, len(sizes))
	n := 0
	for i, size := range sizes {
		want[i] = map[world.Key]bool{}
		sum := sha256.Sum256([]byte(shared(i)))
		for range size {
			n++
			account := fmt.Sprintf("u-%06d", n)
			fmt.Fprintf(accounts, "%s,IT,adult,2026-03-01,active\n", account)
			// Half of them hold the address, half its hash.
			value, hash := shared(i), ""
			if n%2 == 0 {
				value, hash = "", fmt.Sprintf("%x", sum)
			}
			fmt.Fprintf(points, "%s,email,%s,%s,,offers-from-advertisers@2,2026-02-01T10:00:00Z,2026-02-01T10:01:00Z,link\n", account, value, hash)
			want[i][world.Key{Account: account, GivenAt: 1769940000}] = true
		}
	}
	s := newSite(t, "")
	s.register(t, newWorld(t, world.Config{Seed: "shared", Start: start}).Prompts())
	if got := s.load(t, accounts.Bytes(), points.Bytes()).Points.Matchable; got != int64(n) {
		t.Fatalf("%d matchable, must be %d", got, n)
	}
	for i, size := range sizes {
		h := newShop(t, s, fmt.Sprint(size), org.Advertiser)
		h.upload(t, []byte("email\n"+shared(i)+"\nnobody@example.net\n"), list.Options{})
		servertest.Drain(t, s.Server, s.clock)
		got := h.members(t)
		if len(got) != size {
			t.Errorf("%d members, must be %d", len(got), size)
		}
		for k := range got {
			if !want[i][k] {
				t.Fatalf("%v is a member and must not be", k)
			}
		}
	}
}

func shared(i int) string { return fmt.Sprintf("shared%d@example.com", i) }
