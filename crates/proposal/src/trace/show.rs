//! A trace as a tree for people and as a graph for Graphviz.

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::documents::{Trace, TraceKind, TraceLink, TraceNode};

/// A trace by its ids.
struct View<'a> {
    nodes: BTreeMap<&'a str, &'a TraceNode>,
    links: &'a [TraceLink],
}

/// The trace as a tree: the thing itself, what stands above it with `↑`, what stands below with
/// `↓`. What was told once is told again only by name.
#[must_use]
pub fn tree(trace: &Trace) -> String {
    let view = View {
        nodes: trace
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect(),
        links: &trace.links,
    };
    let mut text = format!("{}\n", view.name(&trace.subject));
    for up in [true, false] {
        let mut seen = BTreeSet::from([trace.subject.as_str()]);
        view.branch(&trace.subject, up, 1, &mut seen, &mut text);
    }
    if trace.links.is_empty() {
        text.push_str("  nothing is linked to it\n");
    }
    text
}

impl<'a> View<'a> {
    /// The neighbours of a thing on one side, sorted by kind and name, each with how it is linked.
    fn next(&self, id: &str, up: bool) -> Vec<(&'a TraceNode, &'a str)> {
        let mut next: Vec<(&TraceNode, &str)> = self
            .links
            .iter()
            .filter_map(|link| {
                let (here, there) = match up {
                    true => (&link.below, &link.above),
                    false => (&link.above, &link.below),
                };
                let node = self.nodes.get(there.as_str())?;
                (here == id).then_some((*node, link.how.as_str()))
            })
            .collect();
        next.sort_by(|left, right| {
            (left.0.kind, order(left.0)).cmp(&(right.0.kind, order(right.0)))
        });
        next
    }

    fn branch(
        &self,
        id: &str,
        up: bool,
        depth: usize,
        seen: &mut BTreeSet<&'a str>,
        text: &mut String,
    ) {
        let arrow = if up { '↑' } else { '↓' };
        for (node, how) in self.next(id, up) {
            let again = !seen.insert(&node.id);
            let more = again && !self.next(&node.id, up).is_empty();
            let dots = if more { " …" } else { "" };
            text.push_str(&format!(
                "{}{arrow} {how}: {}{dots}\n",
                "  ".repeat(depth),
                self.name(&node.id)
            ));
            if !again {
                self.branch(&node.id, up, depth + 1, seen, text);
            }
        }
    }

    /// Kind, name and title of a thing.
    fn name(&self, id: &str) -> String {
        let Some(node) = self.nodes.get(id) else {
            return id.to_owned();
        };
        match node.title.as_str() {
            "" => format!("{} {}", node.kind.as_str(), node.name),
            title => format!("{} {}  {title}", node.kind.as_str(), node.name),
        }
    }
}

/// By what things of one kind are sorted: requirements by their numbers.
fn order(node: &TraceNode) -> (Vec<u32>, &str) {
    let numbers = match node.kind {
        TraceKind::Requirement => node
            .name
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect(),
        _ => Vec::new(),
    };
    (numbers, &node.name)
}

/// The trace as Graphviz text.
#[must_use]
pub fn dot(trace: &Trace) -> String {
    let mut text = String::from("digraph trace {\n  rankdir = LR;\n  node [shape = box];\n");
    for node in &trace.nodes {
        let label = match node.title.as_str() {
            "" => format!("{} {}", node.kind.as_str(), node.name),
            title => format!("{} {}\n{title}", node.kind.as_str(), node.name),
        };
        let style = if node.id == trace.subject {
            ", style = bold"
        } else {
            ""
        };
        text.push_str(&format!(
            "  {} [label = {}{style}];\n",
            quoted(&node.id),
            quoted(&label)
        ));
    }
    for link in &trace.links {
        text.push_str(&format!(
            "  {} -> {} [label = {}];\n",
            quoted(&link.above),
            quoted(&link.below),
            quoted(&link.how)
        ));
    }
    text.push_str("}\n");
    text
}

/// A string of Graphviz, from which nothing gets out.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(letter);
            }
            '\n' => quoted.push_str("\\n"),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
