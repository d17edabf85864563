#!/usr/bin/env python3
"""Verifies an evidence package, or a bare log, with nothing but Python 3.11.

  verify_package.py PACKAGE [--vkey KEY] [--signer KEY]... [--policy FILE] [--all-signatures]
  verify_package.py --log DIR --vkey KEY [--policy FILE]

Prints one line per check; ends with 0 when all hold, with 1 when one fails. SPEC.md, which lies beside this file in every
package, describes the formats. It opens no connection and writes nothing.
"""
import argparse, base64, hashlib, json, os, re, sys

FAILED = []
def say(word, check, text):
    print(f"{word} {check}: {text}")
    if word == "FAILED":
        FAILED.append(check)
def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()
def lines(data):
    return data.decode("utf-8").removesuffix("\n").split("\n") if data else []
def b64(text):
    return base64.b64decode(text, validate=True)

# Ed25519 (RFC 8032): points as (X, Y, Z, T), strict about encodings and weak keys.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, NEUTRAL = -121665 * pow(121666, -1, P) % P, (0, 1, 1, 0)
def add(p, q):
    m, n = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P
def times(k, point):
    result = NEUTRAL
    while k:
        result = add(result, point) if k & 1 else result
        point, k = add(point, point), k >> 1
    return result
def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0
def decode(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (v * x * x - u) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
def ed25519(key, message, signature):
    try:
        a, r, s = decode(key), decode(signature[:32]), int.from_bytes(signature[32:], "little")
    except ValueError:
        return False
    if len(key) != 32 or len(signature) != 64 or s >= L or any(same(times(8, p), NEUTRAL) for p in (a, r)):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(k, a)))

# Notes, checkpoints, policies
def parse_key(text):
    name, digits, blob = text.strip().split("+", 2)
    data = b64(blob)
    ident = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if ident.hex() != digits:
        raise ValueError(f"the key of {name} has another ID than it says")
    return name, ident, data[0], data[1:]
def signatures(note, keys):
    """The text, and the keys whose signatures hold. A bad signature of a known key is an error."""
    text, below = note.decode("utf-8").rsplit("\n\n", 1)
    text, found = text + "\n", set()
    for line in below.removesuffix("\n").split("\n"):
        dash, name, blob = line.split(" ")
        blob = b64(blob)
        if dash != "\u2014" or len(blob) < 5 or not below.endswith("\n"):
            raise ValueError("a signature line is malformed")
        for key in keys:
            if (name, blob[:4]) == key[:2] and key[2] in (1, 4):
                message, signed = text.encode(), blob[4:]
                if key[2] == 4:
                    stamp, signed = int.from_bytes(blob[4:12], "big"), blob[12:]
                    message = f"cosignature/v1\ntime {stamp}\n".encode() + message
                if not ed25519(key[3], message, signed):
                    raise ValueError(f"the signature of {name} does not hold")
                found.add(key)
    return text, found
def checkpoint(note, keys):
    text, found = signatures(note, keys)
    origin, size, root = text.split("\n")[:3]
    if not any(key[0] == origin and key[2] == 1 for key in found):
        raise ValueError("the log's key did not sign the checkpoint")
    if not re.fullmatch("0|[1-9][0-9]*", size):
        raise ValueError("the checkpoint's size is no number")
    return origin, int(size), b64(root)
def check_policy(policy, note):
    witnesses, groups, quorum = {}, [], None
    for words in (line.split() for line in lines(policy)):
        if words[:1] == ["witness"]:
            witnesses[words[1]] = parse_key(words[2])
        elif words[:1] == ["group"]:
            least = {"all": len(words) - 3, "any": 1}.get(words[2])
            groups.append((words[1], int(words[2]) if least is None else least, words[3:]))
        elif words[:1] == ["quorum"]:
            quorum = words[1]
    _, found = signatures(note, list(witnesses.values()))
    seen = sorted(name for name, key in witnesses.items() if key in found)
    agreed = {"none", *seen}
    for name, least, members in groups:
        agreed |= {name} if sum(member in agreed for member in members) >= least else set()
    rest = "; ML-DSA is not checked here" if any(key[2] == 6 for key in witnesses.values()) else ""
    say("ok" if quorum in agreed else "FAILED", "witnesses", f"quorum {quorum}, cosigned by {', '.join(seen) or 'nobody'}{rest}")

# The tree
def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()
def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()
def root_of(hashes):
    stack = []
    for value in hashes:
        size = 1
        while stack and stack[-1][0] == size:
            size, value = size * 2, node(stack.pop()[1], value)
        stack.append((size, value))
    value = stack.pop()[1] if stack else hashlib.sha256(b"").digest()
    while stack:
        value = node(stack.pop()[1], value)
    return value
def root_by_proof(value, index, size, path):
    fn, sn = index, size - 1
    for sibling in path:
        if sn <= 0 or fn > sn:
            return None
        if fn & 1 or fn == sn:
            value = node(sibling, value)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = node(value, sibling)
        fn, sn = fn >> 1, sn >> 1
    return value if sn == 0 and index < size else None
def tile_path(level, number, width):
    digits = f"{number:03}".zfill(-(-len(f"{number:03}") // 3) * 3)
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    return "/".join(["tile", level, *("x" + g for g in groups[:-1]), groups[-1]]) + (f".p/{width}" if width < 256 else "")

def check_tree(base, size, root, older):
    """Hashes every entry and compares every tile; returns (index, file, entry) of all, and the files that belong here."""
    used, entries = set(), []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        name = tile_path("entries", number, width)
        data, at = read(base, name), 0
        used.add(name)
        for slot in range(width):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            entries.append((number * 256 + slot, name, data[start:at]))
        if at != len(data):
            raise ValueError(f"{name} was changed: its entries do not fill it")
    hashes = leaves = [leaf(entry) for _, _, entry in entries]
    level = 0
    while hashes:
        for number in range(-(-len(hashes) // 256)):
            part = hashes[number * 256:number * 256 + 256]
            name = tile_path(str(level), number, len(part))
            used.add(name)
            if read(base, name) != b"".join(part):
                raise ValueError(f"{name} was changed, or the entries and tiles below it were")
        hashes, level = [root_of(hashes[i:i + 256]) for i in range(0, len(hashes) - 255, 256)], level + 1
    if root_of(leaves) != root:
        raise ValueError("the entries do not hash to the root of the checkpoint")
    for name, old, old_root in older:
        if old > size or root_of(leaves[:old]) != old_root:
            raise ValueError(f"{name} is a checkpoint of another tree: keep it, it convicts the log")
    say("ok", "tree", f"{len(entries)} entries and {len(used)} tiles and bundles hash to the root")
    return entries, used

# The package
def check_bag(base):
    files = {}
    for folder, _, names in os.walk(base):
        for path in (os.path.relpath(os.path.join(folder, name), base) for name in names):
            data = b"" if os.path.islink(os.path.join(base, path)) else read(base, path)
            files[path.replace(os.sep, "/")] = (hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest(), len(data))
    for kind, inside in (("tagmanifest", False), ("manifest", True)):
        wanted = {path for path in files if path.startswith("data/") == inside and not path.startswith("tagmanifest-")}
        lists = [dict(line.split("  ", 1)[::-1] for line in lines(read(base, f"{kind}-{algorithm}.txt")))
                 for algorithm in ("sha256", "sha512")]
        for path in sorted(wanted.union(*lists)):
            good = [one.get(path) == (files[path][i] if path in wanted else None) for i, one in enumerate(lists)]
            if not any(good):
                say("FAILED", "bag", f"{path} " + ("is missing" if path not in files else "was changed or added"))
            elif not all(good):
                say("FAILED", "bag", f"{kind}-sha{512 if good[0] else 256}.txt was changed: it is wrong about {path}")
    sizes = [size for path, (_, _, size) in files.items() if path.startswith("data/")]
    if f"Payload-Oxum: {sum(sizes)}.{len(sizes)}" not in lines(read(base, "bag-info.txt")):
        say("FAILED", "bag", "bag-info.txt states another Payload-Oxum")
    say("note" if FAILED else "ok", "bag", f"{len(sizes)} files, {sum(sizes)} bytes" + ("" if FAILED else ", each as listed"))
    return {path.removeprefix("data/") for path in files if path.startswith("data/")}

def check_entries(base, files, log, keys, signed):
    entries = []
    for name in sorted(f for f in files if re.fullmatch(r"entries/\d+\.entry", f)):
        index, entry = int(name[8:-6]), read(base, name)
        head, note = read(base, f"entries/{index}.tlog-proof").split(b"\n\n", 1)
        first, *rest = [line for line in lines(head) if not line.startswith("extra ")]
        good = first == "c2sp.org/tlog-proof@v1" and rest[0] == f"index {index}"
        good = good and (note == signed or checkpoint(note, keys) == log)
        if not good or root_by_proof(leaf(entry), index, log[1], [b64(line) for line in rest[1:]]) != log[2]:
            say("FAILED", "entry", f"entries/{index}.tlog-proof does not lead from the entry to the checkpoint")
        entries.append((index, name, entry))
    if entries and not FAILED:
        say("ok", "entry", f"{len(entries)} entries are in the tree")
    return entries

def check_statements(entries, signers, most):
    kinds, committed, checked, failed = {}, set(), 0, len(FAILED)
    for index, name, entry in entries:
        try:
            outer = json.loads(entry)
            payload, kind = base64.b64decode(outer["payload"]), outer["payloadType"].encode()
            body, sigs = json.loads(payload), [base64.b64decode(one["sig"]) for one in outer["signatures"]]
            said = body["predicateType"].removeprefix("https://flagstate.eu/evidence/")
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        kinds[said] = kinds.get(said, 0) + 1
        committed.update(re.findall("salted-sha256:([0-9a-f]{64})", json.dumps(body)))
        message, checked = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload), checked + bool(signers)
        if signers and checked <= most and not any(ed25519(key[3], message, sig) for key in signers for sig in sigs):
            say("FAILED", "statements", f"{name}: entry {index} is signed by none of the signers' keys")
        for one in body["predicate"]["commitments"] if said == "redaction/v1" else []:
            say("note", "opening", f"[erased {one[14:]}, {body['predicate']['lawful_basis']}, entry {index}]")
    summary = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    say("ok" if len(FAILED) == failed else "note", "statements", f"{summary}; signatures checked: {min(checked, most)}")
    return committed

def check_rest(base, files, committed, older):
    for name in sorted(f for f in files if f.startswith("openings/")):
        opened = json.loads(read(base, name))
        found = hashlib.sha256(bytes.fromhex(opened["salt"]) + opened["value"].encode()).hexdigest()
        good = name == f"openings/{found}.json" and found in committed
        say("ok" if good else "FAILED", "opening", f"{name} opens {'its' if good else 'no'} commitment")
    for name, _, _ in older:
        good = hashlib.sha256(read(base, name)).digest() in read(base, name.replace(".checkpoint", ".tsr"))
        say("ok" if good else "FAILED", "time stamp", f"the answer for {name} {'has' if good else 'lacks'} its digest")
        say("note", "time stamp", "for the authority's signature: openssl ts -verify -in N.tsr -data N.checkpoint -CAfile roots.pem")
    if any(name.endswith(".cose") for name in files):
        say("note", "receipt", "COSE receipts are not checked here; the proofs beside them were")

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("package", nargs="?", default=".")
    parser.add_argument("--log", help="a bare log: a folder with checkpoint and tile/")
    parser.add_argument("--vkey", help="the log's key, as you know it from elsewhere")
    parser.add_argument("--signer", action="append", help="a key that signs statements; may be repeated")
    parser.add_argument("--policy", help="a file that says which witnesses must have cosigned")
    parser.add_argument("--all-signatures", action="store_true", help="check more than the first 1000 statements' signatures")
    args = parser.parse_args()
    base = args.log or os.path.join(args.package, "data")
    files = set() if args.log else check_bag(args.package)
    if FAILED:
        return
    given = [args.vkey] if args.vkey else lines(read(base, "log.vkey"))
    if not args.vkey:
        say("note", "checkpoint", "the log's key is the package's own word; compare it with the one you know: " + given[0])
    keys, note = [parse_key(key) for key in given], read(base, "checkpoint")
    log = checkpoint(note, keys)
    say("ok", "checkpoint", f"{log[0]} of size {log[1]}, root {base64.b64encode(log[2]).decode()}, signed by the log")
    if args.policy or "policy" in files:
        check_policy(read(args.policy) if args.policy else read(base, "policy"), note)
    else:
        say("note", "witnesses", "no policy asks for any: the log's word stands alone")
    stamped = sorted(name for name in files if re.fullmatch(r"timestamps/\d+\.checkpoint", name))
    older = [(name, *checkpoint(read(base, name), keys)[1:]) for name in stamped]
    tiles = {name for name in files if name.startswith("tile/")}
    entries = check_entries(base, files, log, keys, note)
    if args.log or tiles or log[1] == 0:
        whole, used = check_tree(base, log[1], log[2], older)
        entries += whole
        if tiles - used:
            say("FAILED", "tree", f"no tile of this tree: {', '.join(sorted(tiles - used))}")
    elif any(one[1:] != log[1:] for one in older):
        say("FAILED", "time stamp", "a stamped checkpoint is not the package's, and only a whole log can connect them")
    signers = args.signer or (lines(read(base, "signers.vkey")) if "signers.vkey" in files else [])
    committed = check_statements(entries, [parse_key(key) for key in signers], len(entries) if args.all_signatures else 1000)
    check_rest(base, files, committed, older)

if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        say("FAILED", "reading", f"{type(error).__name__}: {error}")
    print("FAILED" if FAILED else "VERIFIED")
    sys.exit(1 if FAILED else 0)
