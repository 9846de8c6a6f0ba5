package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
)

func labelCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"ComeBackAsTheyWere": labelsComeBack,
		"Decided":            labelsDecided,
		"Shown":              labelsShown,
	}
}

func label(id audience.LabelID, of selvedge.AudienceID) audience.Label {
	return audience.Label{ID: id, Audience: of, Org: "o", Text: "Garden lovers", State: audience.LabelPending, ProposedAt: start, ProposedBy: "key"}
}

func (s *site) insertLabels(t *testing.T, ls ...audience.Label) {
	t.Helper()
	for _, l := range ls {
		s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Labels.InsertLabel(ctx, tx, l) })
	}
}

func (s *site) decideLabel(id audience.LabelID, to audience.LabelState, at time.Time) func(context.Context, selvedge.Tx) error {
	return func(ctx context.Context, tx selvedge.Tx) error {
		return s.Labels.DecideLabel(ctx, tx, id, to, "anna", at)
	}
}

func (s *site) labelsOf(t *testing.T, of selvedge.AudienceID) []audience.Label {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx selvedge.Tx) ([]audience.Label, error) {
		return s.Labels.LabelsOf(ctx, tx, of)
	})
}

// labelsComeBack proposes labels of audiences whose ids are alike, in an order
// that no id or time gives.
func labelsComeBack(t *testing.T, s *site) {
	var want []audience.Label
	for i, text := range texts {
		l := label(audience.LabelID(texts[len(texts)-1-i]), selvedge.AudienceID(text))
		l.Text, l.ProposedAt = text, times[(2*i)%len(times)]
		want = append(want, l)
		s.insertLabels(t, l)
	}
	same(t, "all", want, read(t, s, s.Labels.Labels))
	for _, l := range want {
		same(t, "one", l, read(t, s, func(ctx context.Context, tx selvedge.Tx) (audience.Label, error) {
			return s.Labels.Label(ctx, tx, l.ID)
		}))
		same(t, "of one audience", []audience.Label{l}, s.labelsOf(t, l.Audience))
	}
	wantCode(t, "none", s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := s.Labels.Label(ctx, tx, "none")
		return err
	}), selvedge.CodeNotFound)
	s.refused(t, "a second one that is pending", func(ctx context.Context, tx selvedge.Tx) error {
		return s.Labels.InsertLabel(ctx, tx, label("new", "a"))
	})
}

// labelsDecided decides each label once, and replaces the pending one of one
// audience alone.
func labelsDecided(t *testing.T, s *site) {
	s.insertLabels(t, label("1", "a"), label("2", "A"))
	replace := func(ctx context.Context, tx selvedge.Tx) error {
		return s.Labels.ReplaceLabel(ctx, tx, "a", start.Add(time.Second))
	}
	s.update(t, replace)
	s.update(t, replace) // none is pending now
	wantCode(t, "replaced", s.refused(t, "replaced", s.decideLabel("1", audience.LabelApproved, start)), selvedge.CodeConflict)
	s.insertLabels(t, label("3", "a"))
	s.update(t, s.decideLabel("3", audience.LabelRejected, start.Add(time.Minute)))
	for _, to := range []audience.LabelState{audience.LabelApproved, audience.LabelRejected} {
		wantCode(t, "decided", s.refused(t, "decided", s.decideLabel("3", to, start)), selvedge.CodeConflict)
	}
	wantCode(t, "none", s.refused(t, "none", s.decideLabel("none", audience.LabelApproved, start)), selvedge.CodeConflict)
	one, three := label("1", "a"), label("3", "a")
	one.State, one.DecidedAt = audience.LabelReplaced, start.Add(time.Second)
	three.State, three.DecidedAt, three.DecidedBy = audience.LabelRejected, start.Add(time.Minute), "anna"
	same(t, "history", []audience.Label{one, three}, s.labelsOf(t, "a"))
	same(t, "another audience", []audience.Label{label("2", "A")}, s.labelsOf(t, "A"))
}

// labelsShown approves two at one time and a third later: the one that was
// decided last by then is shown, and nothing that was not approved.
func labelsShown(t *testing.T, s *site) {
	shown := func(at time.Time) (id audience.LabelID) {
		err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
			l, err := s.Labels.ShownLabel(ctx, tx, "a", at)
			id = l.ID
			return err
		})
		if err != nil {
			wantCode(t, "shown", err, selvedge.CodeNotFound)
		}
		return id
	}
	for _, step := range []struct {
		id audience.LabelID
		to audience.LabelState
		at time.Time
	}{
		{"z", audience.LabelApproved, start},
		{"y", audience.LabelApproved, start},
		{"x", audience.LabelRejected, start.Add(time.Second)},
		{"w", audience.LabelApproved, start.Add(time.Minute)},
	} {
		s.insertLabels(t, label(step.id, "a"))
		s.update(t, s.decideLabel(step.id, step.to, step.at))
	}
	s.insertLabels(t, label("v", "a"), label("u", "A"))
	s.update(t, s.decideLabel("u", audience.LabelApproved, start))
	for at, want := range map[time.Time]audience.LabelID{
		start.Add(-time.Microsecond): "", start: "y", start.Add(time.Second): "y",
		start.Add(time.Minute - time.Microsecond): "y", start.Add(time.Minute): "w", start.Add(time.Hour): "w",
	} {
		if got := shown(at); got != want {
			t.Errorf("at %v: %q, want %q", at, got, want)
		}
	}
}
