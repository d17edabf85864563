"""Validates the files of a list (file, tab, schema); our own schemas lie in the second argument's folder. Prints one line each: valid FILE, or INVALID FILE: why.

The schema is a JSON Schema, an XML Schema, the address of a JSON Schema draft (then the file must be a schema itself),
or the word `rows` (then the file must be a table whose rows have the width of its header).
"""
import json
import sys
from pathlib import Path

# Our own schemas name each other by their ids.
OWN = Path(sys.argv[2])


def table(file):
    import duckdb

    rows = duckdb.connect().execute(
        "SELECT count(*) FROM read_csv(?, header = true, all_varchar = true, strict_mode = true)", [file]
    ).fetchone()[0]
    return [] if rows else ["no rows"]


def read(file):
    text = Path(file).read_text(encoding="utf-8")
    if not file.endswith(".yaml"):
        return json.loads(text)
    import yaml

    # Dates stay text, as in JSON.
    plain = type("Plain", (yaml.SafeLoader,), {})
    plain.yaml_implicit_resolvers = {
        first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, Loader=plain)


def harmed(data):
    """The file with a member that nobody knows, and without each of its first object's members."""
    first = data if isinstance(data, dict) else data[0] if data and isinstance(data[0], dict) else {}
    around = (lambda one: one) if isinstance(data, dict) else (lambda one: [one, *data[1:]])
    yield "a member that nobody knows", around({**first, "nobody knows this": 1})
    for name in first:
        yield f"no `{name}`", around({key: value for key, value in first.items() if key != name})


def problems(file, schema):
    if schema == "rows":
        return table(file)
    if schema.endswith(".xsd"):
        import xmlschema

        return [str(e.reason) for e in xmlschema.XMLSchema(schema).iter_errors(file)]
    import jsonschema

    if "://" in schema:
        jsonschema.validators.validator_for({"$schema": schema}).check_schema(read(file))
        return []
    # Python's patterns know no Unicode classes by name; these are the same letters and digits.
    text = Path(schema).read_text(encoding="utf-8")
    rules = json.loads(text.replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d"))
    kind = jsonschema.validators.validator_for(rules)
    kind.check_schema(rules)
    import referencing

    own = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(OWN.glob("*.json"))]
    known = referencing.Registry().with_contents((s["$id"], s) for s in own)
    judge = kind(rules, registry=known, format_checker=kind.FORMAT_CHECKER)
    data = read(file)
    found = [f"{e.json_path}: {e.message[:300]}" for e in judge.iter_errors(data)]
    if Path(schema).parent == OWN:
        # A schema that takes anything checks nothing.
        optional = {"no `proof`", "no `placements`"}
        for harm, bad in harmed(data) if isinstance(data, dict) or data and isinstance(data[0], dict) else ():
            if harm not in optional and judge.is_valid(bad):
                found.append(f"the schema takes a file with {harm}")
    return found


for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    file, schema = line.split("\t")
    try:
        found = problems(file, schema)
    except Exception as error:  # a file that is not even JSON or XML
        found = [f"{type(error).__name__}: {error}"]
    name = Path(file).name
    if found:
        print(f"INVALID {name} ({Path(schema).name}): " + "; ".join(found[:5]))
    else:
        print(f"valid {name} ({Path(schema).name})")
