//! The register of information as an inventory.

use std::{fs, path::PathBuf};

use flagstate_estate::{Estate, EstateBuilder, UnknownReason};

use super::{map, sums};
use crate::{Context, Format, ImportError, read_file};

/// Writes the tables to a folder of their own and reads every one of them, as naming the folder does.
fn folder(name: &str, tables: &[(&str, &str)]) -> Result<Estate, ImportError> {
    let dir: PathBuf = std::env::temp_dir().join(format!("flagstate-register-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let services = map();
    let context = Context { services, progress: &|_, _| () };
    let mut builder = EstateBuilder::new();
    for (file, text) in tables {
        fs::write(dir.join(file), text).unwrap();
    }
    let result = tables.iter().try_for_each(|(file, _)| {
        let format = read_file(&dir.join(file), None, &context, &mut builder)?;
        assert_eq!(format, Format::DoraRegister, "{file}");
        Ok(())
    });
    let _ = fs::remove_dir_all(&dir);
    result.map(|()| builder.finish())
}

const ARRANGEMENTS: &str = "c0060,c0010,c0030,c0050,c0020,c0150,c0160,c0130,c0040,c0070,c0080,c0090,c0100,c0110,c0120,c0140,c0170,c0180
eba_TA:S17,C-1,LEI-AWS,F-PAY,LEI-BANK,eba_GA:DE,eba_GA:DE,eba_GA:LU,eba_qCO:qx2000,2024-01-01,2027-01-01,eba_CO:x4,30,30,eba_GA:LU,eba_BT:x28,eba_ZZ:x793,eba_ZZ:x797
S19,C-2,LEI-X,F-HR,LEI-BANK,eba_GA:qx2007,,,,,,,,,,eba_BT:x29,,
S19,,LEI-X,F-HR,LEI-BANK,,,,,,,,,,,,,
";
const PROVIDERS: &str = "c0010,c0020,c0030,c0040,c0050,c0060,c0070,c0080,c0090,c0100,c0110,c0120
LEI-AWS,eba_qCO:qx2000,,,AWS,,eba_CT:x212,eba_GA:LU,eba_CU:EUR,1000,LEI-AMZN,eba_qCO:qx2000
LEI-X,eba_qCO:qx2000,,,Nobody Knows GmbH,,eba_CT:x212,eba_GA:DE,,,,
LEI-SUB,eba_qCO:qx2000,,,Sub SA,,eba_CT:x212,eba_GA:FR,,,,
";
const FUNCTIONS: &str = "c0010,c0040,c0020,c0030,c0050,c0060,c0070,c0080,c0090,c0100\nF-PAY,LEI-BANK,eba_TA:x28,Payments,eba_BT:x28,,2024-01-01,2,1,eba_ZZ:x793\n";
const CHAIN: &str =
    "c0010,c0030,c0020,c0050,c0060,c0040,c0070\nC-1,LEI-AWS,eba_TA:S17,1,,,\nC-1,LEI-SUB,eba_TA:S17,2,LEI-AWS,,\n";

#[test]
fn a_register_is_an_inventory() {
    let estate = folder(
        "whole",
        &[
            ("b_02.02.csv", ARRANGEMENTS),
            ("b_05.01.csv", PROVIDERS),
            ("b_05.02.csv", CHAIN),
            ("b_06.01.csv", FUNCTIONS),
            ("FilingIndicators.csv", "templateID,reported\nB_02.02,true\n"),
            ("parameters.csv", "name,value\nentityID,rs:LEI-BANK.IND\n"),
        ],
    )
    .unwrap();
    let sums_of = |name: &str| sums(estate.inputs.iter().find(|i| i.name.ends_with(name)).unwrap());
    assert_eq!(sums_of("b_02.02.csv"), (3, 2, 0, 1));
    assert_eq!(sums_of("b_05.01.csv"), (3, 0, 0, 3));
    let pay = estate.resources.iter().find(|r| r.account.as_deref() == Some("C-1")).unwrap();
    assert_eq!(pay.provider.as_deref(), Some("aws"));
    assert_eq!(pay.group.as_deref(), Some("Payments"));
    assert_eq!(pay.contracting_entity.as_deref(), Some("AWS"));
    assert_eq!(pay.holds_data, Some(true));
    for (tag, value) in [
        ("data_at_rest", "DE"),
        ("provided_from", "LU"),
        ("sensitiveness", "high"),
        ("reliance", "full"),
        ("critical", "yes"),
        ("subcontractors", "Sub SA"),
    ] {
        assert_eq!(pay.tags[format!("register:{tag}").as_str()], *value, "{tag}");
    }
    assert!(pay.unknown.contains(&UnknownReason::Region), "a country is no region");
    let other = estate.resources.iter().find(|r| r.account.as_deref() == Some("C-2")).unwrap();
    assert_eq!(other.provider.as_deref(), Some("Nobody Knows GmbH"));
    assert!(other.unknown.contains(&UnknownReason::Provider));
    assert_eq!(other.holds_data, Some(false));
}

#[test]
fn a_table_alone_is_read_with_less() {
    let estate = folder("alone", &[("b_02.02.csv", ARRANGEMENTS)]).unwrap();
    assert!(estate.inputs[0].notes.iter().any(|n| n.contains("b_05.01.csv")));
    assert!(estate.resources.iter().any(|r| r.provider.as_deref() == Some("LEI-AWS")));
}

#[test]
fn damage_is_an_error_with_its_place() {
    let short = "c0060,c0010,c0030\nS17,C-1\n";
    let error = folder("short", &[("b_02.02.csv", short)]).unwrap_err();
    assert!(error.to_string().contains(":2: the row has 2 fields"), "{error}");
    let beside = [("b_02.02.csv", "c0060,c0010,c0030\nS17,C-1,P\n"), ("b_05.01.csv", "c0010,c0050\nP\n")];
    let error = folder("beside", &beside).unwrap_err();
    assert!(error.to_string().contains("b_05.01.csv"), "{error}");
}

/// Files of a zip archive whose local headers hold the sizes.
fn unzip(mut bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read as _;
    let mut files = Vec::new();
    while bytes.starts_with(b"PK\x03\x04") {
        let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let packed = u32::from_le_bytes([bytes[18], bytes[19], bytes[20], bytes[21]]) as usize;
        let (name, extra) = (short(26), short(28));
        let start = 30 + name + extra;
        let body = &bytes[start..start + packed];
        let mut text = Vec::new();
        match short(8) {
            0 => text.extend_from_slice(body),
            8 => {
                flate2::read::DeflateDecoder::new(body).read_to_end(&mut text).unwrap();
            }
            other => panic!("packed in way {other}"),
        }
        files.push((String::from_utf8(bytes[30..30 + name].to_vec()).unwrap(), text));
        bytes = &bytes[start + packed..];
    }
    files
}

/// A whole package that somebody else's converter wrote: every file is claimed, every row accounted for.
#[test]
fn a_package_of_another_converter() {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let roots = ["../shared", "../../shared"].map(|p| repository.join(p).join("inputs/dora-roi/xbridge_test1_out.zip"));
    let Some(bytes) = roots.iter().find_map(|p| fs::read(p).ok()) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the shared inputs beside the project");
        println!("skipped: no shared inputs");
        return;
    };
    let files = unzip(&bytes);
    assert_eq!(files.len(), 19);
    let flat: Vec<(String, String)> = files
        .into_iter()
        .map(|(name, text)| (name.rsplit('/').next().unwrap().to_owned(), String::from_utf8(text).unwrap()))
        .collect();
    let borrowed: Vec<(&str, &str)> = flat.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let estate = folder("package", &borrowed).unwrap();
    assert_eq!(estate.inputs.len(), 19);
    assert_eq!(estate.resources.len(), 1);
    let one = &estate.resources[0];
    assert_eq!((one.account.as_deref(), one.tags["register:data_at_rest"].as_str()), (Some("snoikfyf"), "AL"));
    for input in &estate.inputs {
        let ignored: u64 = input.ignored.values().sum();
        assert_eq!(input.rows, input.resources + input.merged + ignored + input.unknown, "{}", input.name);
    }
}
