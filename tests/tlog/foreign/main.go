// Check a log with Go's own x/mod/sumdb/{note,tlog}, which share no code with ours.
//
// It reads the files of c2sp.org/tlog-tiles below a URL (http, https or file) and checks the checkpoint's signature,
// every entry up to the signed root, every tile, that proofs made from the tiles hold, and those proofs that the log
// itself made: receipts (c2sp.org/tlog-proof) and the consistency with an earlier checkpoint.
// What is not so ends it with 1 and a line that says what.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height          = 8
	fileSizeMax     = 32 << 20 // bytes; more than 256 entries of the longest kind
	provenFromTiles = 100      // entries, spread over the log, whose inclusion is proven from the tiles
)

func main() {
	url := flag.String("log", "", "URL of the log's files, without a slash at the end")
	vkey := flag.String("vkey", "", "verifier key of the log")
	witness := flag.String("witness", "", "verifier key of a witness who must have cosigned")
	old := flag.String("old", "", "file of an earlier checkpoint")
	consistency := flag.String("consistency", "", "file of the log's own proof from the earlier checkpoint, one hash a line")
	flag.Parse()
	if err := check(*url, *vkey, *witness, *old, *consistency, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check does everything there is to check; receipts are files of proofs of entries in the log's checkpoint.
func check(url, vkey, witness, old, consistency string, receipts []string) error {
	source := newSource(url)
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("vkey: %w", err)
	}
	signed, err := source.read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := open(signed, log)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if witness != "" {
		if err := checkCosigned(signed, log, witness); err != nil {
			return fmt.Errorf("cosignature: %w", err)
		}
	}
	hashes, err := rehash(source, tree)
	if err != nil {
		return err
	}
	tiles, err := checkTiles(source, tree, hashes)
	if err != nil {
		return err
	}
	fromTiles := tlog.TileHashReader(tree, source)
	step := max(1, tree.N/provenFromTiles)
	for i := int64(0); i < tree.N; i += step {
		proof, err := tlog.ProveRecord(tree.N, i, fromTiles)
		if err != nil {
			return fmt.Errorf("inclusion of %d from tiles: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, hashes[tlog.StoredHashIndex(0, i)]); err != nil {
			return fmt.Errorf("inclusion of %d from tiles: %w", i, err)
		}
	}
	if old != "" {
		if err := checkGrown(old, consistency, log, tree, fromTiles); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	for _, name := range receipts {
		if err := checkReceipt(name, signed, tree, hashes); err != nil {
			return fmt.Errorf("receipt %s: %w", name, err)
		}
	}
	fmt.Printf("size %d, root %s, %d tiles, %d receipts\n", tree.N, tree.Hash, tiles, len(receipts))
	return nil
}

// open checks the log's signature and reads the three lines that it is over.
func open(signed []byte, log note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(log))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("not the three lines of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// cosigner checks signatures of c2sp.org/tlog-cosignature, which x/mod does not know.
type cosigner struct {
	name   string
	id     uint32
	public ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", seconds)), text...)
	return ed25519.Verify(c.public, message, signature[8:])
}

func checkCosigned(signed []byte, log note.Verifier, vkey string) error {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return fmt.Errorf("vkey %q", vkey)
	}
	id, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return fmt.Errorf("vkey %q", vkey)
	}
	witness := cosigner{parts[0], uint32(id), key[1:]}
	opened, err := note.Open(signed, note.VerifierList(log, witness))
	if err != nil {
		return err
	}
	for _, line := range opened.Sigs {
		if line.Name == witness.name && line.Hash == witness.id {
			return nil
		}
	}
	return errors.New("none by the witness")
}

// rehash reads every entry and returns the hashes of all complete subtrees, in x/mod's order.
func rehash(source *source, tree tlog.Tree) (stored, error) {
	var hashes stored
	for first := int64(0); first < tree.N; first += 1 << height {
		width := min(tree.N-first, 1<<height)
		path := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}.Path()
		bundle, err := source.read(strings.Replace(path, "tile/8/data/", "tile/entries/", 1))
		if err != nil {
			return nil, err
		}
		for i := first; i < first+width; i++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("entry %d: cut", i)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			made, err := tlog.StoredHashes(i, bundle[2:end], hashes)
			if err != nil {
				return nil, err
			}
			hashes, bundle = append(hashes, made...), bundle[end:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("bundle of entry %d: %d bytes too many", first, len(bundle))
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return nil, err
	}
	if root != tree.Hash {
		return nil, fmt.Errorf("entries: their root is %s, signed is %s", root, tree.Hash)
	}
	return hashes, nil
}

// checkTiles compares every hash tile with the hashes of the entries.
func checkTiles(source *source, tree tlog.Tree, hashes stored) (int, error) {
	tiles := tlog.NewTiles(height, 0, tree.N)
	for _, tile := range tiles {
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return 0, err
		}
		found, err := source.tile(tile)
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(found, want) {
			return 0, fmt.Errorf("%s is not made of the entries", tile.Path())
		}
	}
	return len(tiles), nil
}

// checkGrown checks that the log holds what it held, by a proof from its tiles and by the log's own.
func checkGrown(old, consistency string, log note.Verifier, tree tlog.Tree, fromTiles tlog.HashReader) error {
	signed, err := os.ReadFile(old)
	if err != nil {
		return err
	}
	earlier, err := open(signed, log)
	if err != nil {
		return err
	}
	made, err := tlog.ProveTree(tree.N, earlier.N, fromTiles)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(consistency)
	if err != nil {
		return err
	}
	own, err := hashLines(strings.SplitAfter(string(text), "\n"))
	if err != nil {
		return err
	}
	for _, proof := range []tlog.TreeProof{made, own} {
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash); err != nil {
			return err
		}
	}
	return nil
}

// checkReceipt checks the log's own proof of one of its entries in this checkpoint.
func checkReceipt(name string, signed []byte, tree tlog.Tree, hashes stored) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, checkpoint, _ := strings.Cut(string(text), "\n\n")
	if checkpoint != string(signed) {
		return errors.New("not of this checkpoint")
	}
	lines := strings.SplitAfter(head+"\n", "\n")
	var index int64
	if lines[0] != "c2sp.org/tlog-proof@v1\n" || len(lines) < 3 {
		return errors.New("no proof")
	}
	if _, err := fmt.Sscanf(lines[1], "index %d\n", &index); err != nil || index < 0 || index >= tree.N {
		return fmt.Errorf("position %q", lines[1])
	}
	proof, err := hashLines(lines[2:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(proof), tree.N, tree.Hash, index, hashes[tlog.StoredHashIndex(0, index)])
}

func hashLines(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// stored are hashes by x/mod's index.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	made := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("no hash at %d", index)
		}
		made[i] = s[index]
	}
	return made, nil
}

// source reads a log's files below a URL.
type source struct {
	url    string
	client http.Client
}

func newSource(url string) *source {
	transport := &http.Transport{}
	transport.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
	return &source{url, http.Client{Transport: transport, Timeout: time.Minute}}
}

func (s *source) read(path string) ([]byte, error) {
	response, err := s.client.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, fileSizeMax))
}

func (s *source) tile(tile tlog.Tile) ([]byte, error) {
	return s.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
}

// Height, ReadTiles and SaveTiles make it a tlog.TileReader.
func (s *source) Height() int { return height }

func (s *source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		found, err := s.tile(tile)
		if err != nil {
			return nil, err
		}
		read = append(read, found)
	}
	return read, nil
}

func (s *source) SaveTiles([]tlog.Tile, [][]byte) {}
