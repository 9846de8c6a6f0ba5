package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/person"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/upload"
)

// Config is what the door opens to.
type Config struct {
	Orgs      *org.Service
	Once      *org.Once
	Audiences *audience.Service
	Uploads   *upload.Service
	Office    Office
	Labels    *audience.Labels
	People    *contact.People
	Alerts    *alert.Office
	Persons   *person.Service
	Links     *person.Links
	Tokens    *person.Tokens // nil if the platform signs none itself
	Prompts   *prompt.Service
	Importer  *contact.Importer
	Ledger    ledger.Gate
	Events    *contact.Events
	Work      Work
	// SpoolDir is where bodies are kept, sealed, that are read more than once.
	SpoolDir string
	// Outlive returns a context that does not end with the given one, but when the
	// server is to end.
	Outlive func(context.Context) (context.Context, context.CancelFunc)
	// Ready says why the server cannot answer now, nil if it can.
	Ready func(*http.Request) error
	// Metrics is where the door's own metrics go, and what GET /metrics shows.
	Metrics *prometheus.Registry
	// Cursors is the key that seals cursors: it outlives the server, so that a
	// cursor does.
	Cursors secret.Key
	Pace    Pace
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	Log     *slog.Logger
	Version string // of the code, for the document
}

type door struct {
	Config
	mux      *http.ServeMux
	limits   *limiter
	requests *requests
}

// New returns the handler of the whole API. It is safe for concurrent use.
func New(cfg Config) http.Handler {
	d := &door{Config: cfg, mux: http.NewServeMux(), limits: newLimiter(cfg.Pace), requests: newRequests(cfg.Metrics)}
	ops := d.operations()
	for shape, some := range byShape(ops) {
		d.mux.Handle(shape, d.choose(some))
	}
	d.serveDocument(document(ops, cfg.Version))
	d.mux.HandleFunc("OPTIONS /v1/uploads", options)
	d.mux.HandleFunc("GET /healthz", d.health)
	d.mux.HandleFunc("GET /readyz", d.ready)
	d.mux.HandleFunc("GET /metrics", d.metrics)
	d.mux.HandleFunc("/", noSuchThing)
	return d
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// The mux would send such a path back, put straight, as a redirection.
	if p := r.URL.EscapedPath(); path.Clean(p) != p {
		noSuchThing(w, r)
		return
	}
	d.mux.ServeHTTP(w, r)
}

func noSuchThing(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing"))
}

// health says whether the server is there, and whether it is contained: that is
// status 200 too, for it must go on to be sent people's withdrawals. It does not
// say why: a place in the ledger is nothing for whoever may ask this.
func (d *door) health(w http.ResponseWriter, _ *http.Request) {
	status := "ok"
	if err := d.Ledger.Contained(); err != nil {
		status = string(selvedge.CodeOf(err))
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": status})
}

// ready says whether requests may be sent here: not while the database cannot
// be reached. A server that is about to end takes no more connections.
func (d *door) ready(w http.ResponseWriter, r *http.Request) {
	if err := d.Ready(r); err != nil {
		writeProblem(w, selvedge.Errorf(selvedge.CodeUnavailable, "not ready"))
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}
