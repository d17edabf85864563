//! Sets a document that was written as JSON: `typeset DOCUMENT.json OUT.pdf`, and prints the seconds it took.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for those who work on the template")]

use std::{env, fs, time::Instant};

use flagstate_report_pdf::{Attachment, Relation, typeset};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [from, to] = args.as_slice() else { return };
    let text = fs::read_to_string(from).unwrap();
    let attachment = Attachment {
        name: "report.json".into(),
        relation: Relation::Source,
        media_type: "application/json",
        description: "The facts of this report".into(),
        bytes: text.clone().into_bytes(),
    };
    let start = Instant::now();
    let bytes = typeset(&serde_json::from_str(&text).unwrap(), &[attachment]).unwrap();
    println!("{:.2} s", start.elapsed().as_secs_f64());
    fs::write(to, bytes).unwrap();
}
