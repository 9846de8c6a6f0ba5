package token

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/selvedge/selvedge/identifier"
)

// appendHeader appends the 32 bytes that a table begins with.
func (f Format) appendHeader(b []byte, h Header) []byte {
	start := len(b)
	b = append(b, f.Magic[:]...)
	b = binary.LittleEndian.AppendUint16(b, f.Version)
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Family))
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Class))
	b = binary.LittleEndian.AppendUint16(b, 0) // the country of national phone forms, of which there are none
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Epoch))
	b = binary.LittleEndian.AppendUint32(b, h.RuleSet)
	b = binary.LittleEndian.AppendUint32(b, blockEntries)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// readHeader is the inverse of appendHeader. The version is judged before the
// checksum, so that a reader can tell a newer file from a broken one.
func (f Format) readHeader(b []byte) (Header, error) {
	if [8]byte(b) != f.Magic {
		return Header{}, fmt.Errorf("magic differs: not a %s", f.Name)
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != f.Version {
		return Header{}, fmt.Errorf("version %d is not known", v)
	}
	if crc32.Checksum(b[:headerSize-sumSize], castagnoli) != binary.LittleEndian.Uint32(b[headerSize-sumSize:]) {
		return Header{}, errors.New("checksum differs")
	}
	if binary.LittleEndian.Uint16(b[14:]) != 0 {
		return Header{}, errors.New("country is not zero")
	}
	if binary.LittleEndian.Uint32(b[24:]) != blockEntries {
		return Header{}, fmt.Errorf("entries per block differ from %d", blockEntries)
	}
	h := Header{
		Family:  Family(binary.LittleEndian.Uint16(b[10:])),
		Class:   identifier.Class(binary.LittleEndian.Uint16(b[12:])),
		Epoch:   Epoch(binary.LittleEndian.Uint32(b[16:])),
		RuleSet: binary.LittleEndian.Uint32(b[20:]),
	}
	return h, h.Validate()
}
