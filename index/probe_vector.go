//go:build goexperiment.simd && amd64

package index

import (
	"math/bits"
	"simd/archsimd"
	"unsafe"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/kernel"
)

// appendSlot is appendSlotPlain, sixteen keys at a time. Nearly every slot has no
// more than that, and a key at most once; then nothing depends on a guess of the
// processor, which would be wrong as often as keys are found.
func (p *partition) appendSlot(hits []selvedge.Ordinal, key uint64, first, end uint32) []selvedge.Ordinal {
	n := end - first
	if n == 0 || n > 16 || !kernel.Vectors() {
		return p.appendSlotPlain(hits, key, first, end)
	}
	// overrun keys follow the last one, so that sixteen can be read from any.
	keys := (*[16]uint64)(unsafe.Pointer(unsafe.SliceData(p.keys[first:])))
	want := archsimd.BroadcastUint64x8(key)
	low := archsimd.LoadUint64x8((*[8]uint64)(keys[:8])).Equal(want).ToBits()
	high := archsimd.LoadUint64x8((*[8]uint64)(keys[8:])).Equal(want).ToBits()
	archsimd.ClearAVXUpperBits()
	found := uint32(high)<<8 | uint32(low)
	found &= 1<<n - 1
	if found&(found-1) != 0 {
		return p.appendSlotPlain(hits, key, first, end)
	}
	m := len(hits)
	at := bits.TrailingZeros32(found) & 15 // 0 if there is none: what is there is not kept
	hits = append(hits, selvedge.Ordinal(p.ordinals[int(first)+at]))
	return hits[:m+bits.OnesCount32(found)]
}
