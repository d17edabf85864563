// Command tlogcheck verifies a tlog-tiles log with Go's own transparency log packages: no line of ours decides.
//
//	tlogcheck -vkey KEY [-cosigner KEY]... [-old CHECKPOINT]... DIR|URL
//
// It checks the checkpoint's signatures, every hash of every tile of every level, every entry against its leaf, the
// inclusion proof of entries (all of them in small logs), and consistency with older checkpoints. It prints one line of
// JSON and ends with 0, or prints what is wrong and ends with 1.
//
// Specifications: c2sp.org/signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature (as of July 2026).
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// Report is what a good log gives.
type Report struct {
	Origin       string   `json:"origin"`
	Size         int64    `json:"size"`
	Root         string   `json:"root"`
	Tiles        int      `json:"tiles"`
	Entries      int64    `json:"entries"`
	Proofs       int64    `json:"proofs"`
	Consistency  int      `json:"consistency"`
	Cosignatures []string `json:"cosignatures"`
}

func main() {
	var cosigners, olds list
	vkey := flag.String("vkey", "", "verifier key of the log")
	flag.Var(&cosigners, "cosigner", "verifier key of a witness whose cosignature must be there (repeatable)")
	flag.Var(&olds, "old", "file with an older checkpoint that the log must extend (repeatable)")
	flag.Parse()
	if *vkey == "" || flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	report, err := check(flag.Arg(0), *vkey, cosigners, olds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
	line, _ := json.Marshal(report)
	fmt.Println(string(line))
}

func check(place, vkey string, cosigners, olds []string) (*Report, error) {
	logKey, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	witnesses := make([]note.Verifier, 0, len(cosigners))
	for _, text := range cosigners {
		w, err := newCosigner(text)
		if err != nil {
			return nil, err
		}
		witnesses = append(witnesses, w)
	}
	source := open(place)
	raw, err := source.read("checkpoint")
	if err != nil {
		return nil, err
	}
	head, err := openCheckpoint(raw, logKey, witnesses)
	if err != nil {
		return nil, err
	}
	report := &Report{Origin: head.origin, Size: head.tree.N, Root: head.tree.Hash.String(), Cosignatures: []string{}}
	for _, w := range witnesses {
		report.Cosignatures = append(report.Cosignatures, w.Name())
	}
	log := newLog(head.tree, source)
	if err := log.checkAll(report); err != nil {
		return nil, err
	}
	for _, path := range olds {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		old, err := openCheckpoint(raw, logKey, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := log.checkConsistent(old.tree); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		report.Consistency++
	}
	return report, nil
}
