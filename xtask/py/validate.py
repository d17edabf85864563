"""Validates the files of a list (file, tab, schema) and prints one line each: valid FILE, or INVALID FILE: why.

The schema is a JSON Schema, an XML Schema, the address of a JSON Schema draft (then the file must be a schema itself),
or the word `rows` (then the file must be a table whose rows have the width of its header).
"""
import json
import sys
from pathlib import Path


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
    found = kind(rules, format_checker=kind.FORMAT_CHECKER).iter_errors(read(file))
    return [f"{e.json_path}: {e.message[:300]}" for e in found]


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
