// A witness and a client of c2sp.org/tlog-witness, over Go's own x/mod/sumdb/{note,tlog}, which share no code with ours.
//
//	program serve VKEY-OF-LOG NAME SEED     be a witness of that log; prints its URL
//	program submit URL VKEY-OF-LOG VKEY-OF-WITNESS FOLDER
//
// The client submits the checkpoint of the log whose files (c2sp.org/tlog-tiles) lie in FOLDER, with a proof made from its
// tiles, and prints the cosigned checkpoint. What is not so ends it with 1 and a line that says what.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height       = 8
	bodySizeMax  = 1 << 20 // bytes
	cosignerType = 4
)

func main() {
	err := errors.New("usage: serve LOG NAME SEED | submit URL LOG WITNESS FOLDER")
	switch {
	case len(os.Args) == 5 && os.Args[1] == "serve":
		err = serve(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 6 && os.Args[1] == "submit":
		err = submit(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// cosigner signs and checks by c2sp.org/tlog-cosignature, which x/mod does not know.
type cosigner struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func (c cosigner) Name() string { return c.name }

func (c cosigner) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(c.name+"\n"), append([]byte{cosignerType}, c.public...)...))
	return binary.BigEndian.Uint32(sum[:])
}

func cosigned(text []byte, seconds uint64) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", seconds)), text...)
}

func (c cosigner) Sign(text []byte) ([]byte, error) {
	seconds := uint64(time.Now().Unix())
	return append(binary.BigEndian.AppendUint64(nil, seconds), ed25519.Sign(c.private, cosigned(text, seconds))...), nil
}

func (c cosigner) Verify(text, signature []byte) bool {
	return len(signature) == 8+ed25519.SignatureSize &&
		ed25519.Verify(c.public, cosigned(text, binary.BigEndian.Uint64(signature)), signature[8:])
}

func parseWitness(vkey string) (cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return cosigner{}, fmt.Errorf("vkey %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosignerType {
		return cosigner{}, fmt.Errorf("vkey %q", vkey)
	}
	witness := cosigner{name: parts[0], public: key[1:]}
	if fmt.Sprintf("%08x", witness.KeyHash()) != parts[1] {
		return cosigner{}, fmt.Errorf("key id of %q", vkey)
	}
	return witness, nil
}

// open checks the log's signature and reads the three lines that it is over.
func open(signed []byte, log note.Verifier) (*note.Note, tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(log))
	if err != nil {
		return nil, tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		return nil, tlog.Tree{}, errors.New("not the three lines of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return nil, tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return opened, tlog.Tree{N: size, Hash: root}, err
}

// witness remembers the largest tree that it has signed.
type witness struct {
	log  note.Verifier
	key  cosigner
	lock sync.Mutex
	seen tlog.Tree
}

func serve(vkey, name, seed string) error {
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	bytes, err := hex.DecodeString(seed)
	if err != nil || len(bytes) != ed25519.SeedSize {
		return errors.New("not a seed of 32 bytes in hex")
	}
	private := ed25519.NewKeyFromSeed(bytes)
	w := &witness{log: log, key: cosigner{name, private.Public().(ed25519.PublicKey), private}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("POST /add-checkpoint", w.addCheckpoint)
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, nil)
}

func (w *witness) addCheckpoint(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, bodySizeMax))
	head, checkpoint, found := bytes.Cut(body, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	var old int64
	if _, scanErr := fmt.Sscanf(lines[0], "old %d", &old); err != nil || !found || scanErr != nil {
		http.Error(answer, "not a request", http.StatusBadRequest)
		return
	}
	proof, err := parseHashes(lines[1:])
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	opened, tree, err := open(checkpoint, w.log)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusForbidden)
		return
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if old != w.seen.N || (tree.N == w.seen.N && tree.N > 0 && tree.Hash != w.seen.Hash) {
		answer.Header().Set("Content-Type", "text/x.tlog.size")
		answer.WriteHeader(http.StatusConflict)
		fmt.Fprintf(answer, "%d\n", w.seen.N)
		return
	}
	if old > 0 {
		err = tlog.CheckTree(proof, tree.N, tree.Hash, w.seen.N, w.seen.Hash)
	} else if len(proof) > 0 {
		err = errors.New("a proof from nothing")
	}
	if err != nil {
		http.Error(answer, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.seen = tree
	signed, err := note.Sign(&note.Note{Text: opened.Text}, w.key)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return
	}
	answer.Write(signed[len(opened.Text)+1:])
}

func parseHashes(lines []string) (tlog.TreeProof, error) {
	var proof tlog.TreeProof
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

func submit(url, logKey, witnessKey, folder string) error {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return err
	}
	witness, err := parseWitness(witnessKey)
	if err != nil {
		return err
	}
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, tree, err := open(checkpoint, log)
	if err != nil {
		return err
	}
	// The first request asks for what the witness has seen, unless that is nothing.
	status, answer, err := post(url, 0, nil, checkpoint)
	if err == nil && status == http.StatusConflict {
		var old int64
		if old, err = strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64); err != nil {
			return err
		}
		if old > tree.N {
			return fmt.Errorf("the witness has seen %d entries", old)
		}
		proof, proveErr := tlog.ProveTree(tree.N, old, tlog.TileHashReader(tree, tiles(folder)))
		if proveErr != nil {
			return proveErr
		}
		status, answer, err = post(url, old, proof, checkpoint)
	}
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%d %s", status, strings.TrimSpace(string(answer)))
	}
	cosignedNote := append(append([]byte{}, checkpoint...), answer...)
	both, err := note.Open(cosignedNote, note.VerifierList(log, witness))
	if err != nil {
		return err
	}
	if both.Text != opened.Text || len(both.Sigs) != 2 || len(both.UnverifiedSigs) != 0 {
		return errors.New("not the witness's line")
	}
	_, err = os.Stdout.Write(cosignedNote)
	return err
}

func post(url string, old int64, proof tlog.TreeProof, checkpoint []byte) (int, []byte, error) {
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", old)
	for _, hash := range proof {
		fmt.Fprintf(&body, "%s\n", hash)
	}
	fmt.Fprintf(&body, "\n%s", checkpoint)
	client := http.Client{Timeout: time.Minute}
	response, err := client.Post(url+"/add-checkpoint", "text/plain", &body)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusConflict && response.Header.Get("Content-Type") != "text/x.tlog.size" {
		return 0, nil, errors.New("a conflict without a size")
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, bodySizeMax))
	return response.StatusCode, answer, err
}

// tiles is the folder of a log's files as a tlog.TileReader.
type tiles string

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		found, err := os.ReadFile(filepath.Join(string(t), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		read = append(read, found)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
