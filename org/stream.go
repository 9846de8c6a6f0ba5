package org

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/secret"
)

// Stream makes the ids that orgs see: a keyed hash of the org, the prefix and a
// counter of that org's own. It is a selvedge.IDSource, safe for concurrent
// use. Ids of the stream of the empty org name orgs themselves.
type Stream struct {
	repo Repository
	key  secret.Key
}

// NewStream returns the id stream of an installation.
func NewStream(repo Repository, root *secret.Root) *Stream {
	return &Stream{repo: repo, key: root.Derive("org/ids")}
}

var idText = base32.StdEncoding.WithPadding(base32.NoPadding)

// Next implements selvedge.IDSource.
func (s *Stream) Next(ctx context.Context, tx selvedge.Tx, org selvedge.OrgID, prefix string) (string, error) {
	n, err := s.repo.NextID(ctx, tx, org, prefix)
	if err != nil {
		return "", err
	}
	sum := s.key.MAC([]byte(org), []byte(prefix), binary.BigEndian.AppendUint64(nil, n))
	return prefix + "_" + strings.ToLower(idText.EncodeToString(sum[:15])), nil
}
