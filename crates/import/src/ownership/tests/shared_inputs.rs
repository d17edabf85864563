//! Every real ownership file among the shared inputs beside the project, with its exact counts or its exact refusal.
//!
//! The files are not part of the project: the test reads them where the folder exists and says so where it does not.
//! Row counts were taken independently: elements counted with `grep` for XML, list lengths with Python for JSON.

use super::*;

enum Outcome {
    /// Rows, entities, edges, exceptions, ignored.
    Read(u64, usize, usize, usize, u64),
    /// The message without the path.
    Refused(&'static str),
}

use Outcome::{Read, Refused};

const OLD_BODS: &str = "FILE: it is BODS 0.2; only BODS 0.4 is read: ask its publisher for that version";

const FILES: &[(&str, Outcome)] = &[
    ("bods/bods-package-annotations.json", Read(3, 2, 0, 0, 1)),
    ("bods/bods-package-entity-owning-entity.json", Read(3, 2, 1, 0, 0)),
    ("bods/bods-package-linking-annotations.json", Read(3, 2, 1, 0, 0)),
    ("bods/bods-package.json", Read(3, 2, 1, 0, 0)),
    ("bods/fermcat.json", Read(23, 4, 3, 0, 16)),
    ("bods/full-pep-declaration.json", Read(3, 2, 1, 0, 0)),
    ("bods/indirect-ownership.json", Read(6, 3, 2, 0, 1)),
    ("bods/joint-ownership.json", Read(7, 4, 3, 0, 0)),
    ("bods/levent.json", Read(7, 4, 2, 0, 1)),
    ("bods/listed-company-exempt-from-disclosure.json", Read(2, 1, 0, 0, 1)),
    ("bods/mixed-direct-and-indirect-ownership.json", Read(6, 3, 4, 0, 0)),
    ("bods/multiple-indirect-ownership.json", Read(9, 4, 5, 0, 0)),
    ("bods/multiple-tax-residencies.json", Read(3, 2, 1, 0, 0)),
    ("bods/mutilple-indirect-ownership-2.json", Read(9, 4, 5, 0, 0)),
    ("bods/nomination.json", Read(8, 4, 2, 0, 2)),
    ("bods/plc-entity-statement.json", Read(1, 1, 0, 0, 0)),
    ("bods/simple-pep-declaration.json", Read(3, 2, 1, 0, 0)),
    ("bods/tecido.json", Read(11, 3, 2, 0, 6)),
    ("gleif/api/direct-child-relationships_21380068P1DRHMJ8KU70.json", Read(15, 0, 15, 0, 0)),
    ("gleif/api/direct-child-relationships_5299001ERX0K10IZUL40.json", Read(2, 0, 2, 0, 0)),
    ("gleif/api/direct-child-relationships_529900GRZ2BQY5ZM9N49.json", Read(12, 0, 12, 0, 0)),
    ("gleif/api/direct-child-relationships_851WYGNLUQLFZBSYGB56.json", Read(15, 0, 15, 0, 0)),
    ("gleif/api/direct-children_21380068P1DRHMJ8KU70.json", Read(15, 15, 0, 0, 0)),
    ("gleif/api/direct-children_5299001ERX0K10IZUL40.json", Read(2, 2, 0, 0, 0)),
    ("gleif/api/direct-children_529900GRZ2BQY5ZM9N49.json", Read(12, 12, 0, 0, 0)),
    ("gleif/api/direct-children_851WYGNLUQLFZBSYGB56.json", Read(15, 15, 0, 0, 0)),
    ("gleif/api/direct-parent_5493001KJTIIGC8Y1R12.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/direct-parent_549300O897ZC5H7CY412.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/direct-parent_549300YX4S1LLSMK2627.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/ggravlingen_pygleif__549300LBI3LRIZ2V8V66_lapsed.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_21380068P1DRHMJ8KU70.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_254900MSZM6DMP853B11.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_335800CCCPHKUOXPC332.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_5299001ERX0K10IZUL40.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_529900GRZ2BQY5ZM9N49.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_5493001KJTIIGC8Y1R12.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_549300O897ZC5H7CY412.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_549300YX4S1LLSMK2627.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_851WYGNLUQLFZBSYGB56.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/managing-lou_984500983AD71E4FBC41.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/multi_lei_records.json", Read(12, 12, 0, 0, 0)),
    ("gleif/api/single_lei_record_21380068P1DRHMJ8KU70.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_254900MSZM6DMP853B11.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_335800CCCPHKUOXPC332.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_5299001ERX0K10IZUL40.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_529900GRZ2BQY5ZM9N49.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_5493001KJTIIGC8Y1R12.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_549300O897ZC5H7CY412.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_549300YX4S1LLSMK2627.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_851WYGNLUQLFZBSYGB56.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/single_lei_record_984500983AD71E4FBC41.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/ultimate-child-relationships_21380068P1DRHMJ8KU70.json", Read(15, 0, 15, 0, 0)),
    ("gleif/api/ultimate-child-relationships_5299001ERX0K10IZUL40.json", Read(2, 0, 2, 0, 0)),
    ("gleif/api/ultimate-child-relationships_529900GRZ2BQY5ZM9N49.json", Read(12, 0, 12, 0, 0)),
    ("gleif/api/ultimate-child-relationships_851WYGNLUQLFZBSYGB56.json", Read(15, 0, 15, 0, 0)),
    ("gleif/api/ultimate-children_21380068P1DRHMJ8KU70.json", Read(15, 15, 0, 0, 0)),
    ("gleif/api/ultimate-children_5299001ERX0K10IZUL40.json", Read(2, 2, 0, 0, 0)),
    ("gleif/api/ultimate-children_529900GRZ2BQY5ZM9N49.json", Read(12, 12, 0, 0, 0)),
    ("gleif/api/ultimate-children_851WYGNLUQLFZBSYGB56.json", Read(15, 15, 0, 0, 0)),
    ("gleif/api/ultimate-parent-relationship_549300O897ZC5H7CY412.json", Read(1, 0, 1, 0, 0)),
    ("gleif/api/ultimate-parent_5493001KJTIIGC8Y1R12.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/ultimate-parent_549300O897ZC5H7CY412.json", Read(1, 1, 0, 0, 0)),
    ("gleif/api/ultimate-parent_549300YX4S1LLSMK2627.json", Read(1, 1, 0, 0, 0)),
    ("gleif/lei-data-out.json", Refused(OLD_BODS)),
    ("gleif/lei-data.json", Read(13, 13, 0, 0, 0)),
    ("gleif/lei-data.xml", Read(13, 13, 0, 0, 0)),
    ("gleif/lei-updates-data-out.json", Refused(OLD_BODS)),
    ("gleif/lei-updates-data.json", Read(5, 5, 0, 0, 0)),
    ("gleif/lei-updates-data2-new-out.json", Refused(OLD_BODS)),
    ("gleif/lei-updates-data2-new.json", Read(12, 12, 0, 0, 0)),
    ("gleif/lei-updates-data2-new.xml", Read(12, 12, 0, 0, 0)),
    ("gleif/lei-updates-data2-out.json", Refused(OLD_BODS)),
    ("gleif/lei-updates-data2.json", Read(12, 12, 0, 0, 0)),
    ("gleif/lei-updates-data2.xml", Read(12, 12, 0, 0, 0)),
    ("gleif/lei-updates-replaces-data.json", Read(2, 1, 0, 0, 1)),
    ("gleif/repex-data.json", Read(10, 0, 0, 10, 0)),
    ("gleif/repex-data.xml", Read(10, 0, 0, 10, 0)),
    ("gleif/rr-data-out.json", Refused(OLD_BODS)),
    ("gleif/rr-data.json", Read(10, 0, 7, 0, 3)),
    ("gleif/rr-data.xml", Read(10, 0, 7, 0, 3)),
    ("gleif/rr-updates-data-out.json", Refused(OLD_BODS)),
    ("gleif/rr-updates-data.json", Read(3, 0, 3, 0, 0)),
    ("gleif/rr-updates-data2-new-out.json", Refused(OLD_BODS)),
    ("gleif/rr-updates-data2-new.json", Read(10, 0, 9, 0, 1)),
    ("gleif/rr-updates-data2-new.xml", Read(10, 0, 9, 0, 1)),
    ("gleif/rr-updates-data2-out.json", Refused(OLD_BODS)),
    ("gleif/rr-updates-data2.json", Read(11, 0, 11, 0, 0)),
    ("gleif/rr-updates-data2.xml", Read(11, 0, 11, 0, 0)),
];

fn folder() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = ["../shared/inputs", "../../shared/inputs"].iter().map(|p| repository.join(p)).find(|p| p.is_dir());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the shared inputs beside the project");
        println!("skipped: no shared inputs");
    }
    found
}

fn files(under: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Read(rows, entities, edges, exceptions, ignored) => {
            format!("Read({rows}, {entities}, {edges}, {exceptions}, {ignored})")
        }
        Refused(message) => (*message).to_owned(),
    }
}

fn outcome(path: &Path) -> String {
    match read(path) {
        Ok(o) => {
            assert!(balanced(&o), "{}", path.display());
            let ignored = o.ignored.values().sum();
            show(&Read(o.rows, o.entities.len(), o.edges.len(), o.exceptions.len(), ignored))
        }
        Err(e) => refusal(path, &e),
    }
}

#[test]
fn every_shared_ownership_file() {
    let Some(folder) = folder() else { return };
    let mut paths = Vec::new();
    files(&folder.join("bods"), &mut paths);
    files(&folder.join("gleif"), &mut paths);
    let mut got = BTreeMap::new();
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        got.insert(name, outcome(path));
    }
    let expected: BTreeMap<String, String> = FILES.iter().map(|(name, o)| ((*name).to_owned(), show(o))).collect();
    let differ: Vec<String> = expected
        .keys()
        .chain(got.keys())
        .filter(|name| expected.get(*name) != got.get(*name))
        .map(|name| format!("(\"{name}\", {}),", got.get(name).map_or("no such file", String::as_str)))
        .collect();
    assert!(differ.is_empty(), "{} files differ from the table:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn a_file_says_the_same_as_xml_and_as_json() {
    let Some(folder) = folder() else { return };
    for name in [
        "lei-data", "lei-updates-data2", "lei-updates-data2-new", "repex-data", "rr-data", "rr-updates-data2",
        "rr-updates-data2-new",
    ] {
        let one = |kind: &str| read(&folder.join(format!("gleif/{name}.{kind}"))).unwrap();
        let (xml, json) = (one("xml"), one("json"));
        assert_eq!(format!("{:?}", xml.entities), format!("{:?}", json.entities), "{name}");
        assert_eq!(format!("{:?}", xml.edges), format!("{:?}", json.edges), "{name}");
        assert_eq!(xml.exceptions, json.exceptions, "{name}");
        assert_eq!(xml.ignored, json.ignored, "{name}");
    }
}
