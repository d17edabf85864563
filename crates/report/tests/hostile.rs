//! Names come from somebody's data: whatever they hold, every format stays harmless and well-formed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop at the first thing that is not as it should be"
)]

mod common;

use flagstate_estate::{Observation, Rank, config::Selector};
use flagstate_exposure::{Assessment, Finding};
use flagstate_report::{csv, html, json, junit, sarif, text};

const NAMES: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "red \u{1b}[31m bell \u{7} csi \u{9b}2J",
    "turned \u{202e}gpj.exe line\nbreak\u{2028}x \u{0}",
    "{{ 7 * 7 }} ]]> --> & \" ' \u{fffe}",
];

fn hostile() -> Assessment {
    let catalog = common::catalog();
    let mut project = common::project();
    project.organisation.name = Some(NAMES.concat());
    for (name, w) in NAMES.iter().zip(&mut project.workloads) {
        w.name = (*name).into();
        w.classification = Some(NAMES.concat());
    }
    let extra = NAMES.iter().map(|name| {
        let mut o = Observation {
            keys: vec![(*name).into()],
            provider: Some((*name).into()),
            offering: Some("azure-eu".into()),
            group: Some((*name).into()),
            contracting_entity: Some((*name).into()),
            ..Observation::default()
        };
        o.cost.add(name, 5_000_000_000_000);
        o.cost.add("EUR", -5_000_000_000_000);
        o
    });
    for name in NAMES {
        let mut w = project.workloads[0].clone();
        w.name = format!("group {name}");
        w.select = vec![Selector { group: Some(name.into()), ..Selector::default() }];
        project.workloads.push(w);
    }
    let mut a = common::judged(&catalog, &project, extra.collect());
    for (name, input) in NAMES.iter().zip(&mut a.inputs) {
        input.name = (*name).into();
        input.ignored.insert((*name).into(), 1);
        input.notes.insert((*name).into());
        assert_eq!(input.rank, input.rank.min(Rank::Bill));
    }
    a.assumed = NAMES.iter().map(|n| (*n).to_owned()).collect();
    a
}

fn visible(text: &str) -> bool {
    text.chars().all(|c| {
        c == '\n' || (!c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{fffe}'))
    })
}

#[test]
fn text_shows_control_characters_instead_of_sending_them() {
    let (a, catalog) = (hostile(), common::catalog());
    let found: Vec<&Finding> = a.workloads.iter().flat_map(|w| &w.findings).collect();
    for text in [text::assessment(&a, &catalog), text::findings(&found, &catalog)] {
        assert!(visible(&text));
        assert!(text.contains("\\u{1b}[31m"));
    }
}

#[test]
fn html_stays_one_harmless_file() {
    let (a, catalog) = (hostile(), common::catalog());
    let html = html::assessment(&a, &catalog).unwrap();
    assert!(visible(&html));
    let lower = html.to_lowercase();
    for bad in ["<script", "<img", "<link", "<iframe", "<object", "<embed", "src=", "@import", "url(", "javascript:"] {
        let found = lower.matches(bad).count();
        let as_text = if bad == "src=" {
            lower.matches("&#60;img src=").count() + lower.matches("&lt;img src=").count()
        } else {
            0
        };
        assert_eq!(found, as_text, "{bad}");
    }
    assert!(!lower.contains(" onerror=alert(1)>"));
    assert_eq!(lower.matches("</style>").count(), 1);
    assert!(!lower.contains("49 ]]"), "templates are not run twice");
    for (at, _) in lower.match_indices("http") {
        let before = &lower[at.saturating_sub(12)..at];
        let named = before.ends_with("href=\"")
            || before.ends_with("xmlns=\"")
            || before.ends_with("<meta ")
            || before.ends_with("[href^=\"");
        assert!(named, "{}", &lower[at.saturating_sub(30)..(at + 30).min(lower.len())]);
    }
    assert_eq!(lower.matches("<svg").count(), lower.matches("</svg>").count());
    let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "every id stands once");
    for target in html.split("href=\"#").skip(1).filter_map(|s| s.split('"').next()) {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
}

#[test]
fn spreadsheets_run_nothing() {
    let (a, catalog) = (hostile(), common::catalog());
    let csv = csv::assessment(&a, &catalog);
    assert!(visible(&csv.replace("\r\n", "\n")));
    let columns = fields(csv.lines().next().unwrap()).len();
    for line in csv.split_terminator("\r\n") {
        let fields = fields(line);
        assert_eq!(fields.len(), columns, "{line}");
        for f in fields {
            assert!(!f.trim_start().starts_with(['=', '+', '-', '@']), "{f}");
        }
    }
}

/// RFC 4180, one record.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    out.push(field);
    out
}

#[test]
fn machine_formats_stay_well_formed() {
    let (a, catalog) = (hostile(), common::catalog());
    let found: Vec<&Finding> = a.workloads.iter().flat_map(|w| &w.findings).collect();
    let xml = junit::findings(&a, &found);
    assert!(visible(&xml));
    assert!(!xml.contains("<img") && !xml.contains("<script"));
    for text in [
        json::assessment(&a),
        json::findings(&found),
        sarif::assessment(&a, &catalog),
        sarif::findings_in(&found, &catalog, &a.inputs),
    ] {
        assert!(visible(&text));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(value.is_object());
    }
}

#[test]
fn same_input_same_bytes() {
    let (a, b, catalog) = (hostile(), hostile(), common::catalog());
    assert_eq!(html::assessment(&a, &catalog).unwrap(), html::assessment(&b, &catalog).unwrap());
    assert_eq!(text::assessment(&a, &catalog), text::assessment(&b, &catalog));
    assert_eq!(sarif::assessment(&a, &catalog), sarif::assessment(&b, &catalog));
}

/// Every offering of the catalog in one report: nothing stands outside its page, whatever the chains look like.
#[test]
fn every_offering_can_be_drawn() {
    let catalog = common::catalog();
    let mut project = common::project();
    project.workloads.clear();
    let each = catalog.offerings.keys().map(|id| Observation {
        keys: vec![format!("list:{id}")],
        offering: Some(id.clone()),
        provider: Some("x".into()),
        group: Some(format!("on {id}")),
        ..Observation::default()
    });
    let a = common::judged(&catalog, &project, each.collect());
    let html = html::assessment(&a, &catalog).unwrap();
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("every-offering.html"), &html).unwrap();
    let mut drawings = 0;
    for svg in html.split("<svg class=\"chain").skip(1).filter_map(|s| s.split("</svg>").next()) {
        drawings += 1;
        let size = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
        let (width, height) = size.split_once(' ').unwrap();
        let (width, height): (i32, i32) = (width.parse().unwrap(), height.parse().unwrap());
        for (name, most) in [(" x=\"", width), (" y=\"", height)] {
            for n in svg.split(name).skip(1).filter_map(|s| s.split('"').next()) {
                let n: i32 = n.parse().unwrap();
                assert!((0..=most).contains(&n), "{name}{n} of {most} in {svg}");
            }
        }
    }
    assert!(drawings >= a.workloads.len() / 2, "{drawings} drawings");
    for line in text::assessment(&a, &catalog).lines() {
        assert!(line.chars().count() <= 80 || !line.trim().contains(' '), "{line}");
    }
}
