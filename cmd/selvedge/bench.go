package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/selvedge/selvedge/bench"
)

type benchCmd struct {
	Match benchMatchCmd `cmd:"" help:"Match a made-up list with made-up contact points, check the answer, and say how long it took."`
	Index benchIndexCmd `cmd:"" help:"Make the index of made-up contact points from their chunks, and say how long it took."`
}

// benchWork is the work to make.
type benchWork struct {
	Contacts int     `default:"2000000" help:"Contact points in the registry."`
	Forms    float64 `default:"1" help:"Tokens of a contact point, on average. Above 1, 3 % are withdrawn and 1 % came after the index was built."`
	Dir      string  `type:"path" help:"Folder that keeps what is made for the next time; without it, one in the user's cache."`
}

func (w benchWork) dir() (string, error) {
	if w.Dir != "" {
		return w.Dir, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "selvedge-bench"), err
}

type benchMatchCmd struct {
	benchWork `embed:""`
	Rows      int    `default:"500000" help:"Rows of the list."`
	Plain     bool   `help:"The list has addresses, not their SHA-256."`
	Runs      int    `default:"5" help:"How often to run; the medians are printed."`
	JSON      bool   `name:"json" help:"Print JSON."`
	Export    string `type:"path" help:"Write the list and the registry for other engines into this folder, and run nothing."`
}

func (cmd benchMatchCmd) Run(ctx context.Context, c *console) error {
	work := bench.Work{Contacts: cmd.Contacts, Rows: cmd.Rows, Plain: cmd.Plain, Forms: cmd.Forms}
	if cmd.Export != "" {
		return bench.Export(cmd.Export, work)
	}
	dir, err := cmd.dir()
	if err != nil {
		return err
	}
	f, err := bench.Match(ctx, dir, work, cmd.Runs)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(f)
	}
	fmt.Fprintf(c.out, "%d rows, %d contact points: %.3f s (list %.3f, match %.3f), %.3f s of processors, %.1f million rows/s\n",
		cmd.Rows, cmd.Contacts, f.Seconds, f.ReadSeconds, f.MatchSeconds, f.CPUSeconds, f.RowsPerSecond/1e6)
	fmt.Fprintf(c.out, "%d contact points and %d accounts matched, as counted without the engine; fewer than %.1g of them by chance\n",
		f.Contacts, f.Accounts, f.FalseHits)
	fmt.Fprintf(c.out, "%.2f bytes of index a form, %d MiB of memory at most, vector instructions: %v\n", f.BytesPerForm, f.PeakRSS>>20, f.Vectors)
	return nil
}

type benchIndexCmd struct {
	benchWork `embed:""`
}

func (cmd benchIndexCmd) Run(c *console) error {
	dir, err := cmd.dir()
	if err != nil {
		return err
	}
	seconds, forms, err := bench.Build(dir, bench.Work{Contacts: cmd.Contacts, Rows: 1, Forms: cmd.Forms})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "index of %d forms from their chunks: %.2f s, %.1f million forms/s\n", forms, seconds, float64(forms)/seconds/1e6)
	return nil
}
