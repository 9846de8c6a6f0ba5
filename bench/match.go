package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/sys/unix"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/index"
	"github.com/selvedge/selvedge/internal/kernel"
	"github.com/selvedge/selvedge/internal/secret"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/match"
	"github.com/selvedge/selvedge/purpose"
	"github.com/selvedge/selvedge/store"
	"github.com/selvedge/selvedge/token"
)

// Figures are what a work took: of several runs, the medians.
type Figures struct {
	Seconds       float64 `json:"seconds"`     // from the list's file to the audience's bitmap and its distinct accounts
	CPUSeconds    float64 `json:"cpu_seconds"` // of all processors
	RowsPerSecond float64 `json:"rows_per_second"`
	PeakRSS       int64   `json:"peak_rss_bytes"`
	BytesPerForm  float64 `json:"index_bytes_per_form"`
	Contacts      int     `json:"matched_contact_points"`
	Accounts      int     `json:"matched_accounts"`

	ReadSeconds  float64 `json:"read_seconds"`  // of Seconds: the list's bytes to distinct tokens
	MatchSeconds float64 `json:"match_seconds"` // of Seconds: tokens to the bitmap
	FalseHits    float64 `json:"false_hits_below"`
	Vectors      bool    `json:"vectors"`
	Runs         int     `json:"runs"`
}

// Match makes a work in a folder, or takes it from there, runs it, and returns
// the figures. It returns an error if an answer is not the Truth.
func Match(ctx context.Context, dir string, w Work, runs int) (Figures, error) {
	if err := w.validate(); err != nil {
		return Figures{}, err
	}
	if runs < 1 {
		return Figures{}, selvedge.Errorf(selvedge.CodeInvalid, "there must be a run").At("runs")
	}
	r, err := openRegistry(dir, w)
	if err != nil {
		return Figures{}, err
	}
	defer r.close()
	path := filepath.Join(dir, "list-"+w.name()+".csv")
	if err := cached(path, w.WriteList); err != nil {
		return Figures{}, err
	}
	ads, err := r.ads()
	if err != nil {
		return Figures{}, err
	}
	e, err := newEngine(ctx, r, ads)
	if err != nil {
		return Figures{}, err
	}
	defer e.close()
	truth := w.Truth()
	var all []run
	for range runs {
		one, err := e.run(ctx, path)
		if err != nil {
			return Figures{}, err
		}
		if one.truth != truth {
			return Figures{}, fmt.Errorf("the engine found %+v, and there are %+v", one.truth, truth)
		}
		all = append(all, one)
	}
	f := Figures{
		Seconds: median(all, run.seconds), CPUSeconds: median(all, func(r run) float64 { return r.cpu }),
		ReadSeconds: median(all, func(r run) float64 { return r.read }), MatchSeconds: median(all, func(r run) float64 { return r.match }),
		BytesPerForm: float64(r.size) / float64(r.segment.Header().Count),
		Contacts:     truth.Contacts, Accounts: truth.Accounts,
		FalseHits: ads.FalseHits(benchHeader.Class, w.Rows), Vectors: kernel.Vectors(), Runs: runs,
	}
	f.RowsPerSecond = float64(w.Rows) / f.Seconds
	f.PeakRSS, err = peakRSS()
	return f, err
}

// ads returns the index with everybody eligible but who has withdrawn.
func (r *registry) ads() (*index.Ads, error) {
	eligible := roaring.New()
	eligible.AddRange(1, uint64(r.work.Contacts)+1)
	if r.work.heavy() {
		for n := range uint32(r.work.Contacts) {
			if r.work.withdrawn(n) {
				eligible.Remove(n + 1)
			}
		}
	}
	eligible.RunOptimize()
	h := benchHeader
	h.Class = 3 - h.Class
	b := new(memoryWriter)
	if _, err := index.BuildSegment(b, h, nil); err != nil {
		return nil, err
	}
	phones, err := index.OpenSegment(b.bytes)
	if err != nil {
		return nil, err
	}
	return index.NewAds(1, []*index.Segment{r.segment, phones},
		map[purpose.Purpose]*roaring.Bitmap{purpose.AdsMatchAdvertiser: eligible, purpose.AdsSuppress: eligible}, nil)
}

// engine is what matches lists, as a server wires it, with its files in memory.
type engine struct {
	registry *registry
	ads      *index.Ads
	receiver list.Receiver
	blobs    *memory
	dir      string
	db       *store.DB
}

func newEngine(ctx context.Context, r *registry, ads *index.Ads) (_ *engine, err error) {
	e := &engine{registry: r, ads: ads, blobs: &memory{blobs: map[[32]byte][]byte{}}}
	if e.dir, err = os.MkdirTemp("", "selvedge-bench-"); err != nil {
		return nil, err
	}
	entropy := selvedge.NewSeededEntropy("bench")
	if e.db, err = store.Open(ctx, filepath.Join(e.dir, "keys.db"), selvedge.WallClock{}, entropy); err != nil {
		return nil, errors.Join(err, os.RemoveAll(e.dir))
	}
	kek, err := secret.CreateKEK(filepath.Join(e.dir, "kek.json"))
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	root, err := secret.Create(filepath.Join(e.dir, "root"), entropy)
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	ring := &token.Keyring{Repo: store.Keys{DB: e.db}, Tx: e.db, KEK: kek, Entropy: entropy, Clock: selvedge.WallClock{}}
	if err := ring.Begin(ctx, r.keys); err != nil {
		return nil, errors.Join(err, e.close())
	}
	e.receiver = list.Receiver{
		Keys: ring, External: list.NewExternalIDs(root), Blobs: e.blobs, Entropy: entropy, Dir: e.dir, Memory: 1 << 30,
	}
	return e, nil
}

func (e *engine) close() error { return errors.Join(e.db.Close(), os.RemoveAll(e.dir)) }

// run is one run.
type run struct {
	read, match, cpu float64
	truth            Truth
}

func (r run) seconds() float64 { return r.read + r.match }

var benchActor = selvedge.System("bench")

// agreed says that the made-up people of a list have agreed.
var agreed = list.Declaration{Consents: list.Consents{AdUserData: list.Granted, AdPersonalization: list.Granted}}

// run takes a list from its file to who it reaches.
func (e *engine) run(ctx context.Context, path string) (out run, err error) {
	f, err := os.Open(path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	cpu, start := cpuSeconds(), time.Now()
	sealed, err := e.receiver.Receive(ctx, f, list.Options{Declaration: agreed})
	if err != nil {
		return out, err
	}
	content, err := e.blobs.Open(ctx, sealed.Spill)
	if err != nil {
		return out, err
	}
	spill, err := list.OpenSpill(content.Bytes())
	if err != nil {
		return out, err
	}
	read := time.Now()
	r, err := match.Run(ctx, benchActor, spill, e.ads)
	if err != nil {
		return out, err
	}
	members := roaring.And(r.Members, e.ads.Eligible("", purpose.AdsMatchAdvertiser))
	out.truth = Truth{int(members.GetCardinality()), e.registry.distinct(members)}
	out.read, out.match, out.cpu = read.Sub(start).Seconds(), time.Since(read).Seconds(), cpuSeconds()-cpu
	return out, e.blobs.Delete(ctx, sealed.Spill)
}

// distinct counts the accounts of the ordinals.
func (r *registry) distinct(ordinals *roaring.Bitmap) int {
	seen, n := make([]uint64, r.accounts[len(r.accounts)-1]/64+1), 0
	var batch [1024]uint32
	for it := ordinals.ManyIterator(); ; {
		k := it.NextMany(batch[:])
		if k == 0 {
			return n
		}
		for _, o := range batch[:k] {
			a := r.accounts[o]
			if bit := uint64(1) << (a % 64); seen[a/64]&bit == 0 {
				seen[a/64] |= bit
				n++
			}
		}
	}
}

func median(all []run, of func(run) float64) float64 {
	var v []float64
	for _, r := range all {
		v = append(v, of(r))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// cpuSeconds is what the process has used of all processors.
func cpuSeconds() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peakRSS is the most memory that the process has had, in bytes.
func peakRSS() (int64, error) {
	var u unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_SELF, &u)
	return u.Maxrss * 1024, err
}

// Export writes a work for other engines into a folder: list.csv, registry.csv
// with each contact point's SHA-256 and account, and expected.txt with how many
// accounts there are.
func Export(dir string, w Work) error {
	if err := w.validate(); err != nil {
		return err
	}
	if w.heavy() {
		return selvedge.Errorf(selvedge.CodeInvalid, "other engines know one form only").At("forms")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return errors.Join(
		cached(filepath.Join(dir, "list.csv"), w.WriteList),
		cached(filepath.Join(dir, "registry.csv"), w.writeRegistry),
		cached(filepath.Join(dir, "expected.txt"), func(to io.Writer) error {
			_, err := fmt.Fprintln(to, w.Truth().Accounts)
			return err
		}),
	)
}
