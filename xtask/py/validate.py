"""Validates the files of a list (file, tab, schema) and prints one line each: valid FILE, or INVALID FILE: why."""
import json
import sys
from pathlib import Path


def problems(file, schema):
    if schema.endswith(".xsd"):
        import xmlschema

        return [str(e.reason) for e in xmlschema.XMLSchema(schema).iter_errors(file)]
    import jsonschema

    rules = json.loads(Path(schema).read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(rules)
    checker = kind(rules, format_checker=kind.FORMAT_CHECKER)
    found = checker.iter_errors(json.loads(Path(file).read_text(encoding="utf-8")))
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
