package kernel

import (
	"encoding/binary"
	"unsafe"
)

// Hex decodes 64 hexadecimal digits, in either case, and reports whether text is
// them and nothing else. If it is not, dst holds nothing of use.
func Hex(dst *[32]byte, text string) bool {
	if len(text) != 64 {
		return false
	}
	src := (*[64]byte)(unsafe.Pointer(unsafe.StringData(text))) // it is only read
	if vectors {
		return hexVector(dst, src)
	}
	return hexPlain(dst, src)
}

// Every byte of a word at once, as in Mycroft's and Lamport's tricks: a sum
// that carries into the top bit of its byte is a comparison.
const (
	each = 0x0101010101010101
	tops = 0x80 * each
)

// hexPlain is Hex, eight digits at a time.
func hexPlain(dst *[32]byte, src *[64]byte) bool {
	var bad uint64
	for i := range 8 {
		x := binary.LittleEndian.Uint64(src[8*i:])
		low := x &^ tops // so that no sum carries into the next byte
		lower := low | 0x20*each
		digit := (low + (0x80-'0')*each) &^ (low + (0x80-'9'-1)*each)
		letter := (lower + (0x80-'a')*each) &^ (lower + (0x80-'f'-1)*each)
		bad |= x | ^(digit | letter)
		// A digit's value is in its low four bits; a letter's is 9 more.
		v := x&(0x0f*each) + 9*(letter&tops>>7)
		// Pairs to bytes, bytes to words: the first digit is the high one.
		v = (v<<4 | v>>8) & 0x00ff00ff00ff00ff
		v = (v | v>>8) & 0x0000ffff0000ffff
		binary.LittleEndian.PutUint32(dst[4*i:], uint32(v|v>>16))
	}
	return bad&tops == 0
}
