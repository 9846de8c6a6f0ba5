package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/demo/world"
	"github.com/selvedge/selvedge/server"
)

// Config says which demo to run.
type Config struct {
	Dir    string // an empty or missing folder
	Listen string
	People int
	Seed   string
	Once   bool // end after the story
	Out    io.Writer
	Log    *slog.Logger
}

// tick is how often figures are published: often, so that nobody waits.
const tick = time.Second

// Run makes the world, starts a server on it, does the main job and writes the
// story to Out; then it serves until ctx ends. It returns an error if the
// folder is in use, if something fails, or if what was matched is not what the
// world knows to be true.
func Run(ctx context.Context, cfg Config) error {
	if cfg.People < 1 {
		return selvedge.Errorf(selvedge.CodeInvalid, "must be at least 1").At("people")
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.Close()

	page := &page{}
	mux := http.NewServeMux()
	mux.Handle("/", s.Handler())
	mux.Handle("GET /{$}", page)
	hs := s.HTTP(mux)
	var working sync.WaitGroup
	defer working.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	working.Go(func() {
		if err := s.Run(ctx); err != nil {
			cfg.Log.ErrorContext(ctx, "run jobs", "error", err)
			stop()
		}
	})
	working.Go(func() { _ = hs.Serve(listener) })
	defer hs.Close()

	t := &teller{cfg: cfg, server: s, url: address(cfg.Listen, listener), page: page}
	if err := t.tell(ctx); err != nil || cfg.Once {
		return err
	}
	fmt.Fprintf(cfg.Out, "\nStill serving on %s (the story and working curl lines). Ctrl-C ends it.\n", t.url)
	<-ctx.Done()
	return nil
}

// address returns the URL by the name that was asked for, with the port that was
// given.
func address(listen string, l net.Listener) string {
	host, _, err := net.SplitHostPort(listen)
	_, port, err2 := net.SplitHostPort(l.Addr().String())
	if err != nil || err2 != nil || host == "" {
		return "http://" + l.Addr().String()
	}
	return "http://" + net.JoinHostPort(host, port)
}

// open makes the installation and starts it.
func open(ctx context.Context, cfg Config) (*server.Server, error) {
	if entries, err := os.ReadDir(cfg.Dir); err == nil && len(entries) > 0 {
		return nil, selvedge.Errorf(selvedge.CodeConflict, "must be an empty or missing folder").At("dir")
	}
	entropy := selvedge.SystemEntropy{}
	if err := server.Init(ctx, server.Config{Dir: cfg.Dir, Clock: clock, Entropy: entropy}); err != nil {
		return nil, err
	}
	s, err := server.Open(ctx, server.Config{
		Dir: cfg.Dir, UnknownAge: contact.UnknownIsMinor, Tick: tick, Clock: clock, Entropy: entropy, Log: cfg.Log, Code: "demo",
	})
	if err != nil {
		return nil, err
	}
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// files are the world as the platform's systems would hand it over.
type files struct{ prompts, accounts, points string }

// write writes the world below a folder.
func write(w *world.World, dir string) (files, error) {
	f := files{filepath.Join(dir, "prompts.yaml"), filepath.Join(dir, "accounts.csv"), filepath.Join(dir, "contact_points.csv")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f, err
	}
	if err := os.WriteFile(f.prompts, w.Prompts(), 0o600); err != nil {
		return f, err
	}
	if err := writeFile(f.accounts, w.WriteAccounts); err != nil {
		return f, err
	}
	return f, writeFile(f.points, w.WriteContactPoints)
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
