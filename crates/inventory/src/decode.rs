//! The three formats, each by its library, into rows of fields.

use std::{
    fs::File,
    io::{BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use parquet::{file::reader::FileReader, record::Field};

use crate::{
    InventoryError, ListedFile, Manifest,
    manifest::{Format, Writer},
    rows::Rows,
    value::Value,
};

/// Reads a file into `rows`.
pub(crate) fn decode(
    path: &Path,
    file: &ListedFile,
    manifest: &Manifest,
    rows: &mut Rows<'_, '_>,
) -> Result<(), InventoryError> {
    let name = match manifest.format {
        Format::Csv => "CSV",
        Format::Parquet => "Apache Parquet",
        Format::Orc => "Apache ORC",
    };
    let unreadable =
        |what: String| InventoryError::Unreadable { file: file.key.clone(), format: name, what: first_line(&what) };
    let opened = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    match manifest.format {
        Format::Csv => csv(opened, file, manifest, rows, &unreadable),
        Format::Parquet => guarded(rows, &unreadable, |rows| parquet(opened, rows, &unreadable)),
        #[cfg(feature = "orc")]
        Format::Orc => guarded(rows, &unreadable, |rows| crate::orc::orc(opened, rows, &unreadable)),
        #[cfg(not(feature = "orc"))]
        Format::Orc => Err(InventoryError::NoOrc { file: file.key.clone() }),
    }
}

/// Both libraries panic on some damaged files: that is a damaged file, and no more.
fn guarded(
    rows: &mut Rows<'_, '_>,
    unreadable: &Wrong<'_>,
    read: impl FnOnce(&mut Rows<'_, '_>) -> Result<(), InventoryError>,
) -> Result<(), InventoryError> {
    // What a panic leaves in `rows` is not used again: the whole reading ends here.
    let read = catch_unwind(AssertUnwindSafe(|| read(rows)));
    read.unwrap_or_else(|_| Err(unreadable("it is damaged".to_owned())))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

pub(crate) type Wrong<'a> = dyn Fn(String) -> InventoryError + 'a;

fn csv(
    file: File,
    listed: &ListedFile,
    manifest: &Manifest,
    rows: &mut Rows<'_, '_>,
    unreadable: &Wrong<'_>,
) -> Result<(), InventoryError> {
    let plain = BufReader::with_capacity(1 << 17, file);
    let packed = Path::new(&listed.key).extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    let bytes: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(plain)) } else { Box::new(plain) };
    let headed = manifest.writer == Writer::Azure;
    let mut reader = csv::ReaderBuilder::new().has_headers(headed).from_reader(bytes);
    if headed {
        let header = reader.headers().map_err(|e| unreadable(e.to_string()))?;
        let names: Vec<String> = header.iter().map(|n| n.trim_start_matches('\u{feff}').to_owned()).collect();
        rows.columns(names.iter().map(String::as_str))?;
    } else {
        rows.columns(manifest.columns.iter().map(String::as_str))?;
    }
    let mut record = csv::StringRecord::new();
    let mut values = Vec::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(e) => return Err(unreadable(e.to_string())),
        }
        if !headed && record.len() != manifest.columns.len() {
            let (found, wanted) = (record.len(), manifest.columns.len());
            return Err(unreadable(format!("a row has {found} fields, the manifest names {wanted}")));
        }
        values.clear();
        values.extend(record.iter().map(Value::of_text));
        rows.row(&values)?;
    }
}

fn parquet(file: File, rows: &mut Rows<'_, '_>, unreadable: &Wrong<'_>) -> Result<(), InventoryError> {
    let reader = flagstate_columnar::open(file).map_err(|e| unreadable(e.to_string()))?;
    let schema = reader.metadata().file_metadata().schema().clone();
    rows.columns(schema.get_fields().iter().map(|f| f.name()))?;
    let mut values = Vec::new();
    for row in reader.get_row_iter(None).map_err(|e| unreadable(e.to_string()))? {
        let row = row.map_err(|e| unreadable(e.to_string()))?;
        values.clear();
        for (_, field) in row.get_column_iter() {
            values.push(of_parquet(field));
        }
        rows.row(&values)?;
    }
    Ok(())
}

fn of_parquet(field: &Field) -> Value {
    match field {
        Field::Bool(flag) => Value::Flag(*flag),
        Field::Byte(n) => Value::Number((*n).into()),
        Field::Short(n) => Value::Number((*n).into()),
        Field::Int(n) => Value::Number((*n).into()),
        Field::Long(n) => Value::Number(*n),
        Field::UInt(n) => Value::Number((*n).into()),
        Field::ULong(n) => i64::try_from(*n).map_or(Value::Nothing, Value::Number),
        Field::Str(text) => Value::of_text(text),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).map_or(Value::Nothing, Value::of_text),
        Field::TimestampMillis(ms) => Timestamp::from_millisecond(*ms).map_or(Value::Nothing, Value::Time),
        Field::TimestampMicros(us) => Timestamp::from_microsecond(*us).map_or(Value::Nothing, Value::Time),
        // What remains (null; maps of tags and metadata, and the like) is no column that a listing has.
        _ => Value::Nothing,
    }
}
