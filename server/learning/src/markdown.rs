//! A document as a tree, written out as Markdown or HTML.
//!
//! The tree is what makes it safe: plain text is a text node, whatever characters it has, and what
//! people wrote in Markdown is parsed on its own and hung in as a whole, so that nothing in it can
//! end the section it stands in.

use comrak::nodes::{
    AstNode, ListDelimType, ListType, NodeCode, NodeCodeBlock, NodeHeading, NodeList, NodeTable,
    NodeValue, TableAlignment,
};
use comrak::{Arena, Node, Options};

/// What links may lead to: pages and mailboxes, and nothing that runs.
const LINKS: [&str; 5] = ["https://", "http://", "mailto:", "/", "#"];

/// A document being written.
pub(crate) struct Paper<'a> {
    arena: &'a Arena<'a>,
    root: Node<'a>,
    options: Options<'static>,
}

impl<'a> Paper<'a> {
    /// An empty one.
    pub(crate) fn new(arena: &'a Arena<'a>) -> Self {
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.render.escape = true;
        options.render.prefer_fenced = true;
        Self {
            arena,
            root: arena.alloc(AstNode::from(NodeValue::Document)),
            options,
        }
    }

    /// As Markdown: CommonMark with the tables of GitHub's.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing into a String does not fail.
        let _ = comrak::format_commonmark(self.root, &self.options, &mut out);
        out
    }

    /// As HTML, without a head.
    pub(crate) fn html(&self) -> String {
        let mut out = String::new();
        let _ = comrak::format_html(self.root, &self.options, &mut out);
        out
    }

    /// A heading; 1 is the document's.
    pub(crate) fn heading(&self, level: u8, text: &str) {
        let heading = self.block(NodeValue::Heading(NodeHeading {
            level,
            setext: false,
            closed: false,
        }));
        heading.append(self.text(text));
    }

    /// A paragraph of plain text.
    pub(crate) fn paragraph(&self, text: &str) {
        self.block(NodeValue::Paragraph).append(self.text(text));
    }

    /// A paragraph that says that there is nothing yet.
    pub(crate) fn nothing(&self, text: &str) {
        let emphasis = self.node(NodeValue::Emph);
        emphasis.append(self.text(text));
        self.block(NodeValue::Paragraph).append(emphasis);
    }

    /// What somebody wrote in Markdown.
    pub(crate) fn written(&self, markdown: &str) {
        self.root.extend(self.parse(markdown));
    }

    /// A numbered list: of each item a line in bold and what somebody wrote about it.
    pub(crate) fn numbered<'b>(&self, items: impl IntoIterator<Item = (&'b str, &'b str)>) {
        let numbers = NodeList {
            list_type: ListType::Ordered,
            padding: 3,
            start: 1,
            delimiter: ListDelimType::Period,
            ..NodeList::default()
        };
        let list = self.block(NodeValue::List(numbers));
        for (line, markdown) in items {
            let item = self.node(NodeValue::Item(numbers));
            let (paragraph, strong) = (
                self.node(NodeValue::Paragraph),
                self.node(NodeValue::Strong),
            );
            strong.append(self.text(line));
            paragraph.append(strong);
            item.append(paragraph);
            item.extend(self.parse(markdown));
            list.append(item);
        }
    }

    /// A table of plain text.
    pub(crate) fn table<const N: usize>(
        &self,
        head: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let table = self.block(NodeValue::Table(Box::new(NodeTable {
            alignments: vec![TableAlignment::None; N],
            num_columns: N,
            num_rows: 0,
            num_nonempty_cells: 0,
        })));
        table.append(self.row(true, head));
        for row in rows {
            table.append(self.row(false, row.each_ref().map(String::as_str)));
        }
    }

    fn row<const N: usize>(&self, head: bool, cells: [&str; N]) -> Node<'a> {
        let row = self.node(NodeValue::TableRow(head));
        for text in cells {
            let cell = self.node(NodeValue::TableCell);
            cell.append(self.text(text));
            row.append(cell);
        }
        row
    }

    fn block(&self, value: NodeValue) -> Node<'a> {
        let node = self.node(value);
        self.root.append(node);
        node
    }

    fn node(&self, value: NodeValue) -> Node<'a> {
        self.arena.alloc(AstNode::from(value))
    }

    /// One line of plain text: line breaks and other control characters are blanks.
    fn text(&self, text: &str) -> Node<'a> {
        let line: String = text
            .chars()
            .map(|it| if it.is_control() { ' ' } else { it })
            .collect();
        self.node(NodeValue::Text(line.trim().to_owned().into()))
    }

    /// The blocks of what somebody wrote, tamed: HTML is shown as code, headings stay below those
    /// of the document, pictures, which would be fetched from elsewhere, are links, and links lead
    /// nowhere but to pages and mailboxes.
    fn parse(&self, markdown: &str) -> Vec<Node<'a>> {
        let parsed = comrak::parse_document(self.arena, markdown, &self.options);
        for node in parsed.descendants() {
            let mut data = node.data_mut();
            tame(&mut data.value);
        }
        parsed.children().inspect(|block| block.detach()).collect()
    }
}

fn tame(value: &mut NodeValue) {
    let tamed = match value {
        NodeValue::HtmlBlock(html) => NodeValue::CodeBlock(Box::new(NodeCodeBlock {
            fenced: true,
            fence_char: b'`',
            fence_length: 3,
            info: "html".to_owned(),
            literal: core::mem::take(&mut html.literal),
            ..NodeCodeBlock::default()
        })),
        NodeValue::HtmlInline(html) => NodeValue::Code(NodeCode {
            num_backticks: 1,
            literal: core::mem::take(html),
        }),
        NodeValue::Heading(heading) => {
            heading.level = (heading.level + 2).min(6);
            heading.setext = false;
            return;
        }
        NodeValue::Link(link) => {
            disarm(&mut link.url);
            return;
        }
        NodeValue::Image(image) => {
            disarm(&mut image.url);
            NodeValue::Link(core::mem::take(image))
        }
        _ => return,
    };
    *value = tamed;
}

fn disarm(url: &mut String) {
    let start = url.to_ascii_lowercase();
    if !LINKS.iter().any(|allowed| start.starts_with(allowed)) {
        url.clear();
    }
}
