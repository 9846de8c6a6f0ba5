package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/server"
	"github.com/selvedge/selvedge/store/tesseralog"
)

// version is set when a release is built.
var version = "dev"

// cli is the command line. Every flag can be given in the environment too, as
// SELVEDGE_ and its name; a flag wins.
type cli struct {
	Init     initCmd     `cmd:"" help:"Make a data folder: root secret, database, the platform's key."`
	Serve    serveCmd    `cmd:"" help:"Serve the HTTP API and run jobs."`
	Worker   workerCmd   `cmd:"" help:"Run jobs beside the servers of an installation on PostgreSQL."`
	Jobs     jobsCmd     `cmd:"" help:"List and cancel jobs."`
	Prompts  promptsCmd  `cmd:"" help:"Register and approve the prompts at which people give their contact points."`
	Import   importCmd   `cmd:"" help:"Import accounts and contact points."`
	Org      orgCmd      `cmd:"" help:"Add, list and suspend advertisers and partners."`
	Terms    termsCmd    `cmd:"" help:"Publish, read and accept the terms for orgs."`
	Key      keyCmd      `cmd:"" help:"Issue, list and revoke keys."`
	Keys     keysCmd     `cmd:"" help:"Look after the keys that tokens are made with."`
	Audience audienceCmd `cmd:"" help:"Make and read audiences, over HTTP."`
	List     listCmd     `cmd:"" help:"Upload lists, over HTTP."`
	Identify identifyCmd `cmd:"" help:"Print the canonical forms of identifiers read as NDJSON."`
	Index    indexCmd    `cmd:"" help:"Look after the index."`
	Ledger   ledgerCmd   `cmd:"" help:"Verify the ledger, and prove what is in it."`
	Blobs    blobsCmd    `cmd:"" help:"Look after the blobs."`
	Backup   backupCmd   `cmd:"" help:"Copy an installation, while it runs."`
	Restore  restoreCmd  `cmd:"" help:"Make an installation from a backup."`
	Demo     demoCmd     `cmd:"" help:"Do the main job on an invented world, tell the story, keep serving."`
	Audit    auditCmd    `cmd:"" help:"Try from outside what the server lets anybody find out about people."`
	Bench    benchCmd    `cmd:"" help:"Measure the match engine on made-up work."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, c *console) int {
	var commands cli
	exit := -1
	parser, err := kong.New(&commands,
		kong.Name("selvedge"),
		kong.Description("Tailored and partner audiences that no security contact can get into."),
		kong.DefaultEnvars("SELVEDGE"),
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
		kong.Bind(c),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(c.err, "selvedge:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // help was asked for, and printed
		return exit
	}
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.err, "selvedge:", err)
		return 1
	}
	return 0
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := tesseralog.LogTo(slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
		fmt.Fprintln(os.Stderr, "selvedge:", err)
		os.Exit(1)
	}
	os.Exit(run(ctx, os.Args[1:], &console{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// folder is the data folder that a command works on.
type folder struct {
	Dir      string `required:"" type:"path" help:"Data folder."`
	Database string `help:"postgres:// URL, if the data folder was made with one. Better given in $SELVEDGE_DATABASE: it may hold a password."`
	KEKFile  string `name:"kek-file" help:"File of the key-encryption key; without it, kek.json in the data folder, or the keyset in SELVEDGE_KEK."`
}

// kekText is the variable that may hold the key-encryption key. It is no flag:
// who else is on the machine can read a command line.
const kekText = "SELVEDGE_KEK"

// config is what the folder's flags and the environment say.
func (f folder) config(c *console) server.Config {
	return server.Config{
		Dir: f.Dir, Database: f.Database, KEK: os.Getenv(kekText), KEKFile: f.KEKFile, Clock: selvedge.WallClock{}, Entropy: selvedge.SystemEntropy{}, Code: version,
		Log: slog.New(slog.NewTextHandler(c.err, nil)),
	}
}

// open opens the installation, without matching anything.
func (f folder) open(ctx context.Context, c *console, more ...func(*server.Config)) (*server.Server, error) {
	cfg := f.config(c)
	for _, m := range more {
		m(&cfg)
	}
	return server.Open(ctx, cfg)
}

// operator is the named member of staff behind a command, for the ledger.
type operator struct {
	As string `required:"" help:"Your name, for the ledger."`
}

func (o operator) actor() selvedge.Actor { return selvedge.Operator(o.As) }

// ages says what an unknown age counts as. It has no default: whether minors
// may be among people of unknown age is the platform's to know.
type ages struct {
	UnknownAge contact.AgePolicy `required:"" enum:"minor,adult" help:"What an unknown age counts as: minor or adult."`
}

// withAges sets what an unknown age counts as.
func withAges(p contact.AgePolicy) func(*server.Config) {
	return func(cfg *server.Config) { cfg.UnknownAge = p }
}

type versionCmd struct{}

func (versionCmd) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "selvedge", version)
	return err
}
