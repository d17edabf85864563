//! Drawings on paper: the style sheet of the page, as colours that print, inside the `svg` element itself.

/// What charts refer to.
const PATTERNS: &str = "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><rect width=\"3\" height=\"6\" fill=\"#7d4f00\"/></pattern></defs>";

/// Colours and the typeface, for drawings that on a screen take them from the page.
const STYLE: &str = "<style>text { fill: #1d1c1a; font-family: 'Libertinus Serif'; } .small { fill: #57534c; } .strong { fill: #1d1c1a; } \
    .box { fill: #fff; stroke: #57534c; } .law { fill: #f5f2ea; stroke: #57534c; } .data { stroke: #1d1c1a; stroke-width: 2; } \
    .thin { stroke-dasharray: 3 3; } .way { stroke: #1d1c1a; } .broken { stroke: #57534c; } .hold { stroke: #57534c; } \
    .gap { fill: #fff; } .span { stroke: #cfc9bd; } .m { fill: #97161c; stroke: #97161c; } .ring { fill: none; } \
    .m.contested, .m.untested { stroke: #7d4f00; } .m.unknown { stroke: #49525c; } .m.cut { stroke: #1b6144; } \
    .bar.reached, .bar.high { fill: #97161c; } .bar.contested { fill: url(#hatch); stroke: #7d4f00; } \
    .bar.unknown { fill: #fff; stroke: #49525c; } .bar.cut { fill: #fff; stroke: #1b6144; stroke-width: 2; } \
    .bar.today { fill: #8a857b; } .bar.target { fill: #1d1c1a; } .bar.more { fill: #fff; stroke: #57534c; }</style>";

/// The drawing, standing alone.
pub(crate) fn on_paper(svg: &str) -> String {
    let svg = svg.replace("font-family=\"system-ui, sans-serif\"", "font-family=\"Libertinus Serif\"");
    match svg.split_once('>') {
        Some((open, rest)) => format!("{open}>{STYLE}{PATTERNS}{rest}"),
        None => svg,
    }
}
