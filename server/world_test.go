package server_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/server"
)

func config(dir string, clock selvedge.Clock, entropy selvedge.Entropy) server.Config {
	return server.Config{
		Dir: dir, UnknownAge: contact.UnknownIsMinor, Tick: time.Minute, Clock: clock, Entropy: entropy,
		Log: slog.New(slog.DiscardHandler), Code: "test",
	}
}

var _ testing.TB
