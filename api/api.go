package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/prompt"
)

// Config is what the door opens to.
type Config struct {
	Orgs      *org.Service
	Audiences *audience.Service
	People    *contact.People
	Prompts   *prompt.Service
	Ledger    ledger.Gate
	Clock     selvedge.Clock
	Log       *slog.Logger
}

// maxUpload is the largest list in bytes.
const maxUpload = 10 << 30

// maxBody is the largest JSON body in bytes.
const maxBody = 1 << 20

// handler answers one request of an authenticated actor: with a value that is
// encoded as JSON under the status, or with an error.
type handler func(ctx context.Context, actor selvedge.Actor, r *http.Request) (status int, body any, err error)

type door struct {
	Config
	mux *http.ServeMux
}

// New returns the handler of the whole API. It is safe for concurrent use.
func New(cfg Config) http.Handler {
	d := &door{Config: cfg, mux: http.NewServeMux()}

	d.route("GET /v1/audiences", selvedge.OrgRole, d.listAudiences)
	d.route("POST /v1/audiences", selvedge.OrgRole, d.createAudience)
	d.route("GET /v1/audiences/{audience}", selvedge.OrgRole, d.getAudience)
	d.route("GET /v1/audiences/{audience}/lists", selvedge.OrgRole, d.listLists)
	d.route("POST /v1/audiences/{audience}/lists", selvedge.OrgRole, d.uploadList)
	d.route("GET /v1/audiences/{audience}/lists/{list}", selvedge.OrgRole, d.getList)

	d.route("GET /v1/accounts/{account}/contact-points", selvedge.PlatformRole, d.listContactPoints)
	d.route("POST /v1/contact-points:withdraw", selvedge.PlatformRole, d.withdraw)
	d.route("POST /v1/objections", selvedge.PlatformRole, d.object)
	d.route("POST /v1/objections:lift", selvedge.PlatformRole, d.liftObjection)

	d.routeFor("GET /v1/prompts", d.listPrompts, selvedge.PlatformRole, selvedge.OperatorRole)
	d.route("POST /v1/prompts", selvedge.OperatorRole, d.registerPrompts)
	d.route("POST /v1/prompts/{prompt}/versions/{version}:approve", selvedge.OperatorRole, d.approvePrompt)

	d.mux.HandleFunc("GET /healthz", d.health)
	d.mux.HandleFunc("/", noSuchThing)
	return d
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

func noSuchThing(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, selvedge.Errorf(selvedge.CodeNotFound, "there is no such thing"))
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

// route adds a route that only actors of the role may use.
func (d *door) route(pattern string, role selvedge.Role, fn handler) {
	d.routeFor(pattern, fn, role)
}

// routeFor adds a route that only actors of one of the roles may use. The
// pattern may end in {name}:verb.
func (d *door) routeFor(pattern string, fn handler, roles ...selvedge.Role) {
	shape, name, verb := verbOf(pattern)
	d.mux.HandleFunc(shape, func(w http.ResponseWriter, r *http.Request) {
		if verb != "" {
			value, ok := strings.CutSuffix(r.PathValue(name), verb)
			if !ok {
				noSuchThing(w, r)
				return
			}
			r.SetPathValue(name, value)
		}
		began := d.Clock.Now()
		status, body, err := d.answer(r, fn, roles)
		if err != nil {
			status = writeProblem(w, err)
		} else {
			writeJSON(w, status, body)
		}
		d.log(r, pattern, status, d.Clock.Now().Sub(began), err)
	})
}

// verbOf takes a pattern that ends in {name}:verb apart, which the mux does not
// know: to it, a wildcard is a whole segment.
func verbOf(pattern string) (shape, name, verb string) {
	i := strings.LastIndex(pattern, "}:")
	if i < 0 {
		return pattern, "", ""
	}
	return pattern[:i+1], pattern[strings.LastIndex(pattern, "{")+1 : i], pattern[i+1:]
}

func (d *door) answer(r *http.Request, fn handler, roles []selvedge.Role) (int, any, error) {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return 0, nil, selvedge.Errorf(selvedge.CodeUnauthenticated, "send a key: Authorization: Bearer slv_...")
	}
	actor, err := d.Orgs.Authenticate(r.Context(), bearer)
	if err != nil {
		return 0, nil, err
	}
	if err := actor.Must(roles...); err != nil {
		return 0, nil, err
	}
	return fn(r.Context(), actor, r)
}

// log notes a request: its route, never its path, which holds ids.
func (d *door) log(r *http.Request, pattern string, status int, took time.Duration, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("route", pattern), slog.Int("status", status), slog.Duration("took", took),
	}
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	}
	d.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// readJSON reads a JSON body into v. What it says of a fault names the field at
// most, never what stood in it.
func readJSON(r *http.Request, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		// Not dec.More: it takes a stray bracket for the end.
		if _, rest := dec.Token(); rest != io.EOF {
			err = cmp.Or(rest, errors.New("more than one value"))
		}
	}
	if err == nil {
		return nil
	}
	e := selvedge.Errorf(selvedge.CodeInvalid, "the body is not the JSON object that is described for this request").Because("bad_json")
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Field = t.Field
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bodyTooLarge()
	}
	return e
}

func bodyTooLarge() error {
	return selvedge.Errorf(selvedge.CodeTooLarge, "the body is larger than 1 MiB").Because("body_too_large")
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away
}
