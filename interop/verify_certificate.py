#!/usr/bin/env python3
"""Checks a migration certificate of Flagstate, and proofs for single keys, with nothing but Python 3.9.

    verify_certificate.py certificate.json [--key VKEY]... [--proof proof.json]... [--content FILE]

--key      a verifier key (name+id+base64) of a signer that you trust, or a file with such keys, one a line. Without it the
           keys in the certificate itself are used: then the answer only says that the file is of one piece.
--proof    a proof that a key moved, or that there was no such key (flagstate move certificate --prove KEY).
--content  a file: its bytes must be those of the one record of the first proof.

Exit code 0: everything holds. 1: something does not. 2: wrong usage.

Formats: in-toto Statement v1 in DSSE 1.0.2 with Ed25519 (RFC 8032); the document in the canonical form of RFC 8785; trees
of RFC 6962; c2sp.org/signed-note, tlog-checkpoint and tlog-proof. It shares no code with Flagstate.
"""

import base64
import hashlib
import json
import sys
from urllib.parse import unquote_to_bytes

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://flagstate.eu/evidence/certificate/v1"
PAYLOAD = "application/vnd.in-toto+json"

class Wrong(Exception):
    """Something does not hold."""

# Ed25519 verification (RFC 8032, section 5.1.7), straight from the text; slow and short.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)

def add(a, b):
    x, y, z, t = a
    u, v, w, s = b
    e, f = (y - x) * (v - u) % P, (y + x) * (v + u) % P
    g, h = 2 * t * s * D % P, 2 * z * w % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, point):
    total = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total

def same_point(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

def to_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P:
        return None
    return P - x if x & 1 != sign else x

def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = to_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)

BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (to_x(BASE_Y, 0), BASE_Y, 1, to_x(BASE_Y, 0) * BASE_Y % P)

def ed25519(key, message, signature):
    """True when the signature over the message is the key's."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    h = int.from_bytes(digest, "little") % L
    return same_point(times(s, BASE), add(r, times(h, a)))

# Small formats.
def unbase64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("something is not base64")

def vkey(text):
    """Name, key id and public key of a verifier key; None for other kinds than Ed25519."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        return None
    name, ident, blob = parts
    try:
        data = base64.b64decode(blob, validate=True)
    except ValueError:
        return None
    if len(data) != 33 or data[0] != 1:
        return None
    expected = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    return (name, ident, data[1:]) if expected == ident else None

def canonical(value):
    """RFC 8785 for values without fractions: what these documents hold."""
    def check(v):
        if isinstance(v, float) or (isinstance(v, int) and not isinstance(v, bool) and abs(v) > 2**53 - 1):
            raise Wrong("a number in the document has no canonical form")
        if isinstance(v, dict):
            return {k: check(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))}
        return [check(i) for i in v] if isinstance(v, list) else v
    return json.dumps(check(value), ensure_ascii=False, separators=(",", ":")).encode()

def root_from(leaf, index, size, path):
    """The root to which a path leads (RFC 9162, section 2.1.3.2)."""
    if index >= size:
        raise Wrong("the proof is about a leaf that the tree does not have")
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Wrong("the proof is too long")
        if node & 1 or node == last:
            root = hashlib.sha256(b"\1" + sibling + root).digest()
            while node & 1 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\1" + root + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise Wrong("the proof is too short")
    return root

# The certificate.
def envelope_payload(envelope, keys):
    """The payload, and the names of those of `keys` that signed it."""
    payload = unbase64(envelope["payload"])
    kind = envelope["payloadType"]
    message = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
    signatures = [unbase64(s["sig"]) for s in envelope["signatures"]]
    signers = [name for name, _, key in keys if any(ed25519(key, message, s) for s in signatures)]
    if not signers:
        raise Wrong("none of the trusted keys signed it")
    if kind != PAYLOAD:
        raise Wrong("it is signed, but it is no in-toto statement")
    return json.loads(payload), signers

def check_log(log, envelope, trusted):
    """The entry's place in the log: the proof leads to a checkpoint that the log's key signed."""
    key = vkey(log["key"])
    if key is None:
        raise Wrong("the log's key is not an Ed25519 verifier key")
    head, note = log["proof"].split("\n\n", 1)
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1":
        raise Wrong("the log's proof is of another format")
    lines = [l for l in lines[1:] if not l.startswith("extra ")]
    index, path = int(lines[0][len("index "):]), [unbase64(l) for l in lines[1:]]
    text, signed = note.split("\n\n", 1)
    text += "\n"
    blobs = [unbase64(l.split(" ")[2]) for l in signed.splitlines() if l.startswith("\u2014 %s " % key[0])]
    if not any(b[:4].hex() == key[1] and ed25519(key[2], text.encode(), b[4:]) for b in blobs):
        raise Wrong("the log's checkpoint is not signed by its key")
    origin, size, root = text.split("\n")[:3]
    if origin != key[0] or origin != log["origin"] or index != log["index"]:
        raise Wrong("the log's proof is about another log or another entry")
    if root_from(hashlib.sha256(b"\0" + canonical(envelope)).digest(), index, int(size), path) != unbase64(root):
        raise Wrong("the log's proof does not lead to its checkpoint")
    return index, int(size), key[2] in [k[2] for k in trusted]

def check_certificate(bundle, trusted):
    if bundle.get("format") != "flagstate-move-certificate-bundle/1":
        raise Wrong("this is no certificate of a move")
    keys = trusted or [k for k in map(vkey, bundle["keys"]) if k]
    statement, signers = envelope_payload(bundle["envelope"], keys)
    document = bundle["document"]
    digest = hashlib.sha256(canonical(document)).hexdigest()
    said = statement["predicate"]
    facts = [
        (statement["_type"] == STATEMENT and statement["predicateType"] == PREDICATE, "it is another kind of statement"),
        (statement["subject"][0]["digest"]["sha256"] == digest, "the document was changed after it was signed"),
        (document["format"] == "flagstate-move-certificate/1", "the document is of another format"),
        (said["transfer_id"] == document["move"]["id"], "statement and document are about different moves"),
    ]
    for side, name in [("source", "read"), ("target", "arrived")]:
        for field in ["root", "records"]:
            facts.append((said[name][field] == document[side][field], "statement and document disagree about the " + side))
    source, target, roots = document["source"], document["target"], document["cutover"]["roots"]
    delta, gaps = document["cutover"]["delta"], document["gaps"]
    facts += [
        (source["records"] == target["records"], "the two sides have different numbers of records"),
        (document["transform"] != "none" or source["root"] == target["root"], "the roots of the two sides differ"),
        (delta["new"] + delta["changed"] + delta["gone"] + delta["damaged"] == 0, "the last look found changes"),
        (roots["source"]["records"] == source["records"], "the source's listing has another number of records"),
        (roots["target"]["records"] == target["records"], "the target's listing has another number of records"),
        (set(gaps) <= {"refused"} or document["gaps_accepted_by"], "there are gaps that nobody accepted"),
    ]
    for holds, why in facts:
        if not holds:
            raise Wrong(why)
    logged = check_log(bundle["log"], bundle["envelope"], trusted) if bundle.get("log") else None
    return document, digest, signers, logged

# Proofs for single keys.
def check_proof(proof, document, digest):
    if proof.get("format") != "flagstate-move-proof/1" or proof["certificate"] != digest:
        raise Wrong("the proof is about another certificate")
    tree = document[proof["side"]]
    if proof["size"] != tree["records"]:
        raise Wrong("the proof is about a tree of another size")
    found, wanted, size = [], unquote_to_bytes(proof["key"]), proof["size"]
    for leaf in proof["leaves"]:
        path = [bytes.fromhex(h) for h in leaf["path"]]
        if root_from(hashlib.sha256(b"\0" + leaf["record"].encode()).digest(), leaf["index"], size, path).hex() != tree["root"]:
            raise Wrong("a record of the proof is not in the tree")
        found.append((leaf["index"], unquote_to_bytes(json.loads(leaf["record"])["key"])))
    if proof["present"]:
        holds = bool(found) and all(key == wanted for _, key in found)
    elif len(found) == 2:
        (a, before), (b, after) = found
        holds = a + 1 == b and before < wanted < after
    elif len(found) == 1:
        index, only = found[0]
        holds = (index == 0 and wanted < only) or (index + 1 == size and only < wanted)
    else:
        holds = size == 0
    if not holds:
        raise Wrong("the records are not those of the key, nor its neighbours")

def crc64nvme(data):
    table = list(range(256))
    for _ in range(8):
        table = [c >> 1 ^ (0x9A6C9329AC4BC9B5 if c & 1 else 0) for c in table]
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFFFFFFFFFF

def check_content(path, proof):
    record = json.loads(proof["leaves"][0]["record"])
    data = open(path, "rb").read()
    if len(data) != record["size"] or "%016x" % crc64nvme(data) != record["crc64nvme"]:
        raise Wrong("the file is not what moved")
    try:
        from blake3 import blake3
    except ImportError:
        return "length and CRC-64/NVME are equal (install `blake3` to compare that too)"
    if blake3(data).hexdigest() != record["blake3"]:
        raise Wrong("the file is not what moved")
    return "length, CRC-64/NVME and BLAKE3 are equal"

def main(words):
    files, keys, proofs, content = [], [], [], None
    words = iter(words)
    for word in words:
        if word == "--key":
            text = next(words)
            lines = [text] if vkey(text) else open(text, encoding="utf-8").read().splitlines()
            keys += [k for k in map(vkey, lines) if k]
        elif word == "--proof":
            proofs.append(next(words))
        elif word == "--content":
            content = next(words)
        else:
            files.append(word)
    if len(files) != 1:
        print(__doc__)
        return 2
    try:
        document, digest, signers, logged = check_certificate(json.load(open(files[0], encoding="utf-8")), keys)
        print("holds: certificate", digest)
        print("%d objects, %d bytes; signed by %s" % (document["objects"], document["bytes"], ", ".join(signers)))
        if logged:
            print("entry %d of a log of %d" % logged[:2] + ("" if logged[2] else ", by the log's key in the file"))
        for name in proofs:
            proof = json.load(open(name, encoding="utf-8"))
            check_proof(proof, document, digest)
            print(proof["key"], "moved" if proof["present"] else "was not there")
            if content and proof["present"]:
                print(content + ":", check_content(content, proof))
                content = None
        if not keys:
            print("the keys were taken from the file itself: compare them with what the signers tell you, or give --key")
        return 0
    except Wrong as why:
        print("does NOT hold:", why)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as why:
        print("does NOT hold: the file is not of the expected form (%r)" % why)
    return 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
