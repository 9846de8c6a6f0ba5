package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/store"
)

// TestObjectionsFromBeforeScopes opens databases whose accounts had one time of
// objection, and a past: each objection comes to be one of everything, lifted
// when the account first was otherwise.
func TestObjectionsFromBeforeScopes(t *testing.T) {
	t.Parallel()
	for engine, db := range fromSchema(t, 14, `
		INSERT INTO account (id, platform_id, country, age_class, state, objected_at, since) VALUES
			(1, 'never', '', 'adult', 'active', NULL, 10),
			(2, 'now', '', 'adult', 'active', 20, 20),
			(3, 'moved', 'IT', 'adult', 'active', 20, 30),
			(4, 'lifted', '', 'adult', 'active', NULL, 40),
			(5, 'again', '', 'adult', 'active', 60, 60);
		INSERT INTO account_past (seq, account_id, since, country, age_class, state, objected_at) VALUES
			(1, 1, 5, 'IT', 'adult', 'active', NULL), (2, 2, 5, '', 'adult', 'active', NULL),
			(3, 3, 5, '', 'adult', 'active', NULL), (4, 3, 20, '', 'adult', 'active', 20),
			(5, 4, 20, '', 'adult', 'active', 20), (6, 4, 25, 'IT', 'adult', 'active', 20),
			(7, 5, 20, '', 'adult', 'active', 20), (8, 5, 30, '', 'adult', 'active', NULL)`) {
		for id, want := range map[selvedge.AccountID][]contact.Objection{
			1: nil,
			2: {{Scope: contact.ScopeAll, MadeAt: micro(20)}},
			3: {{Scope: contact.ScopeAll, MadeAt: micro(20)}},
			4: {{Scope: contact.ScopeAll, MadeAt: micro(20), LiftedAt: micro(40)}},
			5: {{Scope: contact.ScopeAll, MadeAt: micro(20), LiftedAt: micro(30)}, {Scope: contact.ScopeAll, MadeAt: micro(60)}},
		} {
			var got []contact.Objection
			err := db.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) (err error) {
				got, err = store.Contacts{DB: db}.Objections(ctx, tx, id)
				return err
			})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, account %d: %v (-want +got):\n%s", engine, id, err, diff)
			}
		}
	}
}
