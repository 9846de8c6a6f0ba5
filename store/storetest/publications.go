package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/report"
)

func publicationCases() map[string]func(*testing.T, *site) {
	return map[string]func(*testing.T, *site){
		"Counted":    publicationsCounted,
		"OwnFigures": publicationsOwn,
	}
}

func (s *site) publish(t *testing.T, p report.Publication) report.Publication {
	t.Helper()
	s.update(t, func(ctx context.Context, tx selvedge.Tx) error { return s.Publications.InsertPublication(ctx, tx, &p) })
	return p
}

// publicationsCounted: by entity and from a time on, whoever's figure they have.
func publicationsCounted(t *testing.T, s *site) {
	for i, at := range []time.Duration{0, time.Hour, 2 * time.Hour} {
		s.publish(t, report.Publication{Entity: "Acme Ltd", Audience: "a", Version: int64(i + 1), At: start.Add(at)})
		s.publish(t, report.Publication{Entity: "acme ltd", Audience: "A", Version: int64(i + 1), At: start.Add(at)})
	}
	ref := blob.Ref{Kind: blob.KindBitmap, Sum: [32]byte{7}, Size: 9}
	s.publish(t, report.Publication{Entity: "Acme Ltd", Audience: "b", Version: 1, At: start.Add(time.Hour), Own: true, Members: &ref})
	for from, want := range map[time.Duration]int64{0: 4, time.Microsecond: 3, time.Hour: 3, time.Hour + time.Microsecond: 1, 3 * time.Hour: 0} {
		got := read(t, s, func(ctx context.Context, tx selvedge.Tx) (int64, error) {
			return s.Publications.Publications(ctx, tx, "Acme Ltd", start.Add(from))
		})
		if got != want {
			t.Errorf("from %v on there are %d, want %d", from, got, want)
		}
	}
}

// publicationsOwn: the last first, by entity and between two counts, both
// included; others' figures are nobody's measure.
func publicationsOwn(t *testing.T, s *site) {
	own := func(entity string, version int64, count uint64) report.Publication {
		ref := blob.Ref{Kind: blob.KindBitmap, Sum: [32]byte{0xff, 31: byte(version)}, Size: 1 << 40}
		return s.publish(t, report.Publication{
			Entity: entity, Audience: selvedge.AudienceID(entity), Version: version, At: start, Size: report.SizeAt(int(version)), Own: true, Members: &ref, Count: count,
		})
	}
	s.publish(t, report.Publication{Entity: "Acme", Audience: "other", Version: 1, At: start})
	first, second, third := own("Acme", 1, 1<<40), own("Acme", 2, 1000), own("Acme", 3, 1001)
	own("acme", 4, 1000)
	if first.ID >= second.ID || second.ID >= third.ID || first.ID < 1 {
		t.Errorf("numbers %d, %d, %d", first.ID, second.ID, third.ID)
	}
	figures := func(least, most uint64) []report.Publication {
		return read(t, s, func(ctx context.Context, tx selvedge.Tx) (ps []report.Publication, err error) {
			err = s.Publications.OwnFigures(ctx, tx, "Acme", least, most, func(p report.Publication) error {
				ps = append(ps, p)
				return nil
			})
			return ps, err
		})
	}
	same(t, "all", []report.Publication{third, second, first}, figures(0, 1<<40), sizes)
	same(t, "between", []report.Publication{third, second}, figures(1000, 1001), sizes)
	same(t, "one", []report.Publication{second}, figures(999, 1000), sizes)
	same(t, "none", []report.Publication(nil), figures(1002, 1<<40-1), sizes)

	mine := errors.New("mine")
	calls := 0
	err := s.Tx.View(t.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		return s.Publications.OwnFigures(ctx, tx, "Acme", 0, 1<<40, func(report.Publication) error { calls++; return mine })
	})
	if !errors.Is(err, mine) || calls != 1 {
		t.Errorf("%d calls end with %v", calls, err)
	}
}
