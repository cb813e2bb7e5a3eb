"""Go's own verifiers, which share no code with ours, take our logs and refuse the same attacks."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.encoding import encoded_base64
from cocreate.tlog.notes import Note
from cocreate.tlog.proofs import consistency_proof, tree_root
from cocreate.tlog.receipts import Receipt
from cocreate.tlog.vkey import VerifierKey
from tests.tlog.go_program import build
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, long_log_entry

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parent / "foreign" / "main.go"
CHECK_S_MAX = 120.0

RECORD = Log(map(long_log_entry, range(600)))
OLD_SIZE = 300

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program."""
    return build(SOURCE, tmp_path_factory.mktemp("foreign"))


class Folder:
    """A log's files with an earlier checkpoint, the proof from there and receipts, and who is asked about them."""

    def __init__(self, path: Path, verifier: Path) -> None:
        self.path = path
        self._verifier = verifier
        self.receipts = 0

    def write(self, files: Files) -> None:
        for name, data in files.items():
            (self.path / "log" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / "log" / name).write_bytes(data)

    def remember(self, old: Note, proof: list[bytes]) -> None:
        (self.path / "old").write_bytes(old.encode())
        (self.path / "consistency").write_text("".join(f"{encoded_base64(one)}\n" for one in proof))

    def add_receipt(self, data: bytes) -> None:
        (self.path / f"receipt-{self.receipts}").write_bytes(data)
        self.receipts += 1

    def check(self, vkey: str = str(LOG.key)) -> subprocess.CompletedProcess[str]:
        """What Go's verifiers say of it."""
        old, consistency = self.path / "old", self.path / "consistency"
        return subprocess.run(
            [
                self._verifier,
                f"-log=file://{self.path}/log",
                f"-vkey={vkey}",
                f"-witness={WITNESS.key}",
                *([f"-old={old}", f"-consistency={consistency}"] if old.exists() else []),
                *(self.path / f"receipt-{number}" for number in range(self.receipts)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=CHECK_S_MAX,
        )


@pytest.fixture
def folder(tmp_path: Path, verifier: Path) -> Folder:
    """An empty folder."""
    return Folder(tmp_path, verifier)


def cosigned(log: Log) -> Note:
    """Its checkpoint with a witness's line."""
    return log.note().signed_also(WITNESS.sign(log.checkpoint().text, 1_795_344_000))


def write_all(folder: Folder, log: Log, old_size: int) -> None:
    """Everything that the log says of itself at its size."""
    folder.write(log.files() | {"checkpoint": cosigned(log).encode()})
    if old_size:
        old = Checkpoint(ORIGIN, old_size, tree_root(log.read, old_size))
        folder.remember(sign_checkpoint(old, LOG), consistency_proof(log.read, old_size, log.size))
    for index in {0, log.size // 3, log.size - 1} if log.size else set():
        folder.add_receipt(Receipt(index, tuple(log.proof(index)), cosigned(log).encode()).encode())


@pytest.mark.parametrize(
    ("size", "old_size"),
    [(0, 0), (1, 1), (2, 1), (255, 254), (256, 255), (257, 256), (600, OLD_SIZE), (70_000, 65_537)],
)
def test_an_honest_log_is_taken(folder: Folder, size: int, old_size: int) -> None:
    """Signature, cosignature, every entry and tile, three receipts, and the proof from an earlier checkpoint."""
    log = Log(map(long_log_entry, range(size)))
    write_all(folder, log, old_size)
    checked = folder.check()
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith(f"size {size}, root {encoded_base64(log.tree.root())}, ")
    assert checked.stdout.endswith(f", {folder.receipts} receipts\n")


def flipped(data: bytes) -> bytes:
    """With one bit another, in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def altered(bundle: bytes) -> bytes:
    """With one entry's type another, as long."""
    return bundle.replace(b"IdeaProposed", b"IdeaApproved", 1)


def forged() -> Files:
    """An entry altered, and every tile made to fit; the signed checkpoint stays."""
    return Log([*RECORD.entries[:5], b"altered", *RECORD.entries[6:]]).files() | {
        "checkpoint": cosigned(RECORD).encode()
    }


def signed_again(text: str) -> Files:
    """The checkpoint's text in another form, signed by the log and the witness."""
    return {"checkpoint": Note(text, (LOG.sign(text), WITNESS.sign(text, 1))).encode()}


def cosigned_bytes() -> bytes:
    return cosigned(RECORD).encode()


TEXT = RECORD.checkpoint().text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: {"tile/entries/001": altered(RECORD.files()["tile/entries/001"])}, "entries: their root"),
        (lambda: {"tile/0/001": flipped(RECORD.files()["tile/0/001"])}, "not made of the entries"),
        (lambda: {"tile/1/000.p/2": flipped(RECORD.files()["tile/1/000.p/2"])}, "not made of the entries"),
        (lambda: {"tile/entries/002.p/88": RECORD.files()["tile/entries/002.p/88"] + b"\0\0"}, "too many"),
        (lambda: {"tile/entries/002.p/88": RECORD.files()["tile/entries/002.p/88"][:-1]}, "cut"),
        (forged, "entries: their root"),
        (lambda: {"checkpoint": RECORD.note().encode()}, "none by the witness"),
        (lambda: {"checkpoint": Note(TEXT, (WITNESS.sign(TEXT, 1),)).encode()}, "checkpoint: "),
        (lambda: {"checkpoint": cosigned_bytes().replace(b"\n600\n", b"\n601\n")}, "checkpoint: "),
        (lambda: {"checkpoint": cosigned_bytes().replace(b"\n", b"\r\n")}, "checkpoint: malformed"),
        (lambda: signed_again(TEXT.replace("600", "0600")), 'size "0600"'),
        (
            lambda: signed_again(TEXT.replace(ORIGIN, "workshop.example/log/8")),
            "not the three lines of this log",
        ),
        (lambda: signed_again(TEXT + "an extension\n"), "not the three lines of this log"),
    ],
)
def test_what_we_refuse_it_refuses(folder: Folder, change: Callable[[], Files], says: str) -> None:
    """Each for the reason that it is made for."""
    write_all(folder, RECORD, OLD_SIZE)
    folder.write(change())
    checked = folder.check()
    assert checked.returncode == 1
    assert says in checked.stderr


def test_another_key_of_the_same_name_is_refused(folder: Folder) -> None:
    """The pinned key decides."""
    write_all(folder, RECORD, OLD_SIZE)
    another = VerifierKey(ORIGIN, LOG.key.type_byte, WITNESS.key.public)
    assert "checkpoint: " in folder.check(str(another)).stderr


def test_a_log_that_was_rewritten_and_signed_again_fails_by_memory_alone(folder: Folder) -> None:
    """It passes on its own, and not with the earlier checkpoint."""
    rewritten = Log([*RECORD.entries[:5], b"another", *RECORD.entries[6:]])
    write_all(folder, rewritten, 0)
    assert folder.check().returncode == 0
    old = Checkpoint(ORIGIN, OLD_SIZE, tree_root(RECORD.read, OLD_SIZE))
    for log in (rewritten, RECORD):
        folder.remember(sign_checkpoint(old, LOG), consistency_proof(log.read, OLD_SIZE, 600))
        assert folder.check().stderr.startswith("consistency: ")


def test_a_receipt_of_another_entry_and_a_proof_of_another_size_are_refused(folder: Folder) -> None:
    """So the honest ones above are really checked."""
    write_all(folder, RECORD, OLD_SIZE)
    old = Checkpoint(ORIGIN, OLD_SIZE, tree_root(RECORD.read, OLD_SIZE))
    folder.remember(sign_checkpoint(old, LOG), consistency_proof(RECORD.read, OLD_SIZE - 1, 600))
    assert folder.check().stderr.startswith("consistency: ")
    write_all(folder, RECORD, OLD_SIZE)
    data = (folder.path / "receipt-1").read_bytes()
    folder.add_receipt(data.replace(b"index ", b"index 1"))
    assert "receipt " in folder.check().stderr
