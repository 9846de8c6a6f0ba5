package server

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/store"
)

// metrics returns a registry of what the server knows of itself. Nothing in it
// names an org, an account or a person.
func (s *Server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &vitals{s})
	return r
}

// vitals are read from the database when they are asked for.
type vitals struct{ *Server }

var (
	contained = prometheus.NewDesc("selvedge_contained", "1 while the ledger and the database contradict each other.", nil, nil)
	behind    = prometheus.NewDesc("selvedge_ledger_waiting_entries", "Entries that are committed and not in the log yet.", []string{"space"}, nil)
	position  = prometheus.NewDesc("selvedge_ads_position", "The position of the last change that touched an ordinal, an org or a list.", nil, nil)
	lag       = prometheus.NewDesc("selvedge_index_lag_positions", "Changes that the index has not met yet; it meets them before it is used.", nil, nil)
)

// Describe implements prometheus.Collector.
func (v *vitals) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{contained, behind, position, lag} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is left out: the
// scrape shows the rest.
func (v *vitals) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	is := 0.0
	if v.ledgers.Contained() != nil {
		is = 1
	}
	gauge(contained, is)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	outbox := store.Outbox{DB: v.db}
	err := v.db.View(ctx, func(ctx context.Context, tx selvedge.Tx) error {
		for _, space := range spaces {
			given, err := outbox.Head(ctx, tx, space)
			if err != nil {
				return err
			}
			leaf, _, err := outbox.LastLeaf(ctx, tx, space)
			if err != nil {
				return err
			}
			gauge(behind, float64(given-leaf.Last), string(space))
		}
		head, err := store.Changes{DB: v.db}.Head(ctx, tx)
		if err != nil {
			return err
		}
		gauge(position, float64(head))
		gauge(lag, float64(head-v.index.Position()))
		return nil
	})
	if err != nil {
		v.cfg.Log.WarnContext(ctx, "read metrics", "error", err)
	}
}

// ready returns why no request should be sent here, nil if any may.
func (s *Server) ready(r *http.Request) error {
	return s.db.View(r.Context(), func(ctx context.Context, tx selvedge.Tx) error {
		_, err := store.Outbox{DB: s.db}.Head(ctx, tx, ledger.Ads)
		return err
	})
}
