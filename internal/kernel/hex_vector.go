//go:build goexperiment.simd && amd64

package kernel

import "simd/archsimd"

var vectors = archsimd.X86.AVX512() && archsimd.X86.AVX512VAES()

// pairs weighs the digits of a byte: the first one is the high one.
var pairs = func() (w [64]int8) {
	for i := range w {
		w[i] = [2]int8{16, 1}[i%2]
	}
	return w
}()

// hexVector is Hex, all digits at once.
func hexVector(dst *[32]byte, src *[64]byte) bool {
	x := archsimd.LoadUint8x64(src)
	digit := x.Sub(archsimd.BroadcastUint8x64('0'))
	letter := x.Or(archsimd.BroadcastUint8x64(0x20)).Sub(archsimd.BroadcastUint8x64('a'))
	isDigit := digit.LessEqual(archsimd.BroadcastUint8x64(9))
	isLetter := letter.LessEqual(archsimd.BroadcastUint8x64(5))
	v := digit.Masked(isDigit).Or(letter.Add(archsimd.BroadcastUint8x64(10)).Masked(isLetter))
	v.DotProductPairsSaturated(archsimd.LoadInt8x64(&pairs)).AsUint16x32().TruncateToUint8().Store(dst)
	ok := isDigit.Or(isLetter).ToBits() == 1<<64-1
	archsimd.ClearAVXUpperBits() // or all that uses the older instructions is slow from here on
	return ok
}
