package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/internal/fakeclock"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/server"
)

// begin is what the clock of an audit shows at first: some time after a tick, on
// the second day of a month.
var begin = time.Date(2026, 3, 2, 9, 0, 5, 0, time.UTC)

// stage is an installation with the audit's people on it, and the two identities.
type stage struct {
	door
	server *server.Server
	clock  *fakeclock.Clock
	begin  time.Time
	sizes  Sizes
	people []person
	keys   struct{ platform, operator, second string } // of the platform's office
	orgs   int                                         // made so far
	fresh  int                                         // addresses of nobody used so far
	close  func() error
}

// open makes an installation in a folder of its own, starts it behind HTTP and
// brings the people. Nothing but the keys of the office is made in process, as its
// operator does on the command line.
func open(ctx context.Context, sizes Sizes, code string, entropy selvedge.Entropy, log *slog.Logger) (_ *stage, err error) {
	dir, err := os.MkdirTemp("", "selvedge-audit-")
	if err != nil {
		return nil, err
	}
	s := &stage{clock: fakeclock.New(begin), begin: begin, sizes: sizes, people: people(begin)}
	s.close = func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	cfg := server.Config{
		Dir: filepath.Join(dir, "data"), UnknownAge: contact.UnknownIsMinor, Tick: server.DefaultTick, Clock: s.clock, Entropy: entropy, Log: log, Code: code,
	}
	if err := server.Init(ctx, cfg); err != nil {
		return nil, err
	}
	if s.server, err = server.Open(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.serve(ctx, log); err != nil {
		return nil, err
	}
	if err := s.issueKeys(ctx); err != nil {
		return nil, err
	}
	if err := s.askPeople(ctx); err != nil {
		return nil, err
	}
	if err := s.bringPeople(ctx); err != nil {
		return nil, err
	}
	s.clock.Add(grace)
	return s, nil
}

// serve starts the server and its jobs. What close does grows with it.
func (s *stage) serve(ctx context.Context, log *slog.Logger) error {
	remove := s.close
	s.close = func() error { return errors.Join(s.server.Close(), remove()) }
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	hs := s.server.HTTP(s.server.Handler())
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() {
		if err := s.server.Run(running); err != nil {
			log.ErrorContext(running, "run jobs", "error", err)
		}
	})
	working.Go(func() { _ = hs.Serve(listener) })
	s.url, s.http = "http://"+listener.Addr().String(), &http.Client{Timeout: time.Minute}
	closeServer := s.close
	s.close = func() error {
		stop()
		err := hs.Close()
		working.Wait()
		return errors.Join(err, closeServer())
	}
	return nil
}

func (s *stage) issueKeys(ctx context.Context) (err error) {
	who := selvedge.Operator("audit")
	if s.keys.platform, err = s.server.Orgs.IssuePlatformKey(ctx, who, "audit"); err != nil {
		return err
	}
	if s.keys.operator, err = s.server.Orgs.IssueOperatorKey(ctx, who, "audit-first"); err != nil {
		return err
	}
	s.keys.second, err = s.server.Orgs.IssueOperatorKey(ctx, who, "audit-second")
	return err
}

// patience is how long the audit waits, by the machine's clock, for jobs that are
// due.
const patience = 2 * time.Minute

// settle waits until no match is due. The clock stands still meanwhile, so that
// how long a match takes shows nowhere.
func (s *stage) settle(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		busy := false
		for _, state := range []job.State{job.Waiting, job.Running} {
			js, err := s.jobs(ctx, state, 1)
			if err != nil {
				return err
			}
			busy = busy || len(js) > 0
		}
		if !busy {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.New("a match that is due does not come to its end")
		}
	}
}

// jobs returns the last matches in a state, or in any.
func (s *stage) jobs(ctx context.Context, state job.State, limit int) ([]api.Job, error) {
	q := url.Values{"kind": {string(audience.MatchKind)}, "limit": {fmt.Sprint(limit)}}
	if state != "" {
		q.Set("state", string(state))
	}
	page, err := readFrom[api.Items[api.Job]](s.get(ctx, s.keys.operator, "look at the jobs", "/v1/jobs?"+q.Encode()))
	return page.Items, err
}

// tick moves the clock past the publication of what was matched.
func (s *stage) tick() { s.clock.Add(2 * server.DefaultTick) }

// nextDay moves the clock to the middle of the next day: there are so many figures
// of each.
func (s *stage) nextDay() {
	now := s.clock.Now()
	s.clock.Add(now.Truncate(24 * time.Hour).Add(36 * time.Hour).Sub(now))
}

// strangers returns rows that nobody on the platform has and that no list had.
func (s *stage) strangers(n int) []row {
	s.fresh += n
	return nobody(s.fresh-n, n)
}

// exact is how many contact points an audience ever had, as the platform's office
// is told: what a step expects is held against it, and no sender sees it.
func (s *stage) exact(ctx context.Context, a *asker, id selvedge.AudienceID) (int, error) {
	n, err := readFrom[api.AudiencePeople](s.get(ctx, s.keys.operator, "count an audience", fmt.Sprintf("/v1/orgs/%s/audiences/%s/people", a.org, id)))
	return int(n.ContactPoints), err
}

// link returns the key of a person who is signed in.
func (s *stage) link(ctx context.Context, p person) (string, error) {
	link, err := readFrom[api.Link](s.post(ctx, s.keys.platform, "make a link", "/v1/accounts/"+p.name+"/links", nil))
	return link.Token, err
}

// me is the page of a person.
func (s *stage) me(ctx context.Context, p person) (api.Me, error) {
	key, err := s.link(ctx, p)
	if err != nil {
		return api.Me{}, err
	}
	return readFrom[api.Me](s.get(ctx, key, "show a person's page", "/v1/me"))
}

// holds says whether an org's audience holds a person, by the person's page, and
// the addresses of the page through which it does.
func (s *stage) holds(ctx context.Context, a *asker, p person) (bool, []api.MyAddress, error) {
	me, err := s.me(ctx, p)
	if err != nil {
		return false, nil, err
	}
	var through []api.MyAddress
	for _, by := range me.HeldBy {
		if by.OrgID != string(a.org) {
			continue
		}
		for _, t := range by.Through {
			for _, at := range me.Addresses {
				if at.Address == t {
					through = append(through, at)
				}
			}
		}
	}
	return len(through) > 0, through, nil
}
