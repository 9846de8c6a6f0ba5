// Command gomap is the plainest engine there is: a Go map from hash to account,
// over an exported work. Making the map is not counted.
//
//	go run ./bench/peers/gomap FOLDER RUNS
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gomap:", err)
		os.Exit(1)
	}
}

type line struct {
	Name    string  `json:"name"`
	Count   int     `json:"count"`
	Seconds float64 `json:"seconds"`
}

func run(dir, times string) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	registry := map[[32]byte]uint32{}
	err = each(filepath.Join(dir, "registry.csv"), func(hash [32]byte, rest string) error {
		a, err := strconv.ParseUint(rest[1:], 10, 32)
		registry[hash] = uint32(a)
		return err
	})
	if err != nil {
		return err
	}
	var all []line
	for range n {
		start, found := time.Now(), map[uint32]struct{}{}
		err := each(filepath.Join(dir, "list.csv"), func(hash [32]byte, _ string) error {
			if a, ok := registry[hash]; ok {
				found[a] = struct{}{}
			}
			return nil
		})
		if err != nil {
			return err
		}
		all = append(all, line{"Go map", len(found), time.Since(start).Seconds()})
	}
	slices.SortFunc(all, func(a, b line) int { return int((a.Seconds - b.Seconds) * 1e9) })
	return json.NewEncoder(os.Stdout).Encode(all[len(all)/2])
}

// each calls fn with the hash that each line of a file begins with, and the rest.
func each(path string, fn func(hash [32]byte, rest string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan() // the header
	for lines.Scan() {
		var hash [32]byte
		text := lines.Bytes()
		if _, err := hex.Decode(hash[:], text[:64]); err != nil {
			return err
		}
		if err := fn(hash, string(text[64:])); err != nil {
			return err
		}
	}
	return lines.Err()
}
