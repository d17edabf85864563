package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
	// Logs up to this size have the inclusion proof of every entry checked; larger ones at the edges of each tile.
	everyProofUpTo = 600
)

type source interface {
	read(path string) ([]byte, error)
}

type directory string

func (d directory) read(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(d), filepath.FromSlash(path)))
}

type server string

func (s server) read(path string) ([]byte, error) {
	answer, err := http.Get(strings.TrimSuffix(string(s), "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 32<<20))
}

func open(place string) source {
	if strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://") {
		return server(place)
	}
	return directory(place)
}

// tileLog reads tiles by their tlog-tiles paths, which lack the height of Go's own paths.
type tileLog struct {
	tree  tlog.Tree
	from  source
	kept  map[tlog.Tile][]byte
	found map[tlog.Tile]bool
}

func newLog(tree tlog.Tree, from source) *tileLog {
	return &tileLog{tree: tree, from: from, kept: map[tlog.Tile][]byte{}, found: map[tlog.Tile]bool{}}
}

func (l *tileLog) Height() int { return height }

func (l *tileLog) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		if data[i] = l.kept[t]; data[i] != nil {
			continue
		}
		raw, err := l.from.read(path(t, fmt.Sprint(t.L)))
		if err != nil {
			return nil, err
		}
		if len(raw) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes, not %d", path(t, fmt.Sprint(t.L)), len(raw), t.W*tlog.HashSize)
		}
		data[i] = raw
	}
	return data, nil
}

// SaveTiles is called with tiles that the root vouches for.
func (l *tileLog) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, t := range tiles {
		l.found[t] = true
		if t.L > 0 || t.W < width {
			l.kept[t] = data[i]
		}
	}
}

func path(t tlog.Tile, level string) string {
	index := fmt.Sprintf("%03d", t.N%1000)
	for n := t.N / 1000; n > 0; n /= 1000 {
		index = fmt.Sprintf("x%03d/%s", n%1000, index)
	}
	if t.W < width {
		index += fmt.Sprintf(".p/%d", t.W)
	}
	return "tile/" + level + "/" + index
}

// checkAll authenticates every hash of every tile, every entry, and the inclusion proofs.
func (l *tileLog) checkAll(report *Report) error {
	hashes := tlog.TileHashReader(l.tree, l)
	root, err := tlog.TreeHash(l.tree.N, hashes)
	if err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if root != l.tree.Hash {
		return fmt.Errorf("the tiles give root %v, the checkpoint says %v", root, l.tree.Hash)
	}
	for level := 0; l.tree.N>>(height*level) > 0; level++ {
		count := l.tree.N >> (height * level)
		for first := int64(0); first < count; first += width {
			tile := tlog.Tile{H: height, L: level, N: first / width, W: int(min(count-first, width))}
			if err := l.checkTile(tile, hashes, report); err != nil {
				return err
			}
		}
	}
	report.Tiles = len(l.found)
	return nil
}

func (l *tileLog) checkTile(tile tlog.Tile, hashes tlog.HashReader, report *Report) error {
	indexes := make([]int64, tile.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(tile.L*height, tile.N*width+int64(i))
	}
	trusted, err := hashes.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("%s: %w", path(tile, fmt.Sprint(tile.L)), err)
	}
	if !l.found[tile] {
		return fmt.Errorf("%s: not reached from the root", path(tile, fmt.Sprint(tile.L)))
	}
	if tile.L > 0 {
		return nil
	}
	return l.checkEntries(tile, trusted, hashes, report)
}

func (l *tileLog) checkEntries(tile tlog.Tile, trusted []tlog.Hash, hashes tlog.HashReader, report *Report) error {
	name := path(tile, "entries")
	raw, err := l.from.read(name)
	if err != nil {
		return err
	}
	rest := bytes.NewReader(raw)
	for i, want := range trusted {
		var size uint16
		if err := binary.Read(rest, binary.BigEndian, &size); err != nil {
			return fmt.Errorf("%s: entry %d: %w", name, i, err)
		}
		entry := make([]byte, size)
		if _, err := io.ReadFull(rest, entry); err != nil {
			return fmt.Errorf("%s: entry %d: %w", name, i, err)
		}
		leaf := tlog.RecordHash(entry)
		if leaf != want {
			return fmt.Errorf("%s: entry %d does not have the hash of its leaf", name, i)
		}
		report.Entries++
		if l.tree.N > everyProofUpTo && i != 0 && i != len(trusted)-1 {
			continue
		}
		if err := l.checkProof(tile.N*width+int64(i), leaf, hashes); err != nil {
			return err
		}
		report.Proofs++
	}
	if rest.Len() != 0 {
		return fmt.Errorf("%s: %d bytes after the last entry", name, rest.Len())
	}
	return nil
}

func (l *tileLog) checkProof(index int64, leaf tlog.Hash, hashes tlog.HashReader) error {
	proof, err := tlog.ProveRecord(l.tree.N, index, hashes)
	if err != nil {
		return fmt.Errorf("proof of %d: %w", index, err)
	}
	return tlog.CheckRecord(proof, l.tree.N, l.tree.Hash, index, leaf)
}

// checkConsistent proves that the log extends an older tree.
func (l *tileLog) checkConsistent(old tlog.Tree) error {
	if old.N == 0 {
		if empty, _ := tlog.TreeHash(0, nil); old.Hash != empty {
			return fmt.Errorf("size 0 with root %v", old.Hash)
		}
		return nil
	}
	if old.N > l.tree.N {
		return fmt.Errorf("the log has %d entries, the older checkpoint %d", l.tree.N, old.N)
	}
	proof, err := tlog.ProveTree(l.tree.N, old.N, tlog.TileHashReader(l.tree, l))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, l.tree.N, l.tree.Hash, old.N, old.Hash)
}
