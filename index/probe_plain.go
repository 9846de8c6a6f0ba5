//go:build !goexperiment.simd || !amd64

package index

import "github.com/selvedge/selvedge"

func (p *partition) appendSlot(hits []selvedge.Ordinal, key uint64, first, end uint32) []selvedge.Ordinal {
	return p.appendSlotPlain(hits, key, first, end)
}
