package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/selvedge/selvedge/demo"
)

type demoCmd struct {
	Once   bool   `help:"End after the story."`
	Listen string `default:"localhost:8780" help:"Address to serve on."`
	Dir    string `type:"path" help:"Empty or missing folder to use; without it a temporary one, removed at the end."`
	People int    `default:"20000" help:"How many people the world has."`
	Seed   string `default:"selvedge" help:"What the world is drawn from."`
}

func (cmd demoCmd) Run(ctx context.Context, c *console) error {
	dir := cmd.Dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "selvedge-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	return demo.Run(ctx, demo.Config{
		Dir: dir, Listen: cmd.Listen, People: cmd.People, Seed: cmd.Seed, Once: cmd.Once, Out: c.out,
		Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}
