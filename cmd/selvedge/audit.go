package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audit"
)

type auditCmd struct {
	Blackbox auditBlackboxCmd `cmd:"" help:"Do what published attacks did, over HTTP alone, and say what was observed."`
	Verify   auditVerifyCmd   `cmd:"" help:"Check the report of an audit."`
}

type auditBlackboxCmd struct {
	Self    bool          `required:"" help:"Audit an installation that is made for it, in a temporary folder."`
	Profile audit.Profile `default:"ci" help:"How much to do: ci, under a minute, or full, for a night."`
	Step    []string      `help:"Do these steps alone, such as A4."`
	Report  string        `type:"path" help:"Write the signed report to this file."`
}

// errNotPassed has been told already, step by step.
var errNotPassed = errors.New("the audit did not pass")

func (cmd auditBlackboxCmd) Run(ctx context.Context, c *console) error {
	signed, passed, err := audit.Run(ctx, audit.Config{
		Profile: cmd.Profile, Steps: cmd.Step, Out: c.out, Clock: selvedge.WallClock{}, Entropy: selvedge.SystemEntropy{}, Code: version,
		Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	if cmd.Report != "" {
		file, err := signed.Marshal()
		if err != nil {
			return err
		}
		if err := os.WriteFile(cmd.Report, file, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "report: signed, verify with key %s\n", signed.Key)
	}
	if !passed {
		return errNotPassed
	}
	return nil
}

type auditVerifyCmd struct {
	File string `arg:"" type:"existingfile" help:"Report of an audit."`
	Key  string `help:"The key that it must be signed with, as the audit printed it. Without, only that nothing was changed is shown."`
}

// Run fails for a report that is not as it was signed. One of an audit that did
// not pass is as good as another.
func (cmd auditVerifyCmd) Run(c *console) error {
	b, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	r, err := audit.Verify(b, cmd.Key)
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		fmt.Fprintln(c.out, s.Line())
	}
	fmt.Fprintf(c.out, "made %s of version %s, target %s\n%s\n", r.MadeAt.Format("2006-01-02 15:04"), r.Product, r.Target, r.Outcome())
	fmt.Fprintln(c.out, "as it was signed")
	return nil
}
