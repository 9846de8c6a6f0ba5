package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/selvedge/selvedge/demo/world"
)

// TestUntruthIsFound: when what was matched is not what the world knows, the
// demo fails, whether somebody is in an audience who should not be, or is
// missing.
func TestUntruthIsFound(t *testing.T) {
	t.Parallel()
	cfg := Config{Dir: filepath.Join(t.TempDir(), "demo"), People: 300, Seed: "test", Out: io.Discard, Log: slog.New(slog.DiscardHandler)}
	s, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	hs := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Second}
	var working sync.WaitGroup
	working.Go(func() { _ = hs.Serve(listener) })
	working.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		_ = hs.Close()
		working.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})

	d := &teller{cfg: cfg, server: s, url: "http://" + listener.Addr().String(), page: &page{}}
	for _, step := range []func(context.Context) error{d.bringPeople, d.bringLists, d.checkTruth} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// compare returns whether some shop's audience is not as the world says.
	differs := func(applied func(*world.Act) bool) bool {
		for _, shop := range d.shops {
			if _, err := d.compare(ctx, shop, applied); err != nil {
				return true
			}
		}
		return false
	}
	nothing := func(*world.Act) bool { return false }
	if differs(nil) || differs(nothing) {
		t.Error("an audience differs although nothing was done")
	}
	if !differs(func(a *world.Act) bool { return a.Kind != world.Give }) {
		t.Error("members who are said to be out are not missed")
	}
	if err := d.takeBack(ctx); err != nil {
		t.Fatal(err)
	}
	if !differs(nothing) {
		t.Error("members who are gone are not missed")
	}
}
