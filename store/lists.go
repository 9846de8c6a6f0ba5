package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/audience"
	"github.com/selvedge/selvedge/blob"
	"github.com/selvedge/selvedge/list"
	"github.com/selvedge/selvedge/token"
)

// InsertList implements audience.Repository.
func (a Audiences) InsertList(ctx context.Context, tx selvedge.Tx, l list.List) error {
	refs := []blob.Ref{*l.Spill}
	var sum, size, key, epoch, rowsSum, rowsSize any
	if c := l.Sidecar; c != nil {
		refs = append(refs, c.Ref)
		sum, size, key, epoch = c.Ref.Sum[:], c.Ref.Size, c.Key, c.Epoch
	}
	if r := l.Rows; r != nil {
		refs = append(refs, *r)
		rowsSum, rowsSize = r.Sum[:], r.Size
	}
	if err := a.DB.refer(ctx, tx, refs...); err != nil {
		return err
	}
	text, err := json.Marshal(l.Report)
	if err != nil {
		return err
	}
	declared, err := json.Marshal(l.Declared)
	if err != nil {
		return err
	}
	_, err = exec(ctx, tx, `
		INSERT INTO list (id, org_id, audience_id, kind, state, draft, declared, report, spill_sum, spill_size, sidecar_sum, sidecar_size, sidecar_key, sidecar_epoch,
			rows_sum, rows_size, epoch, rule_set, accepted_at, sealed_at, effective_at, expires_at, version, seq, came)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, (SELECT COALESCE(MAX(seq), 0) + 1 FROM list),
			(SELECT COALESCE(MAX(came), 0) + 1 FROM list WHERE audience_id = ?))`,
		l.ID, l.Org, l.Audience, l.Kind, l.State, l.Draft, string(declared), string(text), l.Spill.Sum[:], l.Spill.Size,
		sum, size, key, epoch, rowsSum, rowsSize, l.Epoch, l.RuleSet,
		micros{&l.AcceptedAt}, micros{&l.SealedAt}, micros{&l.EffectiveAt}, micros{&l.ExpiresAt}, l.Audience)
	return err
}

// NextDraft implements audience.Repository.
func (Audiences) NextDraft(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID) (int64, error) {
	return one(ctx, tx, number, `SELECT COALESCE(MAX(draft), 0) + 1 FROM list WHERE audience_id = ?`, aud)
}

const listColumns = `id, org_id, audience_id, kind, state, draft, declared, report, spill_sum, spill_size, sidecar_sum, sidecar_size, sidecar_key, COALESCE(sidecar_epoch, 0),
	rows_sum, rows_size, epoch, rule_set, accepted_at, sealed_at, effective_at, expires_at, members_sum, members_size, version`

func scanList(s scanner) (l list.List, err error) {
	var declared, text string
	var spill, members, tied, rows nullRef
	var sidecar list.Sidecar
	err = s.Scan(&l.ID, &l.Org, &l.Audience, &l.Kind, &l.State, &l.Draft, &declared, &text, &spill.sum, &spill.size,
		&tied.sum, &tied.size, &sidecar.Key, &sidecar.Epoch, &rows.sum, &rows.size, &l.Epoch, &l.RuleSet,
		micros{&l.AcceptedAt}, micros{&l.SealedAt}, micros{&l.EffectiveAt}, micros{&l.ExpiresAt}, &members.sum, &members.size, &l.Version)
	if err != nil {
		return l, err
	}
	l.Spill, l.Members, l.Rows = spill.ref(blob.KindSpill), members.ref(blob.KindBitmap), rows.ref(blob.KindRows)
	if ref := tied.ref(blob.KindSidecar); ref != nil {
		sidecar.Ref = *ref
		l.Sidecar = &sidecar
	}
	return l, errors.Join(json.Unmarshal([]byte(declared), &l.Declared), json.Unmarshal([]byte(text), &l.Report))
}

// nullRef is a blob's name in two columns that are null together.
type nullRef struct {
	sum  []byte
	size *int64
}

func (n nullRef) ref(kind blob.Kind) *blob.Ref {
	if n.size == nil || len(n.sum) != 32 {
		return nil
	}
	return &blob.Ref{Kind: kind, Sum: [32]byte(n.sum), Size: *n.size}
}

// List implements audience.Repository.
func (Audiences) List(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, aud selvedge.AudienceID, id selvedge.ListID) (list.List, error) {
	return one(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE id = ? AND audience_id = ? AND org_id = ?`, id, aud, org)
}

// Lists implements audience.Repository.
func (Audiences) Lists(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE audience_id = ? ORDER BY seq`, aud)
}

// ListsAfter implements audience.Repository.
func (Audiences) ListsAfter(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID, after selvedge.ListID, n int) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE audience_id = ?
		AND came > COALESCE((SELECT b.came FROM list b WHERE b.id = ? AND b.audience_id = ?), 0) ORDER BY came LIMIT ?`, aud, after, aud, n)
}

// Unmatched implements audience.Repository.
func (Audiences) Unmatched(ctx context.Context, tx selvedge.Tx) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE state = 'accepted' ORDER BY seq`)
}

// SetSpill implements audience.Repository.
func (a Audiences) SetSpill(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old, spill blob.Ref, e token.Epoch) error {
	if err := a.DB.refer(ctx, tx, spill); err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the list does not wait with this spill"), `
		UPDATE list SET spill_sum = ?, spill_size = ?, epoch = ? WHERE id = ? AND state <> 'matched' AND spill_sum = ?`,
		spill.Sum[:], spill.Size, e, id, old.Sum[:])
}

// SetMatched implements audience.Repository.
func (a Audiences) SetMatched(ctx context.Context, tx selvedge.Tx, ids []selvedge.ListID, members blob.Ref, version int64) error {
	if err := a.DB.refer(ctx, tx, members); err != nil {
		return err
	}
	return inParts(len(ids), func(from, to int) error {
		args := []any{members.Sum[:], members.Size, version}
		for _, id := range ids[from:to] {
			args = append(args, id)
		}
		n, err := exec(ctx, tx, `
			UPDATE list SET state = 'matched', spill_sum = NULL, spill_size = NULL, members_sum = ?, members_size = ?, version = ?
			WHERE state = 'accepted' AND id IN `+places(1, to-from), args...)
		if err == nil && n != int64(to-from) {
			err = selvedge.Errorf(selvedge.CodeConflict, "the list does not wait to be matched")
		}
		return err
	})
}

// Draft implements audience.Repository.
func (Audiences) Draft(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID) (audience.Draft, error) {
	return one(ctx, tx, func(s scanner) (d audience.Draft, err error) {
		err = s.Scan(&d.Lists, micros{&d.FirstAt}, &d.Last, micros{&d.LastAt})
		return d, err
	}, `SELECT n.lists, n.first_at, COALESCE(l.id, ''), l.accepted_at
		FROM (SELECT COUNT(*) AS lists, MIN(accepted_at) AS first_at, MAX(seq) AS last FROM list WHERE audience_id = ? AND state = 'open') n
		LEFT JOIN list l ON l.seq = n.last`, aud)
}

// Living implements audience.Repository.
func (Audiences) Living(ctx context.Context, tx selvedge.Tx, at time.Time) ([]audience.Audience, error) {
	return all(ctx, tx, scanAudience, `SELECT `+audienceColumns+` FROM audience WHERE id IN (SELECT audience_id FROM list
		WHERE state = 'matched' AND kind <> 'remove' AND (expires_at > ? OR sidecar_sum IS NOT NULL OR rows_sum IS NOT NULL)) ORDER BY seq`, micros{&at})
}

func scanAudienceID(s scanner) (id selvedge.AudienceID, err error) {
	err = s.Scan(&id)
	return id, err
}

// Drafts implements audience.Repository.
func (Audiences) Drafts(ctx context.Context, tx selvedge.Tx) ([]selvedge.AudienceID, error) {
	return all(ctx, tx, scanAudienceID, `SELECT DISTINCT audience_id FROM list WHERE state = 'open' ORDER BY audience_id`)
}

// SealDraft implements audience.Repository.
func (Audiences) SealDraft(ctx context.Context, tx selvedge.Tx, aud selvedge.AudienceID, draft int64, at time.Time) (int64, error) {
	return exec(ctx, tx, `
		UPDATE list SET state = 'accepted', draft = ?, sealed_at = ?,
			seq = seq + (SELECT MAX(seq) + 1 FROM list) - (SELECT MIN(seq) FROM list WHERE audience_id = ? AND state = 'open')
		WHERE audience_id = ? AND state = 'open'`, draft, micros{&at}, aud, aud)
}

// SetSidecar implements audience.Repository.
func (a Audiences) SetSidecar(ctx context.Context, tx selvedge.Tx, id selvedge.ListID, old blob.Ref, next list.Sidecar) error {
	if err := a.DB.refer(ctx, tx, next.Ref); err != nil {
		return err
	}
	return execOne(ctx, tx, selvedge.Errorf(selvedge.CodeConflict, "the list does not have this sidecar"), `
		UPDATE list SET sidecar_sum = ?, sidecar_size = ?, sidecar_key = ?, sidecar_epoch = ? WHERE id = ? AND sidecar_sum = ?`,
		next.Ref.Sum[:], next.Ref.Size, next.Key, next.Epoch, id, old.Sum[:])
}

// DropSidecars implements audience.Repository.
func (Audiences) DropSidecars(ctx context.Context, tx selvedge.Tx, ids []selvedge.ListID) error {
	return inParts(len(ids), func(from, to int) error {
		var args []any
		for _, id := range ids[from:to] {
			args = append(args, id)
		}
		_, err := exec(ctx, tx, `UPDATE list SET sidecar_sum = NULL, sidecar_size = NULL, sidecar_key = NULL, sidecar_epoch = NULL,
			rows_sum = NULL, rows_size = NULL WHERE id IN `+places(1, to-from), args...)
		return err
	})
}

// OlderSidecars implements audience.Repository.
func (Audiences) OlderSidecars(ctx context.Context, tx selvedge.Tx, e token.Epoch) ([]list.List, error) {
	return all(ctx, tx, scanList, `SELECT `+listColumns+` FROM list WHERE sidecar_epoch < ? ORDER BY seq`, e)
}
