// Package storetest is the contract of everything that is kept in SQL, as
// tests: a case for every sentence in the comments of the domains' repositories,
// of the change log, of the outbox, of the index's source and of the
// transactions, that can be seen from outside.
//
// Every backend runs it unchanged. That a committed transaction outlives a
// power cut cannot be seen from here; what a backend adds, such as closing and
// opening it again, is a test of its own.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/ledgertest"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/token"
	"github.com/selvedge/selvedge/upload"
)

// Backend is an open, empty store. It dates changes and outbox entries by the
// clock that it was opened with.
type Backend struct {
	Tx           selvedge.Transactor
	Prompts      prompt.Repository
	Contacts     contact.Repository
	Orgs         org.Repository
	Audiences    audience.Repository
	Labels       audience.LabelRepository
	Changes      change.Log
	Outbox       ledger.Outbox
	Records      ledger.Repository
	Eraser       ledger.Eraser
	Verdict      ledger.Verdict
	Index        index.Source
	Blobs        blob.Register
	Shelf        *Shelf // what the repositories look for blobs in
	Keys         token.KeyRepository
	Rotation     rotation.Repository
	Compaction   compaction.Repository
	Publications report.Repository
	Alerts       alert.Repository
	Uploads      upload.Repository
	Drops        drop.Repository

	// History returns what is kept of an account's past, oldest first: no
	// repository reads it yet.
	History func(t *testing.T, id selvedge.AccountID) []Moment
}

// Entry is a ledger entry as it is kept, without what makes it provable.
type Entry struct {
	Space, Kind, Role, Actor string
	Body                     string // JSON
	At                       time.Time
}

// Moment is what an account was from a time on.
type Moment struct {
	At      time.Time
	Country string
	Age     contact.AgeClass
	State   contact.State
}

// Run runs the contract. Open returns an empty backend and closes it when the
// test ends; each case opens its own.
func Run(t *testing.T, open func(t *testing.T, clock selvedge.Clock) Backend) {
	t.Run("Ledger", func(t *testing.T) {
		t.Parallel()
		ledgertest.RunRepository(t, func(t *testing.T, now time.Time) ledgertest.Database {
			b := open(t, fakeclock.New(now))
			return database{b.Tx, b.Records, b.Outbox}
		})
	})
	for area, cases := range map[string]map[string]func(t *testing.T, s *site){
		"Transactor":   transactorCases(),
		"Prompts":      promptCases(),
		"Proposals":    proposalCases(),
		"Accounts":     accountCases(),
		"Points":       pointCases(),
		"Grants":       grantCases(),
		"Imports":      importCases(),
		"Orgs":         orgCases(),
		"OrgStates":    orgStateCases(),
		"Terms":        termsCases(),
		"Labels":       labelCases(),
		"Once":         onceCases(),
		"Mandates":     mandateCases(),
		"Objections":   objectionCases(),
		"Erasure":      erasureCases(),
		"Audiences":    audienceCases(),
		"Drafts":       draftCases(),
		"Sealed":       sealedCases(),
		"Changes":      changeCases(),
		"Outbox":       outboxCases(),
		"Verdict":      verdictCases(),
		"Index":        indexCases(),
		"Blobs":        blobCases(),
		"Keys":         keyCases(),
		"Tokens":       tokenCases(),
		"Ends":         endCases(),
		"Alerts":       alertCases(),
		"ImportState":  importStateCases(),
		"Publications": publicationCases(),
		"Uploads":      uploadCases(),
		"Drops":        dropCases(),
	} {
		t.Run(area, func(t *testing.T) {
			t.Parallel()
			for name, test := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					clock := fakeclock.New(start)
					test(t, &site{Backend: open(t, clock), clock: clock})
				})
			}
		})
	}
}

// database is a backend as the ledger's suite sees it.
type database struct {
	selvedge.Transactor
	ledger.Repository
	ledger.Outbox
}

// start has microseconds, and no fewer would do.
var start = time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC)

// site is a backend and its clock.
type site struct {
	Backend
	clock *fakeclock.Clock
}

// Entries returns what is in the outbox: of ads, then of the registry, each in
// order.
func (s *site) Entries(t *testing.T) []Entry {
	t.Helper()
	var out []Entry
	for _, space := range []ledger.Space{ledger.Ads, ledger.Registry} {
		records := read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]ledger.Record, error) {
			return s.Records.Records(ctx, tx, space, 0, 10_000)
		})
		for _, r := range records {
			out = append(out, Entry{string(r.Space), string(r.Kind), r.Role, r.Actor, string(r.Body), r.At})
		}
	}
	return out
}

// update runs fn in a transaction that must commit.
func (s *site) update(t *testing.T, fn func(ctx context.Context, tx selvedge.Tx) error) {
	t.Helper()
	if err := s.Tx.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// refused runs fn in a transaction that must fail, and returns the error.
func (s *site) refused(t *testing.T, what string, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	t.Helper()
	err := s.Tx.Update(t.Context(), fn)
	if err == nil {
		t.Errorf("%s: no error", what)
	}
	return err
}

// read returns what fn reads.
func read[T any](t *testing.T, s *site, fn func(ctx context.Context, tx selvedge.Tx) (T, error)) T {
	t.Helper()
	var v T
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
		v, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// same fails the test unless what was got is what is wanted.
func same(t *testing.T, what string, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantCode fails the test unless the error carries the code.
func wantCode(t *testing.T, what string, err error, code selvedge.Code) {
	t.Helper()
	if selvedge.CodeOf(err) != code {
		t.Errorf("%s: error %v, want %s", what, err, code)
	}
}

// texts are pairwise different byte for byte, and alike to somebody who folds
// case, trims, or composes: a store that does any of these joins two people.
var texts = []string{
	"a", "A", "a ", " a", "a\u00a0", "a\t",
	"\u00e9", "e\u0301", "\u00c9", "E\u0301", // é in both Unicode forms, and É
	"\u00df", "ss", "\u0131", "i", "\u0130", "\u212a", "k",
	"\u0080", "\u00ff", "\uffff", "\U0010ffff",
	"%", "_", "'", `\`, "a'b", "1", "01", "1.0", "NULL", "",
}

// times are what must come back as it was, to the microsecond.
var times = []time.Time{
	time.Unix(0, 0).UTC(),
	time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC),
	start,
	start.Add(time.Microsecond),
	time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
}
