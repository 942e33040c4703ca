//! Files of templates, as packages ship them.

use std::collections::BTreeMap;

use super::database::Text;

/// One template: its name, its type, and all fields but its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) name: Text,
    pub(super) kind: Text,
    pub(super) fields: BTreeMap<Text, Text>,
}

/// Reads a file; `None` where the original would refuse it.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<Template>> {
    let mut templates = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|pair| pair == b"\n\n");
        let end = end.map_or(rest.len(), |at| at + 2);
        templates.push(parse_one(&rest[..end])?);
        rest = &rest[end..];
    }
    Some(templates)
}

fn parse_one(stanza: &[u8]) -> Option<Template> {
    let mut reading = Reading::default();
    let is_break = |byte: &u8| *byte == b'\n';
    let from = stanza.iter().position(|byte| !is_break(byte))?;
    let to = stanza.iter().rposition(|byte| !is_break(byte))? + 1;
    for line in stanza[from..to].split(is_break) {
        reading.line(line)?;
    }
    reading.save()?;
    let mut fields = reading.fields;
    let name = fields.remove(&b"template"[..])?;
    let kind = fields.get(&b"type"[..])?.clone();
    let falsy = |text: &[u8]| text.is_empty() || text == b"0";
    (!falsy(&name) && !falsy(&kind)).then_some(Template { name, kind, fields })
}

/// What has been read of one template.
#[derive(Default)]
struct Reading {
    fields: BTreeMap<Text, Text>,
    field: Text,
    value: Text,
    extended: Text,
}

impl Reading {
    fn line(&mut self, line: &[u8]) -> Option<()> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_@.".contains(byte);
        let length = line.iter().take_while(|byte| is_name(byte)).count();
        if line.get(length) == Some(&b':') {
            self.save()?;
            self.field = line[..length].to_ascii_lowercase();
            let value = &line[length + 1..];
            let value = match value.first() {
                Some(first) if blank(first) => &value[1..],
                _ => value,
            };
            self.value = trimmed(value).to_vec();
            self.extended.clear();
            return Some(());
        }
        let text = match line.split_first() {
            Some((first, text)) if blank(first) => text,
            _ => return None,
        };
        let ends_open = |text: &[u8]| matches!(text.last(), None | Some(b'\n' | b' '));
        if text == b"." {
            self.extended.extend_from_slice(b"\n\n");
        } else if text.first().is_some_and(blank) {
            if !ends_open(&self.extended) {
                self.extended.push(b'\n');
            }
            self.extended.extend_from_slice(trimmed(text));
            self.extended.push(b'\n');
        } else {
            if !ends_open(&self.extended) {
                self.extended.push(b' ');
            }
            self.extended.extend_from_slice(trimmed(text));
        }
        Some(())
    }

    /// Keeps the field that ends here; one that is there twice is an error.
    fn save(&mut self) -> Option<()> {
        while self.extended.ends_with(b"\n") {
            self.extended.pop();
        }
        if self.field.is_empty() {
            return Some(());
        }
        if self.fields.contains_key(&self.field) {
            return None;
        }
        if !self.extended.is_empty() {
            let name = [b"extended_", &self.field[..]].concat();
            self.fields.insert(name, std::mem::take(&mut self.extended));
        }
        let (field, value) = (&mut self.field, &mut self.value);
        self.fields
            .insert(std::mem::take(field), std::mem::take(value));
        Some(())
    }
}

/// What Perl's `\s` is.
pub(super) fn blank(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0b
}

/// Without blanks at the end.
fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !blank(byte));
    &text[..end.map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_values_and_texts() {
        let text = b"Template: a/b\nType: select\nChoices: x, y  \nDescription: Which?\n First \n\
                     second\n";
        assert_eq!(parse(text), None, "a line without a blank is none");
        let text = b"Template: a/b\nType: select\nChoices-de.UTF-8: x, y  \nDescription: Which?\n\
                     \x20First  \n second\n .\n  * as\n  * it is\n end\n\nTemplate: c\nType: note\n";
        let templates = parse(text).unwrap();
        assert_eq!(templates.len(), 2);
        let fields = &templates[0].fields;
        assert_eq!(fields[&b"choices-de.utf-8"[..]], b"x, y");
        let expected = b"First second\n\n * as\n * it is\nend";
        assert_eq!(fields[&b"extended_description"[..]], expected);
        assert_eq!(
            (&templates[1].name[..], &templates[1].kind[..]),
            (&b"c"[..], &b"note"[..])
        );
        for bad in [
            "Type: note\n",
            "Template: a\n",
            "Template: a\nType: note\nType: note\n",
            "\n\n\n",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
