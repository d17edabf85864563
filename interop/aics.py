"""aics-tlog, a verifier and writer of tile logs that is not ours, in both directions.

    aics.py audit DIR VKEY              every signature, tile and entry of a log; prints one line of JSON
    aics.py write DIR ORIGIN SIZE...    writes a log in steps, publishing a checkpoint at each size; prints its key
    aics.py cosigned FILE VKEY WITNESS...   a checkpoint under the log's key and all witnesses (Ed25519)

Entries of a written log are `entry <index>`, every 100th one longer and not text.
"""

import json
import sys
from pathlib import Path

import aics_tlog as t
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def audit(directory, vkey):
    root = Path(directory)
    result = t.verify_checkpoint(t.parse_note((root / "checkpoint").read_bytes()), t.parse_vkey(vkey))
    if not result.ok:
        raise ValueError(f"checkpoint: {result.error}")
    point, _ = t.checkpoint.checkpoint_from_note((root / "checkpoint").read_bytes())
    report = t.audit_tiles(t.FileSystemTileReader(root), point.size, point.root, entries=True)
    print(json.dumps({"size": report.size, "tiles": report.tiles, "bundles": report.bundles}))


def entry(index):
    return bytes([index % 251]) * 1000 if index % 100 == 99 else f"entry {index}".encode()


def write(directory, origin, sizes):
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    store = t.DirectoryTileStore(directory, fsync=False)
    Path(directory).mkdir(parents=True, exist_ok=True)
    writer = t.IncrementalTileWriter(store)
    for size in sizes:
        writer.append(entry(i) for i in range(writer.size, size))
        point = t.Checkpoint(origin, writer.size, writer.root())
        note = t.sign_checkpoint(point, key, origin).to_bytes()
        store.write_checkpoint(note)
        (Path(directory) / f"checkpoint.{size}").write_bytes(note)
    print(t.format_vkey(t.vkey_from_ed25519(origin, key.public_key().public_bytes_raw())))


def cosigned(path, vkey, witnesses):
    note = t.parse_note(Path(path).read_bytes())
    result = t.verify_checkpoint(
        note, t.parse_vkey(vkey), [t.parse_vkey(w) for w in witnesses], len(witnesses), max_age_seconds=600
    )
    if not result.ok:
        raise ValueError(f"checkpoint: {result.error}")
    print(json.dumps({"cosignatures": len(witnesses)}))


def main(arguments):
    match arguments:
        case ["audit", directory, vkey]:
            audit(directory, vkey)
        case ["write", directory, origin, *sizes]:
            write(directory, origin, [int(s) for s in sizes])
        case ["cosigned", path, vkey, *witnesses]:
            cosigned(path, vkey, witnesses)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ValueError, OSError) as problem:
        sys.exit(f"aics: {problem}")
