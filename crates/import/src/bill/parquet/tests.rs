//! Tests of reading Parquet: files written here with the same crate's low-level writer.
use std::sync::Arc;

use parquet::{
    basic::{Compression, Encoding},
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    file::{
        properties::{WriterProperties, WriterVersion},
        reader::{FileReader, SerializedFileReader},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use super::{double, pages::Paged, parse};
use crate::bill::{focus::tests::import, groups::Interner};

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

/// How a column of texts is written.
#[derive(Clone, Debug)]
struct Style {
    dictionary: bool,
    dictionary_bytes: usize,
    version: WriterVersion,
    page_rows: usize,
    nullable: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let version = prop_oneof![Just(WriterVersion::PARQUET_1_0), Just(WriterVersion::PARQUET_2_0)];
    (any::<bool>(), prop_oneof![Just(16_usize), Just(1 << 20)], version, 1_usize..70, any::<bool>()).prop_map(
        |(dictionary, dictionary_bytes, version, page_rows, nullable)| Style {
            dictionary,
            dictionary_bytes,
            version,
            page_rows,
            nullable,
        },
    )
}

fn column(texts: &[Option<String>], style: &Style) -> Vec<u8> {
    let kind = if style.nullable { "optional" } else { "required" };
    let schema = Arc::new(parse_message_type(&format!("message m {{ {kind} binary t (UTF8); }}")).unwrap());
    let properties = WriterProperties::builder()
        .set_writer_version(style.version)
        .set_dictionary_enabled(style.dictionary)
        .set_dictionary_page_size_limit(style.dictionary_bytes)
        .set_data_page_row_count_limit(style.page_rows)
        .set_write_batch_size(7)
        .set_encoding(Encoding::PLAIN)
        .set_compression(Compression::SNAPPY)
        .build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut c = group.next_column().unwrap().unwrap();
    let values: Vec<ByteArray> = texts.iter().flatten().map(|t| ByteArray::from(t.as_str())).collect();
    let levels: Vec<i16> = texts.iter().map(|t| i16::from(t.is_some())).collect();
    c.typed::<ByteArrayType>().write_batch(&values, style.nullable.then_some(levels.as_slice()), None).unwrap();
    c.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    out
}

fn paged(file: Vec<u8>, want: usize) -> Vec<Vec<u8>> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let group = reader.get_row_group(0).unwrap();
    let chunk = group.metadata().column(0);
    assert!(Paged::fits(chunk), "{:?}", chunk.encodings().collect::<Vec<_>>());
    let mut pages = Paged::new(group.get_column_page_reader(0).unwrap(), chunk);
    let (mut known, mut batch, mut all) = (Interner::default(), Vec::new(), Vec::new());
    loop {
        pages.fill(want, &mut known, &mut batch).unwrap();
        all.extend(batch.iter().map(|number| known.get(*number).to_vec()));
        if batch.len() < want {
            return all;
        }
    }
}

/// The same column by the library's own reader.
fn by_the_library(file: Vec<u8>) -> Vec<Vec<u8>> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
    let group = reader.get_row_group(0).unwrap();
    let mut column = get_typed_column_reader::<ByteArrayType>(group.get_column_reader(0).unwrap());
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let (rows, ..) = column.read_records(usize::MAX, Some(&mut levels), None, &mut values).unwrap();
    let mut values = values.into_iter().map(|v| v.data().to_vec());
    if levels.is_empty() {
        values.collect()
    } else {
        (0..rows).map(|r| if levels[r] == 1 { values.next().unwrap() } else { Vec::new() }).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn pages_say_what_the_library_reads(
        texts in prop::collection::vec(prop::option::weighted(0.8, "[a-d]{0,3}"), 0..600),
        style in style(),
        want in 1_usize..200,
    ) {
        let texts: Vec<_> = texts.into_iter().map(|t| if style.nullable { t } else { Some(t.unwrap_or_default()) }).collect();
        let file = column(&texts, &style);
        let read = paged(file.clone(), want);
        let expected: Vec<Vec<u8>> = texts.iter().map(|t| t.clone().unwrap_or_default().into_bytes()).collect();
        prop_assert_eq!(&read, &expected);
        prop_assert_eq!(&read, &by_the_library(file));
    }

    #[test]
    fn a_double_is_its_shortest_decimal(units in any::<i64>(), digits in 0_u32..15, bits in any::<u64>()) {
        let power = 10_f64.powi(i32::try_from(digits).unwrap());
        #[expect(clippy::cast_precision_loss, reason = "any double will do")]
        for value in [units as f64 / power, (units % 1_000_000) as f64 / power, f64::from_bits(bits)] {
            prop_assert_eq!(double(value), parse(&value.to_string()), "{}", value);
        }
    }
}
