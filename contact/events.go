package contact

import (
	"context"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/identifier"
	"github.com/selvedge/selvedge/token"
)

// MaxEvents is how many events are taken at once.
const MaxEvents = 1000

// eventBatch is how many events one transaction takes: few enough that a
// withdrawal does not wait long behind them.
const eventBatch = 25

// Events takes single things that happened to people's accounts, as they happen.
// It makes contact points as Importer does and ends them as People does. It is
// safe for concurrent use.
//
// What is so afterwards depends on which events were taken and not on the order
// in which they came, as far as docs/events.md says: a contact point is the event
// of its giving, with the proof of control that any event brought; a purpose of
// it is over if any event ended it for its address at the time of its giving or
// later; age class and state are those of the latest event, and of the one that
// keeps out more among those of one time.
type Events struct {
	Importer *Importer
	People   *People
}

// Outcome is what became of one event.
type Outcome struct {
	Index   int         `json:"index" doc:"of the event in the request, from 0"`
	Outcome OutcomeWord `json:"outcome" enum:"applied,unchanged,refused"`
	Field   string      `json:"field,omitempty" doc:"of a refused event: which field is at fault"`
	Reason  string      `json:"reason,omitempty" doc:"of a refused event, or of one that came too late to change anything"`
}

// OutcomeWord says what became of an event.
type OutcomeWord string

// The outcomes.
const (
	Applied   OutcomeWord = "applied"
	Unchanged OutcomeWord = "unchanged" // it was so already, or a later event stands over it
	Refused   OutcomeWord = "refused"   // it left nothing behind
)

// overtaken is the reason of an event that a later one stands over.
const overtaken = "overtaken"

// EventsReport says what became of every event. Read = Applied + Unchanged +
// Refused, always.
type EventsReport struct {
	Read      int       `json:"read"`
	Applied   int       `json:"applied"`
	Unchanged int       `json:"unchanged"`
	Refused   int       `json:"refused"`
	Outcomes  []Outcome `json:"outcomes" doc:"of each event, in order"`
}

// Apply takes events, in order. Only the platform or an operator may.
//
// One that cannot be taken is refused by itself, and all others are taken. What
// takes away is in force, and what became matchable is met by every list that is
// matched, when Apply returns. The same event again changes nothing. With an
// error some events may have been taken; bringing all of them again is safe.
// While the server is contained, what takes away is taken, and the rest refused.
//
// It returns a CodeInvalid error for no events, and a CodeTooLarge error for more
// than MaxEvents.
func (ev *Events) Apply(ctx context.Context, actor selvedge.Actor, events []Event) (EventsReport, error) {
	if err := actor.Must(selvedge.PlatformRole, selvedge.OperatorRole); err != nil {
		return EventsReport{}, err
	}
	switch {
	case len(events) == 0:
		return EventsReport{}, selvedge.Errorf(selvedge.CodeInvalid, "must hold at least one event").At("events").Because("no_events")
	case len(events) > MaxEvents:
		return EventsReport{}, selvedge.Errorf(selvedge.CodeTooLarge, "more than %d events at once", MaxEvents).At("events")
	}
	now := ev.Importer.Clock.Now()
	all := make([]happened, len(events))
	for i, e := range events {
		all[i] = ev.understand(e, now)
	}
	rep := EventsReport{Read: len(events), Outcomes: make([]Outcome, 0, len(events))}
	for from := 0; from < len(all); from += eventBatch {
		out, err := ev.batch(ctx, actor, all[from:min(from+eventBatch, len(all))])
		if err != nil {
			return EventsReport{}, err
		}
		for _, o := range out {
			o.Index = len(rep.Outcomes)
			rep.Outcomes = append(rep.Outcomes, o)
		}
	}
	for _, o := range rep.Outcomes {
		switch o.Outcome {
		case Applied:
			rep.Applied++
		case Unchanged:
			rep.Unchanged++
		default:
			rep.Refused++
		}
	}
	return rep, nil
}

// taking is one transaction of events at work.
type taking struct {
	*Events
	*maker
	tx        selvedge.Tx
	actor     selvedge.Actor
	keys      *token.Keys          // of the epoch that is in force
	erased    map[string]time.Time // when accounts were erased
	contained bool
}

// batch takes events in one transaction. If the keys were rotated between their
// reading and its begin, it begins again.
func (ev *Events) batch(ctx context.Context, actor selvedge.Actor, some []happened) (out []Outcome, err error) {
	for {
		keys, err := ev.Importer.Keys.Current(ctx)
		if err != nil {
			return nil, err
		}
		err = ev.Importer.Tx.Update(ctx, func(ctx context.Context, tx selvedge.Tx) error {
			out, err = ev.within(ctx, tx, actor, keys, some)
			return err
		})
		if err != errRotated {
			return out, err
		}
	}
}

func (ev *Events) within(ctx context.Context, tx selvedge.Tx, actor selvedge.Actor, keys *token.Keys, some []happened) ([]Outcome, error) {
	if e, err := ev.Importer.Keys.Epoch(ctx, tx); err != nil {
		return nil, err
	} else if e != keys.Epoch() {
		return nil, errRotated
	}
	t := taking{Events: ev, tx: tx, actor: actor, keys: keys, contained: ev.People.Ledger.Contained() != nil}
	var err error
	if t.maker, err = ev.Importer.newMaker(ctx, tx); err != nil {
		return nil, err
	}
	var ids []string
	for i := range some {
		if some[i].refused == (refusal{}) {
			ids = append(ids, some[i].account)
		}
	}
	if t.erased, err = ev.Importer.erasedAt(ctx, tx, ids); err != nil {
		return nil, err
	}
	out := make([]Outcome, 0, len(some))
	for i := range some {
		o, err := t.take(ctx, &some[i])
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// take takes one event.
func (t *taking) take(ctx context.Context, h *happened) (Outcome, error) {
	if h.refused != (refusal{}) {
		return refuse(h.refused.field, h.refused.reason), nil
	}
	at := h.at
	if h.kind.aboutPoint() {
		at = h.point.givenAt
	}
	if gone, ok := t.erased[h.account]; ok && !at.After(gone) {
		return refuse("account", reasonErased), nil
	}
	found, err := t.repo.Accounts(ctx, t.tx, []string{h.account})
	if err != nil {
		return Outcome{}, err
	}
	account, ok := found[h.account]
	switch {
	case !ok:
		return refuse("account", reasonUnknownAccount), nil
	case t.contained && h.adds(account):
		return refuse("", reasonContained), nil
	case h.kind.aboutPoint():
		return t.point(ctx, h, account)
	case h.kind.aboutAddress():
		return t.end(ctx, h, account)
	default:
		return t.fact(ctx, h, account)
	}
}

// adds says whether an event may let somebody in whom nothing let in before.
func (h *happened) adds(a Account) bool {
	switch h.kind {
	case EventAge:
		return rank(h.age) < rank(a.Age)
	case EventReactivated:
		return true
	default:
		return h.kind.aboutPoint()
	}
}

func refuse(field string, reason identifier.Reason) Outcome {
	return Outcome{Outcome: Refused, Field: field, Reason: string(reason)}
}

func done(changed bool) Outcome {
	if changed {
		return Outcome{Outcome: Applied}
	}
	return Outcome{Outcome: Unchanged}
}
