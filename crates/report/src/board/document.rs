//! The report as a document: sections of blocks of styled words, the same for HTML, Markdown and PDF.
//!
//! It holds no verdict of its own: everything was judged before, and every word has its language already.

use serde::Serialize;

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// ISO 639-1 code.
    pub language: &'static str,
    /// Title.
    pub title: String,
    /// Above the title.
    pub kicker: String,
    /// Below the title: what was judged, when.
    pub scope: String,
    /// On every page.
    pub running: String,
    /// What the report says about itself.
    pub disclaimer: String,
    /// Date of the judgement, `2026-11-22`.
    pub as_of: String,
    /// The organisation's name.
    pub author: String,
    /// Words that the layouts need.
    pub labels: Labels,
    /// Sections in order.
    pub sections: Vec<Section>,
}

/// Words of the layout.
#[derive(Clone, Debug, Serialize)]
pub struct Labels {
    /// Heading of the contents.
    pub contents: String,
    /// `page 3 of 12`, with `{page}` and `{pages}`.
    pub page: String,
    /// Jumps over the navigation.
    pub skip: String,
    /// Before what a drawing shows in words.
    pub in_words: String,
    /// Names a part that scrolls sideways.
    pub table: String,
}

/// A section.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Anchor.
    pub id: String,
    /// Title.
    pub title: String,
    /// Verdict beside the title: id and word.
    pub verdict: Option<(String, String)>,
    /// Starts a page on paper.
    pub new_page: bool,
    /// True for what a hurried reader leaves out: set smaller.
    pub back: bool,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// One block.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading below the section's.
    Heading {
        /// Text.
        text: String,
    },
    /// A paragraph.
    Text {
        /// Words.
        spans: Vec<Span>,
        /// Small and grey.
        soft: bool,
    },
    /// Points.
    List {
        /// One each.
        items: Vec<Vec<Span>>,
    },
    /// Name and value, side by side.
    Pairs {
        /// Large, with a rule between: the four sentences.
        large: bool,
        /// Name, paragraphs.
        rows: Vec<(String, Vec<Vec<Span>>)>,
    },
    /// A table.
    Table(Table),
    /// A drawing with its words.
    Figure(Figure),
    /// Folded away on a screen.
    Details {
        /// What it holds.
        summary: String,
        /// Blocks.
        blocks: Vec<Block>,
    },
}

/// A table.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// Caption.
    pub caption: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Shares of the width.
    pub widths: Vec<u8>,
    /// Columns of numbers.
    pub numbers: Vec<usize>,
    /// Rows of cells of paragraphs.
    pub rows: Vec<Vec<Vec<Vec<Span>>>>,
    /// Anchors of the rows, where they have one.
    pub anchors: Vec<String>,
}

/// A drawing.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The `svg` element.
    pub svg: String,
    /// What it shows, for those who do not see it.
    pub alternative: String,
    /// Caption.
    pub caption: Vec<Span>,
    /// What it rests on, in words.
    pub words: Vec<Block>,
}

/// Some words in one style.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Style.
    pub style: Style,
    /// Id of the verdict that the words name: drawn with its shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Where it leads: a web address, or `#anchor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// English words in a report of another language.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub english: bool,
}

/// How words look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// As they are.
    #[default]
    Plain,
    /// Heavy.
    Strong,
    /// Small and grey.
    Soft,
    /// Fixed width.
    Code,
}

impl Span {
    /// Plain words.
    pub(crate) fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Heavy words.
    pub(crate) fn strong(text: &str) -> Self {
        Self { style: Style::Strong, ..Self::text(text) }
    }

    /// Small grey words.
    pub(crate) fn soft(text: &str) -> Self {
        Self { style: Style::Soft, ..Self::text(text) }
    }

    /// Fixed-width words.
    pub(crate) fn code(text: &str) -> Self {
        Self { style: Style::Code, ..Self::text(text) }
    }

    /// A verdict with its shape.
    pub(crate) fn verdict(id: &str, word: &str) -> Self {
        Self { verdict: Some(id.to_owned()), ..Self::text(word) }
    }

    /// Leading somewhere.
    pub(crate) fn to(mut self, link: &str) -> Self {
        self.link = Some(link.to_owned());
        self
    }

    /// In another style.
    pub(crate) fn styled(mut self, style: Style) -> Self {
        self.style = style;
        self
    }
}

/// A paragraph of plain words.
pub(crate) fn words(text: &str) -> Vec<Span> {
    vec![Span::text(text)]
}

/// A cell of one paragraph of plain words.
pub(crate) fn cell(text: &str) -> Vec<Vec<Span>> {
    vec![words(text)]
}

impl Block {
    /// A paragraph of plain words.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text { spans: words(text), soft: false }
    }

    /// A small grey paragraph.
    pub(crate) fn soft(text: &str) -> Self {
        Self::Text { spans: words(text), soft: true }
    }

    /// A heading.
    pub(crate) fn heading(text: &str) -> Self {
        Self::Heading { text: text.to_owned() }
    }
}

impl Section {
    /// An empty section.
    pub(crate) fn new(id: &str, title: String) -> Self {
        Self { id: id.to_owned(), title, verdict: None, new_page: false, back: false, blocks: Vec::new() }
    }
}

impl Table {
    /// An empty table.
    pub(crate) fn new(caption: String, head: Vec<String>, widths: &[u8]) -> Self {
        Self { caption, head, widths: widths.to_vec(), numbers: Vec::new(), rows: Vec::new(), anchors: Vec::new() }
    }

    /// With columns of numbers.
    pub(crate) fn numbers(mut self, columns: &[usize]) -> Self {
        self.numbers = columns.to_vec();
        self
    }

    /// The table as a block; none when it has no row.
    pub(crate) fn block(self) -> Option<Block> {
        (!self.rows.is_empty()).then_some(Block::Table(self))
    }
}
