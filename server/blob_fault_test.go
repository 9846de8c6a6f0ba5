package server_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/blob/blobtest"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/list/listtest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/server/servertest"
	"github.com/selvedge/selvedge/store"
)

// faultySite is an installation whose blob store can fail, with one shop.
type faultySite struct {
	*site
	*shop
	faults   *blobtest.Faults
	dir      *blob.Dir // the same folder, without faults
	people   int
	accepted map[selvedge.ListID]bool // lists that were answered for
}

func newFaultySite(t *testing.T) *faultySite {
	t.Helper()
	s := &faultySite{site: newSite(t, ""), accepted: map[selvedge.ListID]bool{}}
	s.register(t, newWorld(t, world.Config{Seed: "faults", Start: start}).Prompts())
	s.shop = newShop(t, s.site, "Acme", org.Advertiser)
	path := filepath.Join(s.site.dir, "blobs")
	var err error
	if s.dir, err = blob.OpenDir(path); err != nil {
		t.Fatal(err)
	}
	s.faults = &blobtest.Faults{Store: s.dir, Dir: path, Spare: func(ref blob.Ref) bool { return s.named(t)[ref] }}
	register := s.Collector.Repo.(store.BlobRegister)
	register.DB.Blobs = s.faults
	s.Collector.Store, s.Importer.Blobs, s.Matcher.Blobs, s.Matcher.Index.Blobs, s.Audiences.Receiver.Blobs = s.faults, s.faults, s.faults, s.faults, s.faults
	return s
}

// named returns the blobs that rows name.
func (s *faultySite) named(t *testing.T) map[blob.Ref]bool {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.site.dir, "selvedge.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `
		SELECT 'chunk', sum, size FROM chunk UNION ALL SELECT 'segment', sum, size FROM segment
		UNION ALL SELECT 'spill', spill_sum, spill_size FROM list WHERE spill_sum IS NOT NULL
		UNION ALL SELECT 'bitmap', members_sum, members_size FROM list WHERE members_sum IS NOT NULL
		UNION ALL SELECT 'sidecar', sidecar_sum, sidecar_size FROM list WHERE sidecar_sum IS NOT NULL
		UNION ALL SELECT 'bitmap', members_sum, members_size FROM audience_version WHERE members_sum IS NOT NULL
		UNION ALL SELECT 'bitmap', flips_sum, flips_size FROM audience_version WHERE flips_sum IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[blob.Ref]bool{}
	for rows.Next() {
		var ref blob.Ref
		var sum []byte
		if err := rows.Scan(&ref.Kind, &sum, &ref.Size); err != nil {
			t.Fatal(err)
		}
		ref.Sum = [32]byte(sum)
		out[ref] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// wantWhole fails the test unless every blob that a row names is there, whole.
func (s *faultySite) wantWhole(t *testing.T, when string) {
	t.Helper()
	for ref := range s.named(t) {
		c, err := s.dir.Open(t.Context(), ref)
		if err != nil {
			t.Fatalf("%s: a row names a blob that is not right: %v", when, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// chore is a thing that the server does with blobs. ready prepares it, with a
// store that works.
type chore struct {
	ready func(t *testing.T)
	do    func(t *testing.T) error
}

func (s *faultySite) jobs() map[string]chore {
	address := func(i int) string { return fmt.Sprintf("person%d@example.com", i) }
	customers := func() string {
		var b strings.Builder
		b.WriteString("email\n")
		for i := range s.people {
			b.WriteString(address(i) + "\n")
		}
		return b.String()
	}
	upload := func(t *testing.T) error {
		v, err := s.Audiences.Upload(t.Context(), s.actor, s.audience, strings.NewReader(customers()), audience.Delivery{Options: listtest.Options()})
		if err == nil {
			s.accepted[v.ID] = true
		}
		return err
	}
	// An audience of its own for each list: a match reads all lists of its
	// audience, and would take ever more operations.
	fresh := func(t *testing.T) {
		v, err := s.Audiences.Create(t.Context(), s.actor, "Customers")
		if err != nil {
			t.Fatal(err)
		}
		s.audience = v.ID
	}
	return map[string]chore{
		"import": {func(*testing.T) { s.people++ }, func(t *testing.T) error {
			id := fmt.Sprintf("account-%d", s.people-1)
			accounts := "account,country,age_class,active_on,state\n" + id + ",IT,adult,2026-03-01,active\n"
			points := "account,kind,value,sha256,region,prompt,given_at,verified_at,verified_by\n" +
				id + ",email," + address(s.people-1) + ",,,offers-from-advertisers@2,2026-02-01T10:00:00Z,2026-02-01T10:01:00Z,link\n"
			_, err := s.Importer.Import(t.Context(), operator, inMemory([]byte(accounts)), inMemory([]byte(points)))
			return err
		}},
		"upload": {fresh, upload},
		"match": {func(t *testing.T) {
			fresh(t)
			if err := upload(t); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T) error { return servertest.Match(t, s.Server) }},
		"rebuild": {func(*testing.T) {}, func(t *testing.T) error { return s.RebuildIndex(t.Context()) }},
		"collect": {func(t *testing.T) {
			blobtest.Put(t, s.dir, blob.KindBitmap, fmt.Append(nil, s.people, len(s.accepted)))
			if _, err := s.Collector.Collect(t.Context(), operator); err != nil {
				t.Fatal(err)
			}
			s.clock.Add(blob.Grace)
		}, func(t *testing.T) error {
			_, err := s.Collector.Collect(t.Context(), operator)
			return err
		}},
	}
}

// TestBlobFaults has every operation on blobs fail, in every way, in everything
// that a server does with them: the n-th, for n from 1 until nothing fails. No
// row ever names a blob that is not there whole; what failed is done at the next
// try; everything that was answered for comes out in the end; and what the
// failures left is collected.
func TestBlobFaults(t *testing.T) {
	t.Parallel()
	for _, way := range blobtest.Ways() {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			s := newFaultySite(t)
			jobs := s.jobs()
			for _, name := range []string{"import", "upload", "match", "rebuild", "collect", "import", "match"} {
				j := jobs[name]
				failed := false
				for n, fired := 1, true; fired; n++ {
					if n > 100 {
						t.Fatalf("%s takes more and more operations", name)
					}
					when := fmt.Sprintf("%s, operation %d", name, n)
					j.ready(t)
					s.faults.Arm(way, n)
					err := j.do(t)
					fired = s.faults.Disarm()
					failed = failed || fired
					s.wantWhole(t, when)
					if !fired && err != nil {
						t.Fatalf("%s: nothing failed, and it says %v", when, err)
					}
					if err != nil {
						if err := j.do(t); err != nil {
							t.Fatalf("%s: tried again: %v", when, err)
						}
						s.wantWhole(t, when+", tried again")
					}
				}
				if writes := name != "collect"; writes && !failed {
					t.Errorf("%s never failed", name)
				}
			}
			s.wantAllInTheEnd(t)
		})
	}
}

// wantAllInTheEnd matches what waits and collects what is left over.
func (s *faultySite) wantAllInTheEnd(t *testing.T) {
	t.Helper()
	if err := s.jobs()["import"].do(t); err != nil { // the last one, again: it changes nothing
		t.Fatal(err)
	}
	if err := servertest.Match(t, s.Server); err != nil {
		t.Fatal(err)
	}
	audiences, err := s.Audiences.List(t.Context(), s.actor, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	matched := 0
	for _, a := range audiences {
		lists, err := s.Audiences.Lists(t.Context(), s.actor, a.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lists {
			if l.State != list.StateMatched || !s.accepted[l.ID] {
				t.Errorf("a list is %s, answered for: %v", l.State, s.accepted[l.ID])
			}
			matched++
		}
	}
	if matched != len(s.accepted) {
		t.Errorf("%d lists are matched, and %d were answered for", matched, len(s.accepted))
	}
	if got := len(s.members(t)); got != s.people {
		t.Errorf("%d members, want %d", got, s.people)
	}
	for range 2 {
		if _, err := s.Collector.Collect(t.Context(), operator); err != nil {
			t.Fatal(err)
		}
		s.clock.Add(blob.Grace)
	}
	named := s.named(t)
	there, foreign := blobtest.Refs(t, s.dir)
	for ref := range there {
		if !named[ref] {
			t.Errorf("a %s that no row names is left", ref.Kind)
		}
	}
	if len(there) != len(named) || foreign != 0 {
		t.Errorf("%d blobs and %d foreign things, want %d and none", len(there), foreign, len(named))
	}
	if left, err := filepath.Glob(filepath.Join(s.site.dir, "blobs", "tmp", "*")); err != nil || len(left) != 0 {
		t.Errorf("%d temporary files are left, %v", len(left), err)
	}
}
