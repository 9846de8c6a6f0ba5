package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/server"
)

type initCmd struct {
	folder
	operator
	Origin string `help:"Name of the installation in its proofs, for ever: a host's name, such as selvedge.example. Drawn at random if it is not given."`
}

func (cmd initCmd) Run(ctx context.Context, c *console) error {
	cfg := cmd.config(c)
	cfg.Origin = cmd.Origin
	if err := server.Init(ctx, cfg); err != nil {
		return err
	}
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	key, err := s.Orgs.IssuePlatformKey(ctx, cmd.actor(), "first")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "platform key (shown once): %s\n", key)
	return err
}

type serveCmd struct {
	folder
	ages
	tick
	persons
	consents
	drops
	Listen string `default:"localhost:8780" help:"Address to serve on."`
}

// tick is the interval of publications. Whoever seals versions must know it.
type tick struct {
	Tick time.Duration `default:"1m" help:"Interval at which figures are published."`
}

// Validate is called by the parser.
func (t tick) Validate() error {
	if t.Tick < time.Second {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be at least 1s").At("tick")
	}
	return nil
}

func (t tick) set(cfg *server.Config) { cfg.Tick = t.Tick }

// persons say which tokens of the platform's own open a person's routes.
type persons struct {
	PersonKeys     string `type:"existingfile" help:"Public keys (a JSON Web Key Set) by which the platform signs tokens for people itself."`
	PersonIssuer   string `help:"What iss must say in such a token."`
	PersonAudience string `help:"What aud must say in such a token."`
}

func (p persons) trust(cfg *server.Config) {
	cfg.PersonKeys, cfg.PersonIssuer, cfg.PersonAudience = p.PersonKeys, p.PersonIssuer, p.PersonAudience
}

// consents say where lists need none.
type consents struct {
	ConsentFree []string `help:"Countries, ISO 3166, whose rows of lists need no consent of their people, such as US,CA. Without any, every row needs one."`
}

func (f consents) free(cfg *server.Config) { cfg.ConsentFree = f.ConsentFree }

// drops say where files lie that orgs put there.
type drops struct {
	Drops string `type:"existingdir" help:"Folder in which orgs put lists: ORG/AUDIENCE/NAME.csv and then NAME.manifest.json."`
}

func (d drops) look(cfg *server.Config) { cfg.Drops = d.Drops }

func (cmd serveCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c, withAges(cmd.UnknownAge), cmd.set, cmd.trust, cmd.free, cmd.look)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Start(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "serving on http://%s\n", listener.Addr())
	return serve(ctx, s, listener)
}

// serve serves and runs jobs until ctx ends, then lets requests finish.
func serve(ctx context.Context, s *server.Server, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 2)
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			failed <- err
		}
	})
	defer running.Wait()

	hs := s.HTTP(s.Handler())
	go func() { failed <- hs.Serve(listener) }()
	select {
	case err := <-failed:
		stop()
		return errors.Join(err, hs.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return hs.Shutdown(grace)
}
