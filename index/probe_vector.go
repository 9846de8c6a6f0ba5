//go:build goexperiment.simd && amd64

package index

import (
	"math/bits"
	"simd/archsimd"
	"unsafe"

	"github.com/selvedge/selvedge"
	"github.com/selvedge/selvedge/internal/kernel"
)

// appendSlot is appendSlotPlain, eight keys at a time.
func (p *partition) appendSlot(hits []selvedge.Ordinal, key uint64, first, end uint32) []selvedge.Ordinal {
	if !kernel.Vectors() {
		return p.appendSlotPlain(hits, key, first, end)
	}
	want := archsimd.BroadcastUint64x8(key)
	for ; first < end; first += 8 {
		// overrun keys follow the last one, so that eight can be read from any.
		keys := (*[8]uint64)(unsafe.Pointer(&p.keys[first]))
		found := archsimd.LoadUint64x8(keys).Equal(want).ToBits()
		if left := end - first; left < 8 {
			found &= 1<<left - 1
		}
		for ; found != 0; found &= found - 1 {
			hits = append(hits, selvedge.Ordinal(p.ordinals[int(first)+bits.TrailingZeros8(found)]))
		}
	}
	archsimd.ClearAVXUpperBits()
	return hits
}
