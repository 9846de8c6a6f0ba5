package contact

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/change"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/purpose"
)

// MaxDryRows is how many rows a dry run may have: it remembers about fifty bytes
// of each.
const MaxDryRows = 20_000_000

// DryRun reads what is delivered and says what Bring would answer, were it called
// now. It keeps nothing and is entered nowhere: its transactions are read-only
// ones. It reads the database batch by batch, so what changes meanwhile may be
// seen or not. The Key is not looked at. Only the platform or an operator may.
//
// Its errors are those of Bring, and a CodeTooLarge error for more than MaxDryRows
// rows.
func (im *Importer) DryRun(ctx context.Context, actor selvedge.Actor, d Delivery) (DryRun, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return DryRun{}, err
	}
	c := d.content()
	whole, err := c.check(ctx)
	if err != nil {
		return DryRun{}, err
	}
	if whole.rows > MaxDryRows {
		return DryRun{}, selvedge.Errorf(selvedge.CodeTooLarge, "a dry run may have at most %d rows: try it with a part", MaxDryRows).Because("dry_run_too_large")
	}
	r := im.newRun(actor, c)
	err = im.Tx.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		if r.maker, err = im.newMaker(ctx, tx); err != nil {
			return err
		}
		before, _, err := im.before(ctx, tx, whole.sums.both(), "")
		r.id = before.ID
		return err
	})
	if err != nil {
		return DryRun{}, err
	}
	if r.id == 0 {
		r.id = dryImport
	}
	r.withoutTrace()
	if err := r.apply(ctx, whole); err != nil {
		return DryRun{}, err
	}
	return DryRun{Report: r.report, Prompts: r.tally.list(), Unproven: r.tally.unproven}, nil
}

// dryImport stands for an import that does not begin.
const dryImport ImportID = -1

// withoutTrace has the run go by what is in the database, and remember by itself
// what it would have put there.
func (r *run) withoutTrace() {
	im := *r.Importer
	im.Tx = readOnly{im.Tx}
	im.Outbox, im.Changes = noOutbox{}, noChanges{im.Changes}
	im.Alerts = &alert.Office{Repo: noAlerts{}, Outbox: im.Outbox, Clock: im.Clock}
	im.Prompts = &dryPrompts{im.Prompts, 0}
	im.Repo = &dryRepository{
		Repository: im.Repo, id: r.id, accounts: map[[16]byte]dryAccount{}, points: map[[16]byte]uint32{},
		verified: roaring64.New(), granted: roaring64.New(),
		ended: map[selvedge.ContactID]purpose.Set{},
	}
	r.Importer, r.maker.repo, r.maker.register = &im, im.Repo, im.Prompts
	r.tally = &tally{prompts: map[prompt.Name]*PromptCount{}, state: func(n prompt.Name) PromptState {
		switch r.withheld[n] {
		case reasonPromptPending:
			return PromptPending
		case reasonPromptRefused:
			return PromptRefused
		}
		if _, ok := r.prompts[n]; ok {
			return PromptInEffect
		}
		return PromptUnknown
	}}
}

// readOnly has what would be written fail in the database.
type readOnly struct{ selvedge.Transactor }

// Update implements selvedge.Transactor.
func (t readOnly) Update(ctx context.Context, fn func(ctx context.Context, tx selvedge.Tx) error) error {
	return t.View(ctx, fn)
}

type noOutbox struct{}

// Append implements ledger.Outbox.
func (noOutbox) Append(context.Context, selvedge.Tx, ...ledger.Entry) error { return nil }

type noChanges struct{ change.Log }

// Append implements change.Log.
func (noChanges) Append(context.Context, selvedge.Tx, ...change.Change) (selvedge.Position, error) {
	return 0, nil
}

// dryPrompts gives names that have no number negative ones. The run asks for each
// once.
type dryPrompts struct {
	prompt.Repository
	last prompt.Ref
}

// PromptRef implements prompt.Repository.
func (p *dryPrompts) PromptRef(ctx context.Context, tx selvedge.Tx, n prompt.Name) (prompt.Ref, error) {
	ref, ok, err := p.FindPromptRef(ctx, tx, n)
	if err == nil && !ok {
		p.last--
		ref = p.last
	}
	return ref, err
}
