package contact_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

// TestFilesThatAreNone brings a good file and a bad one: nothing is written, not
// even that somebody tried, and the error names the file and the row and repeats
// nothing of what stands there.
func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	accounts, points := accountsHeader+adults("u1", "u2"), pointsHeader+given("u1", jane, "offers", 9)+given("u2", joe, "offers", 9)
	cut := strings.LastIndex(points, joe) + 3
	p := newPlatform(t)
	before := p.content(t)
	for name, c := range map[string]struct {
		accounts, points string
		field, reason    string
		row              int64
	}{
		"no accounts":          {"", points, "accounts.csv", "empty_file", 1},
		"no contact points":    {accounts, "", "contact_points.csv", "empty_file", 1},
		"files swapped":        {points, accounts, "accounts.csv", "missing_column", 1},
		"column missing":       {strings.ReplaceAll(accounts, ",state\n", "\n"), points, "accounts.csv", "missing_column", 1},
		"column in capitals":   {strings.Replace(accounts, "state", "State", 1), points, "accounts.csv", "missing_column", 1},
		"column too many":      {accounts, strings.Replace(points, "verified_by\n", "verified_by,name\n", 1), "contact_points.csv", "unknown_column", 1},
		"column twice":         {strings.Replace(accounts, "state", "state,state", 1), points, "accounts.csv", "unknown_column", 1},
		"semicolons":           {accounts, strings.ReplaceAll(points, ",", ";"), "contact_points.csv", "missing_column", 1},
		"a field too few":      {accounts, points + "u1,email," + jane + "\n", "contact_points.csv", "bad_field_count", 4},
		"a field too many":     {accounts + "u3,IT,adult,,active," + jane + "\n", points, "accounts.csv", "bad_field_count", 4},
		"open quote":           {accounts, points + "u1,email,\"" + jane + ",,,offers@1,,,\n", "contact_points.csv", "bad_quotes", 4},
		"quote inside":         {accounts, points + "u1,email," + jane + "\"x,,,offers@1,,,\n", "contact_points.csv", "bad_quotes", 4},
		"cut inside a value":   {accounts, points[:cut], "contact_points.csv", "bad_field_count", 3},
		"cut before line end":  {accounts, points[:len(points)-1], "contact_points.csv", "no_line_end", 3},
		"cut in the last cell": {accounts, points[:len(points)-3], "contact_points.csv", "no_line_end", 3},
		"cut accounts":         {accounts[:len(accounts)-1], points, "accounts.csv", "no_line_end", 3},
		"cut in the header":    {accounts, pointsHeader[:len(pointsHeader)-1], "contact_points.csv", "no_line_end", 1},
	} {
		_, err := p.Import(t.Context(), office, text(c.accounts), text(c.points))
		wantError(t, name, err, selvedge.CodeInvalid, c.field, c.reason)
		if e, ok := errors.AsType[*selvedge.Error](err); ok && e.Row != c.row {
			t.Errorf("%s: row %d (%v), want %d", name, e.Row, err, c.row)
		}
		if err != nil && (strings.Contains(err.Error(), "jane") || strings.Contains(err.Error(), "joe")) {
			t.Errorf("%s: the error holds a value: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// TestCutAtEachByte cuts the last row of contact_points.csv at each byte, with
// the address in the last column: what is left of it is never taken for one.
func TestCutAtEachByte(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	const header = "account,kind,sha256,region,prompt,given_at,verified_at,verified_by,value\n"
	row := "u1,email,,,offers@1," + ago(1) + "," + ago(1) + ",code,jane@example.com\n"
	before := p.content(t)
	for n := 1; n < len(row); n++ {
		if _, err := p.Import(t.Context(), office, text(accountsHeader+adults("u1")), text(header+row[:n])); selvedge.CodeOf(err) != selvedge.CodeInvalid {
			t.Errorf("cut after %q: %v", row[:n], err)
		}
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

func TestFilesThatDoNotOpen(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	before := p.content(t)
	none := func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	for _, files := range [][2]contact.Source{{none, text(pointsHeader)}, {text(accountsHeader), none}} {
		if _, err := p.Import(t.Context(), office, files[0], files[1]); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want the file's", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Import(ctx, office, text(accountsHeader), text(pointsHeader)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// TestEmptyFiles have a header and no row.
func TestEmptyFiles(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	r := p.load(t, "", "")
	want := contact.Report{
		Import: r.Import, Accounts: contact.AccountsReport{Refusals: []contact.Refusal{}}, Points: contact.PointsReport{Refusals: []contact.Refusal{}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	p.wantLog(t)
}

func TestImportAsksWhoAsks(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	before := p.content(t)
	never := func() (io.ReadCloser, error) { t.Error("a file was opened"); return nil, fs.ErrNotExist }
	for _, actor := range []selvedge.Actor{{}, selvedge.OrgActor("o", "k"), selvedge.System("matcher")} {
		_, err := p.Import(t.Context(), actor, never, never)
		wantError(t, actor.Role().String(), err, selvedge.CodeForbidden, "", "")
	}
	if diff := cmp.Diff(before, p.content(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	for _, actor := range []selvedge.Actor{office, selvedge.Platform("key")} {
		_, err := p.Import(t.Context(), actor, text(accountsHeader), text(pointsHeader))
		must(t, err)
	}
}

// FuzzImport has any two files end in an import whose sums hold, or in an error
// of the files. Whatever was brought, the account that is there stays reachable,
// and the same files once more change nothing.
func FuzzImport(f *testing.F) {
	accounts, points := twoPeople()
	f.Add(accountsHeader+accounts, pointsHeader+points)
	f.Add(accountsHeader, pointsHeader+`u,"e`)
	f.Add(accountsHeader+"u,IT,adult,,active\n", pointsHeader+"u,email,, ,,offers@1,"+ago(1)+","+ago(1)+",code\n")
	f.Add(accountsHeader+"u,IT,adult,,active\n", pointsHeader+"u,phone,07700 900123,,GB,offers@1,0001-01-01T00:00:00Z,,\n")
	f.Add("\ufeff"+accountsHeader, "\n\n"+pointsHeader)
	p := newPlatform(f)
	p.load(f, adults("resident"), given("resident", "resident@example.com", "offers", 9))
	f.Fuzz(func(t *testing.T, accounts, points string) {
		_, err := p.Import(t.Context(), office, text(accounts), text(points))
		if code := selvedge.CodeOf(err); err != nil && code != selvedge.CodeInvalid {
			t.Fatalf("%s: %v", code, err)
		}
		if err != nil {
			return
		}
		again, err := p.Import(t.Context(), office, text(accounts), text(points))
		must(t, err)
		checkSums(t, again)
		if again.Accounts.Created != 0 || again.Points.Created != 0 || again.Points.NowVerified != 0 {
			t.Fatalf("the second time something is new: %+v", again)
		}
	})
}

// TestTokensThatCannotBeKept has no room for tokens: the import must not end as
// if it had them, and brings them once there is room.
func TestTokensThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	var accounts, points string
	for i := range 3 {
		id := fmt.Sprint("u", i)
		accounts += adults(id)
		points += given(id, id+"@example.com", "offers", 9)
	}
	files := func() (contact.Report, error) {
		return p.Import(t.Context(), office, text(accountsHeader+accounts), text(pointsHeader+points))
	}
	room := p.Dir
	p.Dir, p.Memory = filepath.Join(room, "gone"), 1
	if r, err := files(); err == nil {
		t.Fatalf("imported: %+v", r)
	}
	p.Dir = room
	r, err := files()
	must(t, err)
	if r.Points.Matchable != 3 {
		t.Errorf("%d contact points are matchable, must be 3", r.Points.Matchable)
	}
}
