package store

import (
	"context"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/contact"
	"github.com/selvedge/selvedge/rotation"
	"github.com/selvedge/selvedge/token"
)

// Keys keeps the sealed token keys, and what a rotation has done, in SQL.
type Keys struct{ DB *DB }

var (
	_ token.KeyRepository = Keys{}
	_ rotation.Repository = Keys{}
)

// Epochs implements token.KeyRepository.
func (Keys) Epochs(ctx context.Context, tx selvedge.Tx) (token.Epochs, error) {
	e, err := one(ctx, tx, func(s scanner) (e token.Epochs, err error) {
		err = s.Scan(&e.Current, &e.Next)
		return e, err
	}, `SELECT epoch, next_epoch FROM key_epoch WHERE family = ?`, token.Ads)
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return token.Epochs{}, nil
	}
	return e, err
}

// SetEpochs implements token.KeyRepository.
func (Keys) SetEpochs(ctx context.Context, tx selvedge.Tx, from, to token.Epochs) error {
	conflict := selvedge.Errorf(selvedge.CodeConflict, "the key epochs are others by now")
	if from == (token.Epochs{}) {
		return execOne(ctx, tx, conflict, `INSERT INTO key_epoch (family, epoch, next_epoch) VALUES (?, ?, ?) ON CONFLICT (family) DO NOTHING`,
			token.Ads, to.Current, to.Next)
	}
	return execOne(ctx, tx, conflict, `UPDATE key_epoch SET epoch = ?, next_epoch = ? WHERE family = ? AND epoch = ? AND next_epoch = ?`,
		to.Current, to.Next, token.Ads, from.Current, from.Next)
}

// Keys implements token.KeyRepository.
func (Keys) Keys(ctx context.Context, tx selvedge.Tx) ([]token.SealedKey, error) {
	return all(ctx, tx, func(s scanner) (k token.SealedKey, err error) {
		err = s.Scan(&k.Family, &k.Epoch, &k.Class, &k.Sealed, micros{&k.CreatedAt})
		return k, err
	}, `SELECT family, epoch, class, sealed, created_at FROM token_key ORDER BY family, epoch, class`)
}

// InsertKey implements token.KeyRepository.
func (Keys) InsertKey(ctx context.Context, tx selvedge.Tx, k token.SealedKey) error {
	_, err := exec(ctx, tx, `INSERT INTO token_key (family, epoch, class, sealed, created_at) VALUES (?, ?, ?, ?, ?)`,
		k.Family, k.Epoch, k.Class, k.Sealed, micros{&k.CreatedAt})
	return err
}

// Reseal implements token.KeyRepository.
func (Keys) Reseal(ctx context.Context, tx selvedge.Tx, k token.SealedKey) error {
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeNotFound, "there is no such key"),
		`UPDATE token_key SET sealed = ? WHERE family = ? AND epoch = ? AND class = ?`, k.Sealed, k.Family, k.Epoch, k.Class)
}

// DestroyKeys implements token.KeyRepository.
func (Keys) DestroyKeys(ctx context.Context, tx selvedge.Tx, e token.Epoch) error {
	n, err := exec(ctx, tx, `DELETE FROM token_key WHERE family = ? AND epoch = ?`, token.Ads, e)
	if err == nil && n == 0 {
		err = selvedge.Errorf(selvedge.CodeNotFound, "there are no keys of this epoch")
	}
	return err
}

const chunkColumns = `sum, size, family, class, epoch, rule_set, entries`

func scanChunk(s scanner) (c contact.ChunkRow, err error) {
	c.Ref.Kind = blob.KindChunk
	err = s.Scan(fixed(c.Ref.Sum[:]), &c.Ref.Size, &c.Header.Family, &c.Header.Class, &c.Header.Epoch, &c.Header.RuleSet, &c.Header.Count)
	return c, err
}

// Unstaged implements rotation.Repository.
func (Keys) Unstaged(ctx context.Context, tx selvedge.Tx) ([]contact.ChunkRow, error) {
	return all(ctx, tx, scanChunk, `SELECT `+chunkColumns+` FROM chunk
		WHERE replaces IS NULL AND sum NOT IN (SELECT replaces FROM chunk WHERE replaces IS NOT NULL) ORDER BY import_id, class`)
}

// Stage implements rotation.Repository.
func (k Keys) Stage(ctx context.Context, tx selvedge.Tx, old blob.Ref, c contact.ChunkRow) error {
	if err := k.DB.refer(ctx, tx, c.Ref); err != nil {
		return err
	}
	id, err := one(ctx, tx, number, `SELECT import_id FROM chunk
		WHERE sum = ? AND replaces IS NULL AND sum NOT IN (SELECT replaces FROM chunk WHERE replaces IS NOT NULL)`, old.Sum[:])
	if selvedge.CodeOf(err) == selvedge.CodeNotFound {
		return selvedge.Errorf(selvedge.CodeConflict, "the chunk does not count, or has one in its place already")
	}
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `INSERT INTO chunk (`+chunkColumns+`, import_id, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Ref.Sum[:], c.Ref.Size, c.Header.Family, c.Header.Class, c.Header.Epoch, c.Header.RuleSet, c.Header.Count, id, old.Sum[:])
	return err
}

// Replace implements rotation.Repository.
func (Keys) Replace(ctx context.Context, tx selvedge.Tx) error {
	if _, err := exec(ctx, tx, `DELETE FROM chunk WHERE sum IN (SELECT replaces FROM chunk WHERE replaces IS NOT NULL)`); err != nil {
		return err
	}
	_, err := exec(ctx, tx, `UPDATE chunk SET replaces = NULL WHERE replaces IS NOT NULL`)
	return err
}

// Counts implements rotation.Repository.
func (Keys) Counts(ctx context.Context, tx selvedge.Tx) (c rotation.Counts, err error) {
	return one(ctx, tx, func(s scanner) (c rotation.Counts, err error) {
		err = s.Scan(&c.Chunks, &c.Tokens, &c.ChunksDone, &c.TokensDone)
		return c, err
	}, `SELECT COUNT(*) - COUNT(replaces), CAST(COALESCE(SUM(CASE WHEN replaces IS NULL THEN entries ELSE 0 END), 0) AS BIGINT),
		COUNT(replaces), CAST(COALESCE(SUM(CASE WHEN replaces IS NULL THEN 0 ELSE entries END), 0) AS BIGINT) FROM chunk`)
}

// Needed implements rotation.Repository.
func (Keys) Needed(ctx context.Context, tx selvedge.Tx, e token.Epoch) (rotation.Need, error) {
	return one(ctx, tx, func(s scanner) (n rotation.Need, err error) {
		err = s.Scan(&n.Chunks, &n.Lists, &n.Sidecars)
		return n, err
	}, `SELECT (SELECT COUNT(*) FROM chunk WHERE epoch = ?), (SELECT COUNT(*) FROM list WHERE state <> 'matched' AND epoch = ?),
		(SELECT COUNT(*) FROM list WHERE sidecar_epoch = ?)`, e, e, e)
}

// SidecarKeys implements rotation.Repository.
func (Keys) SidecarKeys(ctx context.Context, tx selvedge.Tx) ([]rotation.SidecarKey, error) {
	return all(ctx, tx, func(s scanner) (k rotation.SidecarKey, err error) {
		k.Sidecar.Kind = blob.KindSidecar
		err = s.Scan(fixed(k.Sidecar.Sum[:]), &k.Sidecar.Size, &k.Sealed)
		return k, err
	}, `SELECT sidecar_sum, sidecar_size, sidecar_key FROM list WHERE sidecar_sum IS NOT NULL ORDER BY seq`)
}

// ResealSidecar implements rotation.Repository.
func (Keys) ResealSidecar(ctx context.Context, tx selvedge.Tx, k rotation.SidecarKey) error {
	_, err := exec(ctx, tx, `UPDATE list SET sidecar_key = ? WHERE sidecar_sum = ?`, k.Sealed, k.Sidecar.Sum[:])
	return err
}

// UploadKeys implements rotation.Repository.
func (Keys) UploadKeys(ctx context.Context, tx selvedge.Tx) ([]rotation.UploadKey, error) {
	return all(ctx, tx, func(s scanner) (k rotation.UploadKey, err error) {
		err = s.Scan(&k.Upload, &k.Sealed)
		return k, err
	}, `SELECT id, sealed_key FROM upload ORDER BY id`)
}

// ResealUpload implements rotation.Repository.
func (Keys) ResealUpload(ctx context.Context, tx selvedge.Tx, k rotation.UploadKey) error {
	_, err := exec(ctx, tx, `UPDATE upload SET sealed_key = ? WHERE id = ?`, k.Sealed, k.Upload)
	return err
}
