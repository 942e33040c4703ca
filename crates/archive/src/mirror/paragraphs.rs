//! `*.sources`: sources as deb822 paragraphs, see sources.list(5).

use formwork_deb::deb822::{self, Paragraph};

use super::{Reader, Written};

pub(super) fn read(text: &str, reader: &mut Reader<'_>) {
    for paragraph in deb822::paragraphs_with_comments(text) {
        match paragraph {
            Ok(paragraph) => {
                if is_enabled(&paragraph) && has_packages(&paragraph) {
                    let written = written(&paragraph);
                    reader.add(paragraph.line(), &written);
                }
            }
            Err(error) => {
                reader.note(error.line, &error.problem.to_string());
                return;
            }
        }
    }
}

fn written<'a>(paragraph: &Paragraph<'a>) -> Written<'a> {
    let value = |name| paragraph.get(name).map_or("", |field| field.value);
    let words = |name| value(name).split_ascii_whitespace().collect();
    Written {
        uris: words("URIs"),
        suites: words("Suites"),
        components: words("Components"),
        signed_by: value("Signed-By"),
    }
}

/// What apt understands as "no".
fn is_enabled(paragraph: &Paragraph<'_>) -> bool {
    let value = paragraph
        .get("Enabled")
        .map_or("yes", |field| field.value.trim());
    let no = ["no", "false", "without", "off", "disable", "0"];
    !no.iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn has_packages(paragraph: &Paragraph<'_>) -> bool {
    let value = paragraph.get("Types").map_or("", |field| field.value);
    value
        .split_ascii_whitespace()
        .any(|word| word == "deb" || word == "deb-src")
}
