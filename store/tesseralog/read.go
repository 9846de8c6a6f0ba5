package tesseralog

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/ledger"
	"github.com/selvedge/selvedge/ledger/proof"
)

// A tile has 2^tileHeight hashes, a bundle as many leaves (c2sp.org/tlog-tiles).
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// lookEvery is how often AwaitPublished looks for a checkpoint.
const lookEvery = MinCheckpointInterval / 4

// View reads a log's folder, also while another process adds to it. It is safe
// for concurrent use and needs no closing.
type View struct {
	dir  string
	done chan struct{} // closed when nothing more will be published; nil if nobody says
}

var _ ledger.LogReader = (*View)(nil)

// NewView returns the view of a folder. Its methods return an error for which
// errors.Is says fs.ErrNotExist while there is no log in it.
func NewView(dir string) *View { return &View{dir: dir} }

// Size implements ledger.LogReader.
func (v *View) Size(context.Context) (int64, error) {
	// Tessera has no reader without a writer. The file's form goes with the
	// version in the folder, which Tessera checks before it writes.
	b, err := os.ReadFile(filepath.Join(v.dir, ".state", "treeState"))
	if err != nil {
		return 0, fmt.Errorf("read log size: %w", err)
	}
	var state struct {
		Size *int64 `json:"size"`
	}
	if err := json.Unmarshal(b, &state); err != nil || state.Size == nil {
		return 0, errors.New("read log size: the state is in another form")
	}
	return *state.Size, nil
}

// Leaf implements ledger.LogReader.
func (v *View) Leaf(ctx context.Context, index int64) ([]byte, error) {
	size, err := v.Size(ctx)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= size {
		return nil, selvedge.Errorf(selvedge.CodeNotFound, "the log has no leaf %d", index)
	}
	n, at := index/tileWidth, index%tileWidth
	width := min(size-n*tileWidth, tileWidth)
	bundle, err := v.read(layout.EntriesPath, uint64(n), partial(width))
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	// Leaves stand one after the other, each after its length in two bytes.
	for ; ; at-- {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("read leaves: bundle %d ends too early", n)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		if at == 0 {
			return bundle[2:end], nil
		}
		bundle = bundle[end:]
	}
}

// read reads a file that a larger one may have taken the place of: when a tile
// is full, the parts of it are cleared away.
func (v *View) read(path func(n uint64, p uint8) string, n uint64, p uint8) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(v.dir, path(n, p)))
	if p != 0 && errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(filepath.Join(v.dir, path(n, 0)))
	}
	return b, err
}

// Checkpoint implements ledger.LogReader.
func (v *View) Checkpoint(context.Context) ([]byte, error) {
	signed, err := os.ReadFile(filepath.Join(v.dir, layout.CheckpointPath))
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	return signed, nil
}

// AwaitPublished implements ledger.LogReader. If the log is closed first, it
// returns a CodeUnavailable error.
func (v *View) AwaitPublished(ctx context.Context, index int64) ([]byte, error) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for closed := false; ; {
		signed, err := v.Checkpoint(ctx)
		if err != nil {
			return nil, err
		}
		c, err := proof.ReadCheckpoint(signed)
		switch {
		case err != nil:
			return nil, err
		case c.N > index:
			return signed, nil
		case closed:
			return nil, selvedge.Errorf(selvedge.CodeUnavailable, "the log was closed before the leaf was published")
		}
		select {
		case <-look.C:
		case <-v.done:
			closed = true // and look once more
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Prove implements ledger.LogReader.
func (v *View) Prove(ctx context.Context, tree tlog.Tree, index int64) (tlog.RecordProof, error) {
	path, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, tiles{v}))
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", index, tree.N, err)
	}
	if tree.N > 1 {
		return path, nil
	}
	// The path of an only leaf is empty, and no tile was looked at.
	leaf, err := v.Leaf(ctx, 0)
	if err != nil {
		return nil, err
	}
	if tlog.RecordHash(leaf) != tree.Hash {
		return nil, errors.New("prove leaf 0 of 1: the log's leaf is another one")
	}
	// The next leaf's root will be made of it.
	stored, err := tiles{v}.ReadTiles([]tlog.Tile{{H: tileHeight, W: 1}})
	if err != nil {
		return nil, fmt.Errorf("prove leaf 0 of 1: %w", err)
	}
	if !bytes.Equal(stored[0], tree.Hash[:]) {
		return nil, errors.New("prove leaf 0 of 1: the stored hash is another one")
	}
	return path, nil
}

// tiles reads a log's tiles for tlog, which checks them against a root.
type tiles struct{ view *View }

// Height implements tlog.TileReader.
func (tiles) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader.
func (r tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(want))
	for i, t := range want {
		path := func(n uint64, p uint8) string { return layout.TilePath(uint64(t.L), n, p) }
		b, err := r.view.read(path, uint64(t.N), partial(int64(t.W)))
		if err != nil {
			return nil, fmt.Errorf("read tile: %w", err)
		}
		if len(b) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %s is cut short", t.Path())
		}
		data[i] = b[:t.W*tlog.HashSize] // the full tile may stand for a part of it
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader. There is nothing to save: the tiles
// came from the log's own disk.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// partial is a tile's width as Tessera wants it: 0 for a full one.
func partial(width int64) uint8 { return uint8(width % tileWidth) }
