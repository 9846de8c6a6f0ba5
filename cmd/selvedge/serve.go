package main

import (
	"context"
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
	Listen string        `default:"localhost:8780" help:"Address to serve on."`
	Tick   time.Duration `default:"1m" help:"Interval at which figures are published."`
}

func (cmd serveCmd) Run(ctx context.Context, c *console) error {
	if cmd.Tick < time.Second {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be at least 1s").At("tick")
	}
	s, err := cmd.open(ctx, c, func(cfg *server.Config) { cfg.UnknownAge, cfg.Tick = cmd.UnknownAge, cmd.Tick })
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

// serve serves and matches until ctx ends, then lets requests finish.
func serve(ctx context.Context, s *server.Server, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var matching sync.WaitGroup
	matching.Go(func() { s.Run(ctx) })
	defer matching.Wait()

	hs := s.HTTP(s.Handler())
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(listener) }()
	select {
	case err := <-failed:
		stop()
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return hs.Shutdown(grace)
}
