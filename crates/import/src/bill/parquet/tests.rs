//! Tests of reading Parquet: files written here with the same crate's low-level writer.
use std::sync::Arc;

use parquet::{
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use crate::bill::focus::tests::import;

const SCHEMA: &str = "message bill {
    optional binary ProviderName (UTF8);
    required binary ChargeCategory (UTF8);
    optional double EffectiveCost;
    required int64 BilledCost (DECIMAL(18,2));
    optional binary ResourceId (UTF8);
    optional int64 SubAccountId;
    optional group Tags (MAP) { repeated group key_value { required binary key (UTF8); optional binary value (UTF8); } }
}";

/// Two row groups of three rows each: a null, a map with two entries, an empty map.
fn file() -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(WriterProperties::default())).unwrap();
    let text = |t: &[&str]| t.iter().map(|t| ByteArray::from(*t)).collect::<Vec<_>>();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        let mut column = 0;
        while let Some(mut c) = group.next_column().unwrap() {
            match column {
                0 => c.typed::<ByteArrayType>().write_batch(&text(&["AWS", "AWS"]), Some(&[1, 0, 1]), None),
                1 => c.typed::<ByteArrayType>().write_batch(&text(&["Usage", "Usage", "Usage"]), None, None),
                2 => c.typed::<DoubleType>().write_batch(&[0.1, 0.2], Some(&[1, 1, 0]), None),
                3 => c.typed::<Int64Type>().write_batch(&[1, 2, 325], None, None),
                4 => c.typed::<ByteArrayType>().write_batch(&text(&["a", "b", "c"]), Some(&[1, 1, 1]), None),
                5 => c.typed::<Int64Type>().write_batch(&[77, 77, 77], Some(&[1, 1, 1]), None),
                6 => c.typed::<ByteArrayType>().write_batch(
                    &text(&["app", "q\"t"]),
                    Some(&[2, 2, 0, 1]),
                    Some(&[0, 1, 0, 0]),
                ),
                _ => c.typed::<ByteArrayType>().write_batch(
                    &text(&["shop", "x"]),
                    Some(&[3, 3, 0, 1]),
                    Some(&[0, 1, 0, 0]),
                ),
            }
            .unwrap();
            c.close().unwrap();
            column += 1;
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    out
}

#[test]
fn decimals_doubles_nulls_and_maps() {
    let (_, estate) = import("bill.parquet", &file()).unwrap();
    let l = &estate.inputs[0];
    assert_eq!(l.rows, 6);
    assert_eq!(estate.resources.len(), 3);
    let by = |id: &str| estate.resources.iter().find(|r| r.id.ends_with(id)).unwrap();
    assert_eq!(by(":a").cost.display(), "0.20 XXX");
    assert_eq!(by(":c").cost.display(), "6.50 XXX", "the billed cost where there is no effective one");
    assert_eq!(by(":a").account.as_deref(), Some("77"));
    assert_eq!(by(":a").tags.get("q\"t").map(String::as_str), Some("x"));
    assert!(by(":c").tags.is_empty());
    assert_eq!(by(":b").provider, None, "null");
}

#[test]
fn a_cut_file_is_refused() {
    let bytes = file();
    let e = import("cut.parquet", &bytes[..bytes.len() - 10]).unwrap_err().to_string();
    assert!(e.contains("cut off or damaged"), "{e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn damaged_files_never_panic_through(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = file();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = import("damaged.parquet", &bytes);
    }
}
