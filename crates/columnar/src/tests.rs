//! Footers written by hand, since no library writes such.

use std::{path::PathBuf, sync::Arc};

use parquet::{
    data_type::Int64Type,
    file::{properties::WriterProperties, reader::FileReader, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use super::*;

/// A file that goes away.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn temporary(name: &str, bytes: &[u8]) -> Temporary {
    let path = std::env::temp_dir().join(format!("flagstate-columnar-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    Temporary(path)
}

fn opened(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let file = temporary(name, bytes);
    let reader = open(File::open(&file.0).unwrap()).map_err(|e| e.to_string())?;
    Ok(reader.metadata().file_metadata().schema_descr().num_columns())
}

fn varint(mut number: u64, to: &mut Vec<u8>) {
    while number > 0x7f {
        to.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    to.push((number & 0x7f) as u8);
}

/// A whole file without rows, whose schema is a root and these elements: children, or none for a column.
fn file(stated: u64, elements: &[u64]) -> Vec<u8> {
    // Field 1, an i32: the version. Field 2: the list.
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    varint(stated, &mut footer);
    for (at, children) in elements.iter().enumerate() {
        if *children == 0 {
            footer.extend([0x15, 4]); // field 1: INT64
        }
        if at > 0 {
            footer.extend(if *children == 0 { [0x25, 0] } else { [0x35, 0] }); // field 3: required
        }
        let step = if at > 0 { 0x10 } else { 0x40 };
        footer.extend([step | 8, 1, b'x']); // field 4: its name
        if *children > 0 {
            footer.push(0x15); // field 5, an i32
            varint(children << 1, &mut footer);
        }
        footer.push(0);
    }
    footer.extend([0x16, 0, 0x19, 0x0c, 0]); // fields 3 and 4: no rows, no row groups
    let length = u32::try_from(footer.len()).unwrap();
    [&b"PAR1"[..], &footer, &length.to_le_bytes(), b"PAR1"].concat()
}

fn chain(levels: usize) -> Vec<u8> {
    let mut elements = vec![1; levels];
    elements.push(0);
    file(elements.len() as u64, &elements)
}

fn written() -> Vec<u8> {
    let schema = "message m { required int64 a; optional group b { repeated group c { required int64 d; } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut first = true;
    while let Some(mut column) = group.next_column().unwrap() {
        let levels: Option<&[i16]> = if first { None } else { Some(&[0, 2]) };
        let values: &[i64] = if first { &[1, 2] } else { &[3] };
        let repeats: Option<&[i16]> = if first { None } else { Some(&[0, 0]) };
        column.typed::<Int64Type>().write_batch(values, levels, repeats).unwrap();
        column.close().unwrap();
        first = false;
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn ordinary_files_open() {
    assert_eq!(opened("plain", &written()), Ok(2));
    assert_eq!(opened("chain", &chain(30)), Ok(1));
    assert_eq!(opened("two", &file(4, &[2, 1, 0, 0])), Ok(2));
}

/// Without the walk the library's stack ends here, and the process with it.
#[test]
fn a_deep_schema_is_refused() {
    for levels in [101, 200_000] {
        let said = opened(&format!("deep{levels}"), &chain(levels)).unwrap_err();
        assert!(said.contains("more than 100 levels"), "{said}");
    }
}

/// Without the walk the library refuses the first by its number, and for the second makes room before it sees that nothing is there.
#[test]
fn a_list_longer_than_its_footer_is_refused() {
    for bytes in [file(u64::from(u32::MAX), &[1, 0]), file(2, &[u64::from(i32::MAX.unsigned_abs()), 0])] {
        let said = opened("long", &bytes).unwrap_err();
        assert!(said.contains("longer than the footer"), "{said}");
    }
}

#[test]
fn what_has_no_footer_is_the_librarys_to_refuse() {
    for bytes in [&b""[..], b"PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"not at all a file of columns"] {
        assert!(opened("none", bytes).is_err());
    }
}

#[test]
fn structures_inside_structures_end() {
    // Field 9 of the footer, a structure whose field 1 is a structure, and so on.
    let deep = [vec![0x9c], vec![0x1c; 1000]].concat();
    assert_eq!(footer::check(&deep), Err(footer::Damage::Structs));
    // The same as lists of lists.
    let lists = [vec![0x99], vec![0x19; 1000]].concat();
    assert_eq!(footer::check(&lists), Err(footer::Damage::Structs));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// Whatever the bytes are: a file or an error.
    #[test]
    fn damaged_files_never_panic(at in any::<prop::sample::Index>(), with in any::<u8>(), long in proptest::collection::vec(any::<u8>(), 0..6)) {
        let mut bytes = written();
        let at = at.index(bytes.len());
        bytes.splice(at..=at, [vec![with], long].concat());
        let file = temporary(&format!("damaged-{at}"), &bytes);
        if let Ok(reader) = open(File::open(&file.0).unwrap()) {
            // An iterator that failed goes on failing: the first error is the end.
            let _ = caught(|| reader.get_row_iter(None)?.try_for_each(|row| row.map(|_| ())));
        }
    }

    /// A footer is walked to its end or refused.
    #[test]
    fn any_footer_is_walked(footer in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = footer::check(&footer);
    }
}
