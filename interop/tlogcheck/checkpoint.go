package main

import (
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// openCheckpoint verifies the note under the log's key and every witness, then reads its three lines.
func openCheckpoint(raw []byte, log note.Verifier, witnesses []note.Verifier) (*checkpoint, error) {
	opened, err := note.Open(raw, note.VerifierList(append([]note.Verifier{log}, witnesses...)...))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	signed := map[string]bool{}
	for _, s := range opened.Sigs {
		signed[fmt.Sprintf("%s+%08x", s.Name, s.Hash)] = true
	}
	for _, v := range append([]note.Verifier{log}, witnesses...) {
		if !signed[fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash())] {
			return nil, fmt.Errorf("checkpoint: no signature of %s", v.Name())
		}
	}
	return parseCheckpoint(opened.Text, log.Name())
}

func parseCheckpoint(text, name string) (*checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return nil, errors.New("checkpoint: fewer than three lines")
	}
	if lines[0] != name {
		return nil, fmt.Errorf("checkpoint: origin %q is not the key name %q", lines[0], name)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return nil, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, fmt.Errorf("checkpoint: root: %w", err)
	}
	return &checkpoint{origin: lines[0], tree: tlog.Tree{N: size, Hash: root}}, nil
}

// cosigner verifies cosignature/v1 (Ed25519) and subtree/v1 (ML-DSA-44) lines.
type cosigner struct {
	name   string
	hash   uint32
	verify func(text string, time uint64, signature []byte) bool
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("witness key %q: not name+id+key", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) < 1 {
		return nil, fmt.Errorf("witness key of %s: %v", parts[0], err)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	c := &cosigner{name: parts[0], hash: binary.BigEndian.Uint32(sum[:])}
	if fmt.Sprintf("%08x", c.hash) != parts[1] {
		return nil, fmt.Errorf("witness key of %s: the key id is not the key's", parts[0])
	}
	switch {
	case key[0] == 4 && len(key) == 33:
		public := ed25519.PublicKey(key[1:])
		c.verify = func(text string, time uint64, signature []byte) bool {
			return ed25519.Verify(public, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", time, text), signature)
		}
	case key[0] == 6:
		public, err := mldsa.NewPublicKey(mldsa.MLDSA44(), key[1:])
		if err != nil {
			return nil, fmt.Errorf("witness key of %s: %w", parts[0], err)
		}
		c.verify = func(text string, time uint64, signature []byte) bool {
			message, err := subtreeMessage(c.name, time, text)
			return err == nil && mldsa.Verify(public, message, signature, nil) == nil
		}
	default:
		return nil, fmt.Errorf("witness key of %s: type %d with %d bytes", parts[0], key[0], len(key))
	}
	return c, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	return len(signature) > 8 && c.verify(string(text), binary.BigEndian.Uint64(signature), signature[8:])
}

// subtreeMessage is the cosigned_message of tlog-cosignature for a whole tree.
func subtreeMessage(name string, time uint64, text string) ([]byte, error) {
	origin, _, _ := strings.Cut(text, "\n")
	head, err := parseCheckpoint(text, origin)
	if err != nil {
		return nil, err
	}
	message := append([]byte("subtree/v1\n\x00"), byte(len(name)))
	message = append(message, name...)
	message = binary.BigEndian.AppendUint64(message, time)
	message = append(message, byte(len(origin)))
	message = append(message, origin...)
	message = binary.BigEndian.AppendUint64(message, 0)
	message = binary.BigEndian.AppendUint64(message, uint64(head.tree.N))
	return append(message, head.tree.Hash[:]...), nil
}
