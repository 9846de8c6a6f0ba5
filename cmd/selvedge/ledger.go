package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
	"github.com/selvedge/selvedge/server"
)

type ledgerCmd struct {
	Verify        ledgerVerifyCmd     `cmd:"" help:"Check both ledgers and all versions, and say what is wrong. Works beside a server."`
	Prove         ledgerProveCmd      `cmd:"" help:"Write the proof of an entry, which shows the entry. Works beside a server."`
	Check         ledgerCheckCmd      `cmd:"" help:"Check a proof with nothing but a key, and print the entry."`
	Checkpoint    ledgerCheckpointCmd `cmd:"" help:"Print a log's newest checkpoint, for an auditor to keep."`
	Keys          ledgerKeysCmd       `cmd:"" help:"Print the logs' keys, for auditors."`
	AcceptRestore ledgerAcceptCmd     `cmd:"" help:"End a log that the restored database does not agree with, and begin another. The server must be stopped."`
}

// space is the space of the ledger that a command is about.
type space struct {
	Space ledger.Space `required:"" enum:"ads,registry" help:"ads or registry"`
}

type ledgerVerifyCmd struct {
	folder
	Kept []string `type:"existingfile" help:"Checkpoints that you kept: the logs must still contain them."`
}

// maxFindings is how many findings are listed. All are counted.
const maxFindings = 100

func (cmd ledgerVerifyCmd) Run(ctx context.Context, c *console) error {
	var kept [][]byte
	for _, path := range cmd.Kept {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		kept = append(kept, b)
	}
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	audit, err := s.Audit(ctx, kept...)
	if err != nil {
		return err
	}
	printAudit(c.out, audit)
	if n := len(audit.Findings); n > 0 {
		return fmt.Errorf("%d found wrong", n)
	}
	return nil
}

func printAudit(w io.Writer, a server.Audit) {
	for i, f := range a.Findings {
		if i == maxFindings {
			fmt.Fprintf(w, "and %d more\n", len(a.Findings)-maxFindings)
			break
		}
		fmt.Fprintln(w, f)
	}
	for _, s := range a.Spaces {
		if s.Log != "" {
			fmt.Fprintf(w, "%s, ended (%s): %d leaves, %d of them given up, checkpoint of %d\n", s.Space, s.Log, s.Leaves, s.Lost, s.Signed)
			continue
		}
		fmt.Fprintf(w, "%s: %d entries in %d leaves, %d erased, %d waiting, checkpoint of %d\n",
			s.Space, s.Entries, s.Leaves, s.Erased, s.Waiting, s.Signed)
	}
	fmt.Fprintf(w, "versions: %d\n", a.Versions)
	if len(a.Findings) == 0 {
		fmt.Fprintln(w, "nothing is wrong")
	}
}

type ledgerProveCmd struct {
	folder
	space
	Seq int64 `required:"" help:"Number of the entry in its space, from 1."`
}

func (cmd ledgerProveCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	file, err := s.Prove(ctx, cmd.Space, cmd.Seq)
	if err != nil {
		return err
	}
	_, err = c.out.Write(file)
	return err
}

type ledgerCheckCmd struct {
	File string   `arg:"" type:"existingfile" help:"Proof file (.tlog-proof)."`
	Vkey []string `required:"" sep:"none" help:"Key of a log that you trust, as selvedge ledger keys prints it."`
}

func (cmd ledgerCheckCmd) Run(c *console) error {
	file, err := os.ReadFile(cmd.File)
	if err != nil {
		return err
	}
	b, err := proof.Parse(file)
	if err != nil {
		return err
	}
	if err := proof.Verify(b, cmd.Vkey...); err != nil {
		return err
	}
	checkpoint, err := proof.OpenCheckpoint(b.Checkpoint, cmd.Vkey...)
	if err != nil {
		return err
	}
	e := b.Event
	_, err = fmt.Fprintf(c.out, "the proof holds\nlog: %s, leaf %d of %d\nentry: %s %d, %s\nat: %s\nby: %s %q\n%s\n",
		checkpoint.Origin, b.Index, checkpoint.N, e.Space, e.Seq, e.Kind, e.At.Format("2006-01-02T15:04:05.000000Z07:00"), e.Role, e.Actor, e.Body)
	return err
}

type ledgerCheckpointCmd struct {
	folder
	space
}

func (cmd ledgerCheckpointCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	signed, err := s.Checkpoint(ctx, cmd.Space)
	if err != nil {
		return err
	}
	_, err = c.out.Write(signed)
	return err
}

type ledgerKeysCmd struct{ folder }

func (cmd ledgerKeysCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	keys, err := s.LogKeys()
	if err != nil {
		return err
	}
	for _, k := range keys {
		fmt.Fprintln(c.out, k.Key)
	}
	return nil
}

type ledgerAcceptCmd struct {
	folder
	operator
	space
	Reason string `help:"Why, for the ledger and for ever. Without it, nothing is done, and what would be given up is printed."`
}

func (cmd ledgerAcceptCmd) Run(ctx context.Context, c *console) error {
	s, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	e, err := s.EndLog(ctx, cmd.actor(), cmd.Space, cmd.Reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: the database's entries make %d of its leaves; %d more are of acts that it does not have\n", e.Log, e.Kept, e.Lost)
	if e.LostFrom != nil {
		fmt.Fprintf(c.out, "they were entered from %s to %s: bring again what people took away in that time\n",
			e.LostFrom.Format("2006-01-02 15:04"), e.LostUntil.Format("2006-01-02 15:04"))
	}
	if cmd.Reason == "" {
		return selvedge.Errorf(selvedge.CodeInvalid, "nothing was done: give a reason to end the log").At("reason")
	}
	_, err = fmt.Fprintf(c.out, "it ended; %s goes on\n", e.Next)
	return err
}
