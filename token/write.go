package token

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
)

// Write writes a table to w, front to back, holding one block in memory.
// Entries must come in strictly ascending order of token, then ordinal, with no
// ordinal zero. h.Count is not read: a merge does not know it before its end,
// so the count stands at the end of the file. Write returns the header with the
// count filled in.
//
// It returns an error if the header is not valid, if an entry is out of order,
// if w fails, or the error that the entries end with; what was written must
// then be thrown away, and cannot be opened.
func (f Format) Write(w io.Writer, h Header, entries iter.Seq2[Entry, error]) (Header, error) {
	tw := writer{w: w}
	if err := tw.write(f, &h, entries); err != nil {
		return Header{}, fmt.Errorf("write %s: %w", f.Name, err)
	}
	return h, nil
}

// writer cuts entries into blocks.
type writer struct {
	w     io.Writer
	block []byte
	sums  uint32 // over every checksum written
}

func (w *writer) write(f Format, h *Header, entries iter.Seq2[Entry, error]) error {
	if err := h.Validate(); err != nil {
		return err
	}
	head := f.appendHeader(make([]byte, 0, headerSize), *h)
	w.sums = crc32.Update(0, castagnoli, head[headerSize-sumSize:])
	if _, err := w.w.Write(head); err != nil {
		return err
	}
	h.Count = 0
	var last Entry
	w.block = make([]byte, 0, blockSize)
	for e, err := range entries {
		switch {
		case err != nil:
			return err
		case e.Ordinal == 0:
			return errors.New("ordinal is zero")
		case h.Count > 0 && last.Compare(e) >= 0:
			return errors.New("entries are not in ascending order")
		}
		last = e
		h.Count++
		w.block = e.append(w.block)
		if len(w.block) == blockEntries*entrySize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	if len(w.block) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	end := binary.LittleEndian.AppendUint64(make([]byte, 0, trailerSize), h.Count)
	end = binary.LittleEndian.AppendUint32(end, crc32.Update(w.sums, castagnoli, end))
	_, err := w.w.Write(end)
	return err
}

func (w *writer) flush() error {
	n := len(w.block)
	w.block = binary.LittleEndian.AppendUint32(w.block, crc32.Checksum(w.block, castagnoli))
	w.sums = crc32.Update(w.sums, castagnoli, w.block[n:])
	_, err := w.w.Write(w.block)
	w.block = w.block[:0]
	return err
}
