package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
)

type importCmd struct {
	folder
	operator
	Accounts      string           `type:"existingfile" help:"accounts.csv, as it is or as gzip."`
	ContactPoints string           `type:"existingfile" help:"contact_points.csv, as it is or as gzip."`
	Lines         string           `type:"existingfile" help:"NDJSON of both instead, as it is or as gzip."`
	Key           string           `help:"Your own name for this import: the same content under it is imported once."`
	DryRun        bool             `help:"Keep nothing, and say what would be."`
	Abandon       contact.ImportID `help:"Abandon the open import of this number, whose files are lost."`
}

// Validate is called by the parser.
func (cmd importCmd) Validate() error {
	csv := cmd.Accounts != "" || cmd.ContactPoints != ""
	switch {
	case cmd.Abandon != 0 && (csv || cmd.Lines != "" || cmd.DryRun || cmd.Key != ""):
		return selvedge.Errorf(selvedge.CodeInvalid, "stands alone").At("abandon")
	case cmd.Abandon < 0:
		return selvedge.Errorf(selvedge.CodeInvalid, "must be the number of an import").At("abandon")
	case cmd.Abandon == 0 && (csv == (cmd.Lines != "") || csv && (cmd.Accounts == "" || cmd.ContactPoints == "")):
		return selvedge.Errorf(selvedge.CodeInvalid, "give --accounts and --contact-points, or --lines, or --abandon")
	}
	return nil
}

func (cmd importCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	d := contact.Delivery{Accounts: source(cmd.Accounts), Points: source(cmd.ContactPoints), Key: cmd.Key}
	if cmd.Lines != "" {
		d = contact.Delivery{Lines: source(cmd.Lines), Key: cmd.Key}
	}
	switch {
	case cmd.Abandon != 0:
		v, err := s.Importer.Abandon(ctx, cmd.actor(), cmd.Abandon)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "import %d is abandoned: %d contact points stay, %d grants are taken back\n", v.ID, v.Points, v.Gone)
		return err
	case cmd.DryRun:
		v, err := s.Importer.DryRun(ctx, cmd.actor(), d)
		return show(c, v, err)
	}
	report, err := s.Importer.Bring(ctx, cmd.actor(), d)
	return show(c, report, err)
}

func source(path string) contact.Source {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

type indexCmd struct {
	Rebuild indexRebuildCmd `cmd:"" help:"Build the segments again from the token chunks. The server must be stopped."`
}

type indexRebuildCmd struct {
	folder
	ages
}

func (cmd indexRebuildCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c, withAges(cmd.UnknownAge))
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Start(ctx); err != nil {
		return err
	}
	if err := s.RebuildIndex(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "the index was built again")
	return err
}
