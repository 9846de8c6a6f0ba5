package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/selvedge/selvedge"
)

// requests are the metrics of the door. A label is a route, a role or a status:
// never an org, an account or anything that was sent.
type requests struct{ took *prometheus.HistogramVec }

func newRequests(r *prometheus.Registry) *requests {
	m := &requests{took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "selvedge_http_request_duration_seconds", Help: "How long requests took, by operation and status.",
		Buckets: []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60},
	}, []string{"operation", "status"})}
	r.MustRegister(m.took)
	return m
}

func (m *requests) count(o operation, status int, took time.Duration) {
	m.took.WithLabelValues(o.id, strconv.Itoa(status)).Observe(took.Seconds())
}

// metrics shows them, in the Prometheus text format, to whoever holds an
// operator's key: how much is asked of which operation is the platform's matter.
func (d *door) metrics(w http.ResponseWriter, r *http.Request) {
	actor, err := d.authenticate(r)
	if err == nil {
		err = actor.Must(selvedge.OperatorRole)
	}
	if err != nil {
		writeProblem(w, err)
		return
	}
	promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
