package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/alert"
	"github.com/selvedge/selvedge/api"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/compaction"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/drop"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/job"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/org"
	"github.com/selvedge/selvedge/person"
	"github.com/selvedge/selvedge/prompt"
	"github.com/selvedge/selvedge/report"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/token"
	"github.com/selvedge/selvedge/upload"
	"github.com/selvedge/selvedge/vault"
)

// DefaultTick is the interval at which figures are published.
const DefaultTick = time.Minute

// Config is what an installation has to say. Every field is needed but those
// that name a default.
type Config struct {
	// Dir is the data folder, made by Init.
	Dir string
	// Database is the postgres:// URL of the database that Init was given, and
	// empty for the SQLite file in the data folder.
	Database string
	// Origin names the installation in the origins of its logs, and so in every
	// proof, for ever: a host's name, and maybe a path. Init alone looks at it; if
	// it is empty, the name is drawn from the root secret.
	Origin string
	// KEK is the key-encryption key as a Tink keyset in JSON, and KEKFile the file
	// that holds it. At most one is given; without either, the file kek.json in the
	// data folder holds it, which must not be there otherwise.
	KEK, KEKFile string
	// UnknownAge says what an unknown age counts as. It may be missing only
	// where nothing is matched: Start refuses to run without it.
	UnknownAge contact.AgePolicy
	// ConsentFree are the countries, ISO 3166, of which rows of lists need no
	// consent of their people. Without any, every row needs one.
	ConsentFree []string
	// PersonKeys is a file with the public keys, a JSON Web Key Set, by which the
	// platform signs tokens for people itself; empty if it signs none. Their iss
	// and aud must be PersonIssuer and PersonAudience.
	PersonKeys, PersonIssuer, PersonAudience string
	// Drops is a folder in which orgs put files; empty if there is none.
	Drops string
	// Tick is the interval at which figures are published; 0 is DefaultTick.
	Tick time.Duration
	// Pace is what each org may ask; the zero Pace is api.DefaultPace.
	Pace    api.Pace
	Clock   selvedge.Clock
	Entropy selvedge.Entropy
	Log     *slog.Logger
	Code    string // version of the code, for the ledger
}

// The files of a data folder.
const (
	secretFile = "root.secret"
	blobsDir   = "blobs"
	spillDir   = "tmp"
	lockFile   = "lock"
)

// sortMemory is how many bytes of records one import or upload sorts in memory.
const sortMemory = 64 << 20

// Init makes the data folder of a new installation in cfg.Dir: the
// key-encryption key where cfg says that it is, unless it is there already, a
// database, in the folder or where cfg.Database says, with the first token keys,
// and last the root secret. So a folder that a crash left without one is not
// complete, and can be made again. Of cfg it needs Clock and Entropy too. It
// returns a CodeConflict error if there is an installation already, and a
// CodeInvalid error if the folder is there and others may enter it, if the
// key-encryption key cannot be used, or if cfg.Origin is no name.
func Init(ctx context.Context, cfg Config) (err error) {
	if err := checkOrigin(cfg.Origin); cfg.Origin != "" && err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := private(cfg.Dir); err != nil {
		return err
	}
	root := filepath.Join(cfg.Dir, secretFile)
	if _, err := os.Lstat(root); err == nil {
		return selvedge.Errorf(selvedge.CodeConflict, "a root secret is there already")
	}
	kek, err := cfg.makeKEK()
	if err != nil {
		return err
	}
	db, err := initDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := cfg.keyring(db, kek).Begin(ctx, token.RandomKeys(token.FirstEpoch, cfg.Entropy)); err != nil {
		return err
	}
	if cfg.Origin != "" {
		if err := setOrigin(cfg.Dir, cfg.Origin); err != nil {
			return err
		}
	}
	made, err := secret.Create(root, cfg.Entropy)
	if err != nil || cfg.Origin != "" {
		return err
	}
	return setOrigin(cfg.Dir, drawnOrigin(made)) // without it, the same name is drawn again
}

// private refuses a folder that anyone but its owner may enter: the files in it
// rely on it.
func private(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return selvedge.Errorf(selvedge.CodeInvalid, "is not there: make a data folder with selvedge init").At("dir")
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return selvedge.Errorf(selvedge.CodeInvalid, "the data folder must be its owner's alone: chmod 700 it").At("dir").Because("not_private")
	}
	return nil
}

// Server is an open installation.
type Server struct {
	Orgs      *org.Service
	Once      *org.Once
	Prompts   *prompt.Service
	Importer  *contact.Importer
	People    *contact.People
	Alerts    *alert.Office
	Events    *contact.Events
	Persons   *person.Service
	Links     *person.Links
	Tokens    *person.Tokens // nil if the platform signs none itself
	Audiences *audience.Service
	Uploads   *upload.Service
	Drops     *drop.Service // nil without a folder of drops
	Labels    *audience.Labels
	Matcher   *audience.Matcher
	Holders   *audience.Holders
	Collector *blob.Collector
	Jobs      job.Queue
	Rotation  *rotation.Service
	Compactor *compaction.Service

	cfg     Config
	db      *store.DB
	ledgers *ledgers
	blobs   blob.Store
	cursors secret.Key // seals the cursors of the API
	index   *index.Keeper
	lock    *os.File
	worker  bool // it has no logs
	free    list.Countries
	spills  string
	ending  ending
}

// Open opens the installation in cfg.Dir. It starts nothing. It returns a
// CodeInvalid error if the folder is not complete, or others may enter it or
// read its secrets, or if the key-encryption key is not the installation's.
func Open(ctx context.Context, cfg Config) (_ *Server, err error) {
	if cfg.Tick == 0 {
		cfg.Tick = DefaultTick
	}
	if cfg.Pace == (api.Pace{}) {
		cfg.Pace = api.DefaultPace()
	}
	if err := private(cfg.Dir); err != nil {
		return nil, err
	}
	root, err := secret.Open(filepath.Join(cfg.Dir, secretFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, selvedge.Errorf(selvedge.CodeInvalid, "holds no root secret: make a data folder with selvedge init").At("dir")
	}
	if err != nil {
		return nil, err
	}
	spills := filepath.Join(cfg.Dir, spillDir)
	if err := os.MkdirAll(spills, 0o700); err != nil {
		return nil, fmt.Errorf("make spill folder: %w", err)
	}
	blobs, err := blob.OpenDir(filepath.Join(cfg.Dir, blobsDir))
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	keys, err := cfg.openKeys(ctx, db, root)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Server{cfg: cfg, db: db, ledgers: newLedgers(cfg, root, db), blobs: blobs}
	if s.free, err = list.ParseCountries(cfg.ConsentFree); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.Jobs, err = openJobs(ctx, cfg, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.Tokens, err = cfg.personTokens(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.assemble(root, keys, blobs, spills)
	return s, nil
}

// assemble gives every domain its adapters.
func (s *Server) assemble(root *secret.Root, keys *token.Keyring, blobs blob.Store, spills string) {
	cfg, db := s.cfg, s.db
	db.Blobs = blobs
	s.spills = spills
	s.Collector = &blob.Collector{Store: blobs, Repo: store.BlobRegister{DB: db}, Tx: db, Clock: cfg.Clock}
	changes, outbox := store.Changes{DB: db}, store.Outbox{DB: db}
	orgs, prompts, contacts, audiences := store.Orgs{DB: db}, store.Prompts{DB: db}, store.Contacts{DB: db}, store.Audiences{DB: db}
	handles, masks := contact.NewHandles(root), vault.NewMasks(root, cfg.Entropy)
	ids := org.NewStream(orgs, root)

	s.Orgs = &org.Service{Repo: orgs, Tx: db, Changes: changes, Outbox: outbox, IDs: ids, Clock: cfg.Clock, Entropy: cfg.Entropy}
	s.Once = org.NewOnce(orgs, db, cfg.Clock, root)
	s.Prompts = &prompt.Service{Repo: prompts, Tx: db, Outbox: outbox, Clock: cfg.Clock}
	s.Alerts = &alert.Office{Repo: store.Alerts{DB: db}, Tx: db, Outbox: outbox, Ledger: s.ledgers, Clock: cfg.Clock}
	s.Importer = &contact.Importer{
		Repo: contacts, Prompts: prompts, Tx: db, Changes: changes, Outbox: outbox, Alerts: s.Alerts, Blobs: blobs, Names: s.Collector,
		Keys: keys, Handles: handles, Masks: masks, Marks: contact.NewMarks(root), Clock: cfg.Clock, Entropy: cfg.Entropy, Dir: spills, Memory: sortMemory, Batch: db.BatchRows(),
	}
	s.People = &contact.People{
		Repo: contacts, Prompts: prompts, Tx: db, Changes: changes, Outbox: outbox, Alerts: s.Alerts,
		Handles: handles, Masks: masks, Marks: contact.NewMarks(root), Eraser: outbox, Ages: cfg.UnknownAge, Clock: cfg.Clock, Ledger: s.ledgers,
	}
	s.Events = &contact.Events{Importer: s.Importer, People: s.People}
	lists := &list.Receiver{Keys: keys, External: list.NewExternalIDs(root), RowKeys: list.NewRowKeys(root), ConsentFree: s.free, Blobs: blobs, Entropy: cfg.Entropy, Dir: spills, Memory: sortMemory}
	s.Labels = &audience.Labels{Repo: audiences, Orgs: s.Orgs, Tx: db, Outbox: outbox, Ledger: s.ledgers, IDs: ids, Clock: cfg.Clock}
	s.Audiences = &audience.Service{
		Repo: audiences, Orgs: s.Orgs, Tx: db, Changes: changes, Outbox: outbox, Alerts: s.Alerts, IDs: ids, Clock: cfg.Clock,
		Receiver: lists, Names: s.Collector, Jobs: s.Jobs, Ledger: s.ledgers, Labels: s.Labels,
	}
	s.Uploads = &upload.Service{
		Repo: store.Uploads{DB: db}, Orgs: s.Orgs, Tx: db, Blobs: blobs, Names: s.Collector, KEK: keys.KEK, IDs: ids, Ledger: s.ledgers,
		Clock: cfg.Clock, Entropy: cfg.Entropy,
	}
	if cfg.Drops != "" {
		s.Drops = &drop.Service{
			Dir: cfg.Drops, Lists: s.Audiences, Repo: store.Drops{DB: db}, Tx: db, Marks: drop.NewMarks(root), Clock: cfg.Clock, Log: cfg.Log,
		}
	}
	s.index = &index.Keeper{Source: store.Index{DB: db}, Tx: db, Changes: changes, Blobs: blobs, Names: s.Collector, Ages: cfg.UnknownAge}
	s.Rotation = &rotation.Service{
		Repo: store.Keys{DB: db}, Keys: keys, Tx: db, Changes: changes, Outbox: outbox, Blobs: blobs, Names: s.Collector, Dir: spills, Memory: sortMemory,
		Jobs: s.Jobs, Ledger: s.watch(), // until Start
	}
	s.Compactor = &compaction.Service{
		Repo: store.Compaction{DB: db}, Keys: store.Keys{DB: db}, Tx: db, Outbox: outbox, Ledger: s.watch(), // until Start
		Blobs: blobs, Names: s.Collector,
	}
	s.Holders = &audience.Holders{Repo: audiences, Labels: s.Labels, Tx: db, Blobs: blobs, Clock: cfg.Clock}
	s.Matcher = &audience.Matcher{
		Repo: audiences, Orgs: orgs, Tx: db, Changes: changes, Outbox: outbox, Alerts: s.Alerts, Jobs: s.Jobs, Blobs: blobs, Names: s.Collector, Index: s.index,
		Lists: lists, Matched: s.Rotation.Retire,
		Ticks: report.Ticks{Every: cfg.Tick}, Figures: &report.Publisher{Repo: store.Publications{DB: db}, Blobs: blobs}, Clock: cfg.Clock, Code: cfg.Code, Log: cfg.Log, Ledger: s.ledgers,
	}
	s.Links = &person.Links{Sealer: vault.NewLinks(root, cfg.Entropy), Clock: cfg.Clock}
	s.cursors = root.Derive("api/cursors")
	s.Persons = &person.Service{People: s.People, Audiences: s.Holders, Orgs: orgs, Prompts: prompts, Tx: db, Clock: cfg.Clock}
	s.Rotation.Renew = s.Matcher.RenewSidecars
	s.Rotation.Fold = s.Compactor.Fold
	s.Orgs.Resumed = s.Matcher.Resume
}

// Start takes the folder for this server alone, opens the ledger's logs and gets
// the index ready. It returns a CodeInvalid error if the configuration does not
// say what an unknown age counts as, and a CodeConflict error if another server
// has the folder. If a log and the database contradict each other, it returns
// nil and the server is contained: it takes people's no, and nothing else.
func (s *Server) Start(ctx context.Context) error {
	if err := s.cfg.UnknownAge.Validate(); err != nil {
		return err
	}
	if s.Drops != nil {
		if err := s.Drops.Check(); err != nil {
			return err
		}
	}
	if err := s.Lock(); err != nil {
		return err
	}
	s.sole()
	if err := s.ledgers.start(ctx); err != nil {
		return err
	}
	s.Rotation.Ledger, s.Compactor.Ledger = s.ledgers, s.ledgers
	return s.index.Refresh(ctx)
}

// Lock takes the folder for this server alone, until Close, for work that wants
// no other one beside it. Start does it too. It returns a CodeConflict error if
// another server has the folder.
func (s *Server) Lock() error {
	f, err := os.OpenFile(filepath.Join(s.cfg.Dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(selvedge.Errorf(selvedge.CodeConflict, "another server has this data folder").At("dir"), f.Close())
	}
	s.lock = f
	return nil
}

// RebuildIndex builds the segments again from the chunks.
func (s *Server) RebuildIndex(ctx context.Context) error { return s.index.Rebuild(ctx) }

// Handler returns the HTTP API.
func (s *Server) Handler() http.Handler {
	return api.New(api.Config{
		Orgs: s.Orgs, Once: s.Once, Audiences: s.Audiences, Uploads: s.Uploads, Office: s.Matcher, Labels: s.Labels, People: s.People, Alerts: s.Alerts, Events: s.Events, Persons: s.Persons, Links: s.Links, Tokens: s.Tokens, Prompts: s.Prompts, Ledger: s.ledgers, Work: s,
		Importer: s.Importer, SpoolDir: s.spills, Outlive: s.ending.outlive,
		Ready: s.ready, Metrics: s.metrics(), Cursors: s.cursors, Pace: s.cfg.Pace, Clock: s.cfg.Clock, Entropy: s.cfg.Entropy, Log: s.cfg.Log, Version: s.cfg.Code,
	})
}

// HTTP returns an HTTP server for a handler, with the limits that an open port
// needs: a client must say what it wants soon, and may then take its time. When it
// is shut down, imports stop behind their batches.
func (s *Server) HTTP(h http.Handler) *http.Server {
	hs := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelError),
	}
	hs.RegisterOnShutdown(s.ending.end)
	return hs
}

// Close closes the installation. Nothing may be using it.
func (s *Server) Close() error {
	errs := []error{s.index.Close(), s.Holders.Close(), s.ledgers.close(), s.db.Close()}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
