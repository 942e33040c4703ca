//! What one script says to debconf, and what it hears: the protocol, where nobody is asked.

use std::collections::BTreeMap;

use formwork_sys::tree::Tree;

use super::database::Text;
use super::store::Store;
use super::templates::{self, blank};
use super::{Done, unsupported};

/// Types of questions that the original can put to nobody.
const TYPES: [&str; 9] = [
    "boolean",
    "error",
    "multiselect",
    "note",
    "password",
    "progress",
    "select",
    "string",
    "text",
];
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];

/// What outlives one script of a package.
pub(super) struct Session<'a> {
    pub(super) tree: &'a Tree,
    pub(super) store: Store,
    /// The package.
    pub(super) owner: Text,
    /// What was said of a question's urgency last.
    priorities: BTreeMap<Text, Text>,
    progress: bool,
}

/// What ends with a script.
#[derive(Debug, Default)]
pub(super) struct Talk {
    escape: bool,
    /// Questions to be shown at the next `GO`, and whether they then count as seen.
    elements: Vec<(Text, bool)>,
    busy: Vec<Text>,
    seen: Vec<Text>,
    /// The script has no more to say.
    stopped: bool,
}

/// An answer: a number and words, joined by blanks.
type Answer = Done<Text>;

fn answer(code: u32, text: &[u8]) -> Answer {
    Ok([code.to_string().as_bytes(), b" ", text].concat())
}

fn success() -> Answer {
    Ok(b"0".to_vec())
}

fn arguments() -> Answer {
    answer(20, b"Incorrect number of arguments")
}

fn missing(name: &[u8]) -> Answer {
    answer(10, &[name, b" doesn't exist"].concat())
}

impl<'a> Session<'a> {
    /// Begins with what is stored.
    pub(super) fn new(tree: &'a Tree, store: Store, owner: Text) -> Session<'a> {
        Session {
            tree,
            store,
            owner,
            priorities: BTreeMap::new(),
            progress: false,
        }
    }

    /// Takes in one line of a script; gives the line that it gets back, if it gets one.
    pub(super) fn hear(&mut self, talk: &mut Talk, line: &[u8]) -> Done<Option<Text>> {
        if talk.stopped {
            return Ok(None);
        }
        let mut words = match talk.escape {
            true => unescape_split(line).into_iter(),
            false => split(line).into_iter(),
        };
        let Some(command) = words.next() else {
            let text = [b"Bad line \"", line, b"\" received from confmodule."].concat();
            return answer(20, &text).map(Some);
        };
        let command = command.to_ascii_lowercase();
        if command == b"stop" {
            talk.stopped = true;
            return Ok(None);
        }
        let words: Vec<Text> = words.collect();
        let mut reply = self.command(talk, &command, &words, line)?;
        if let Some(end) = reply.iter().position(|byte| *byte == b'\n') {
            reply.truncate(end);
        }
        Ok(Some(reply))
    }

    /// The script has ended.
    pub(super) fn end(&mut self, talk: Talk) {
        for name in talk.seen {
            if self.store.has(&name) {
                self.store.set_flag(&name, b"seen", b"true");
            }
        }
    }

    fn command(&mut self, talk: &mut Talk, command: &[u8], words: &[Text], line: &[u8]) -> Answer {
        match command {
            b"input" => self.input(talk, words),
            b"go" => self.go(talk, words),
            b"clear" if words.is_empty() => {
                talk.elements.clear();
                talk.busy.clear();
                success()
            }
            b"clear" => arguments(),
            b"version" => version(words),
            b"capb" => {
                talk.escape = words.iter().any(|word| word == b"escape");
                answer(0, b"multiselect escape ")
            }
            b"title" | b"beginblock" | b"endblock" => success(),
            b"settitle" => self.about(words, words.len() == 1),
            b"info" if words.is_empty() => success(),
            b"info" => self.about(words, words.len() == 1),
            b"get" | b"set" | b"reset" | b"subst" | b"metaget" | b"fget" | b"fset" => {
                self.of_question(talk, command, words)
            }
            b"register" => self.register(words),
            b"unregister" => self.unregister(talk, words),
            b"purge" if words.is_empty() => {
                for name in self.store.questions() {
                    self.store.has(&name);
                    self.store.remove_owner(&name, &self.owner);
                }
                success()
            }
            b"purge" => arguments(),
            b"progress" => self.progress(words),
            b"visible" => match words {
                [_, name] if self.store.has(name) => answer(0, b"true"),
                [_, name] => missing(name),
                _ => arguments(),
            },
            b"exist" => match words {
                [name] if self.store.has(name) => answer(0, b"true"),
                [_] => answer(0, b"false"),
                _ => arguments(),
            },
            b"x_loadtemplatefile" => self.load(words),
            b"data" => unsupported("DATA"),
            other => {
                let text = [
                    b"Unsupported command \"",
                    other,
                    b"\" (full line was \"",
                    line,
                    b"\") received from confmodule.",
                ]
                .concat();
                answer(20, &text)
            }
        }
    }

    /// Commands about how a question looks, which nobody sees.
    fn about(&mut self, words: &[Text], fits: bool) -> Answer {
        match words.first().filter(|_| fits) {
            None => arguments(),
            Some(name) if self.store.has(name) => {
                self.template(name)?;
                success()
            }
            Some(name) => answer(10, &[b"\"", &name[..], b"\" doesn't exist"].concat()),
        }
    }

    fn template(&mut self, name: &[u8]) -> Done<Text> {
        match self.store.template_of(name) {
            Some(template) => Ok(template),
            None => unsupported("a question without a template"),
        }
    }

    fn input(&mut self, talk: &mut Talk, words: &[Text]) -> Answer {
        let [priority, name] = words else {
            return arguments();
        };
        if !self.store.has(name) {
            return answer(10, &[b"\"", &name[..], b"\" doesn't exist"].concat());
        }
        if rank(priority).is_none() {
            let text = [b"\"", &priority[..], b"\" is not a valid priority"].concat();
            return answer(20, &text);
        }
        self.priorities.insert(name.clone(), priority.clone());
        let kind = self.own_or_template(name, b"type")?;
        let known = |one: &&str| kind.eq_ignore_ascii_case(one.as_bytes());
        let plain = kind.is_empty() || kind[1..].iter().all(u8::is_ascii_lowercase);
        if !plain || !(kind.is_empty() || TYPES.iter().any(known)) {
            return unsupported("a question of an unknown type");
        }
        let mut shown = true;
        if kind != b"error" {
            let wanted = self.wanted()?;
            shown = rank(priority) >= rank(&wanted) && self.store.flag(name, b"seen") != b"true";
        }
        talk.busy.push(name.clone());
        if talk.elements.iter().all(|(other, _)| other != name) {
            talk.elements.push((name.clone(), shown));
        }
        answer(30, b"question skipped")
    }

    /// From which priority on questions are asked.
    fn wanted(&mut self) -> Done<Text> {
        let mut wanted = Vec::new();
        if self.store.has(b"debconf/priority") {
            wanted = self.value(b"debconf/priority");
        }
        match &wanted[..] {
            b"" | b"0" => Ok(b"high".to_vec()),
            some if rank(some).is_some() => Ok(wanted),
            _ => unsupported("an unknown value of debconf/priority"),
        }
    }

    fn go(&mut self, talk: &mut Talk, words: &[Text]) -> Answer {
        if !words.is_empty() {
            return arguments();
        }
        let mut values = Vec::new();
        for (name, _) in &talk.elements {
            values.push(self.shown_value(name)?);
        }
        for ((name, is_seen), value) in talk.elements.drain(..).zip(values) {
            self.store.set_field(&name, b"value", value);
            if is_seen {
                talk.seen.push(name);
            }
        }
        talk.busy.clear();
        answer(0, b"ok")
    }

    /// What a question is answered with where nobody is asked.
    fn shown_value(&mut self, name: &[u8]) -> Answer {
        let kind = self.own_or_template(name, b"type")?;
        let value = self.value(name);
        match &kind.to_ascii_lowercase()[..] {
            b"error" | b"text" => Ok(Vec::new()),
            b"select" => {
                let template = self.template(name)?;
                let text = self.store.template_field(&template, b"choices", false);
                let choices = choices(&self.expand(name, &text)?);
                match choices.contains(&value) {
                    true => Ok(value),
                    false => Ok(choices.into_iter().next().unwrap_or_default()),
                }
            }
            _ => Ok(value),
        }
    }

    fn value(&mut self, name: &[u8]) -> Text {
        if let Some(value) = self.store.field(name, b"value") {
            return value.clone();
        }
        let template = self.store.template_of(name);
        let default = template.map(|one| self.store.template_field(&one, b"default", true));
        default.unwrap_or_default()
    }

    /// A field of the question, or of its template.
    fn own_or_template(&mut self, name: &[u8], field: &[u8]) -> Answer {
        if let Some(own) = self.store.field(name, field) {
            return Ok(own.clone());
        }
        let template = self.store.template_of(name);
        let found = template.map(|one| self.store.template_field(&one, field, true));
        Ok(found.unwrap_or_default())
    }

    fn of_question(&mut self, talk: &mut Talk, command: &[u8], words: &[Text]) -> Answer {
        let fits = match command {
            b"get" | b"reset" => words.len() == 1,
            b"set" => !words.is_empty(),
            b"subst" => words.len() >= 2,
            b"fset" => words.len() >= 3,
            _ => words.len() == 2,
        };
        let Some((name, rest)) = words.split_first().filter(|_| fits) else {
            return arguments();
        };
        if !self.store.has(name) {
            return missing(name);
        }
        let joined = |words: &[Text]| words.join(&b" "[..]);
        match command {
            b"get" => data(talk, self.value(name)),
            b"set" => {
                self.store.set_field(name, b"value", joined(rest));
                answer(0, b"value set")
            }
            b"reset" => {
                let default = self.own_or_template(name, b"default")?;
                self.store.set_field(name, b"value", default);
                self.store.set_flag(name, b"seen", b"false");
                success()
            }
            b"subst" => {
                self.store.set_variable(name, &rest[0], joined(&rest[1..]));
                success()
            }
            b"fget" => answer(0, &self.store.flag(name, &rest[0])),
            b"fset" => {
                if rest[0] == b"seen" {
                    talk.seen.retain(|one| one != name);
                }
                let value = joined(&rest[1..]);
                self.store.set_flag(name, &rest[0], &value);
                match &rest[0][..] {
                    b"isdefault" => answer(0, &self.store.flag(name, b"isdefault")),
                    _ => answer(0, &value),
                }
            }
            _ => self.metaget(talk, name, &rest[0]),
        }
    }

    fn metaget(&mut self, talk: &Talk, name: &[u8], asked: &[u8]) -> Answer {
        let absent = || answer(10, &[asked, b" does not exist"].concat());
        let field = asked.to_ascii_lowercase();
        let translated = |field: &[u8]| {
            let texts: [&[u8]; 3] = [b"description-", b"extended_description-", b"choices-"];
            texts.iter().any(|text| field.starts_with(text))
        };
        let value = match &field[..] {
            b"description" | b"extended_description" | b"choices" => {
                let template = self.template(name)?;
                let text = self.store.template_field(&template, &field, true);
                self.expand(name, &text)?
            }
            b"value" => self.value(name),
            b"owners" => self.store.owners(name),
            b"name" => name.to_vec(),
            b"template" => match self.store.template_of(name) {
                Some(template) => template,
                None => return absent(),
            },
            b"priority" => match self.priorities.get(name) {
                Some(priority) => priority.clone(),
                None => return absent(),
            },
            b"type" | b"default" | b"help" => self.own_or_template(name, &field)?,
            other if translated(other) => {
                let text = self.own_or_template(name, other)?;
                self.expand(name, &text)?
            }
            other if other.contains(&b'-') => self.own_or_template(name, other)?,
            _ => return unsupported("METAGET of a field that few have"),
        };
        data(talk, value)
    }

    /// A text with the values of its variables.
    fn expand(&mut self, name: &[u8], text: &[u8]) -> Answer {
        let mut result = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, variable, after)) = next_variable(rest) {
            match before.strip_suffix(b"\\") {
                Some(before) => {
                    result.extend_from_slice(before);
                    result.extend_from_slice(&[b"${", variable, b"}"].concat());
                }
                None => {
                    result.extend_from_slice(before);
                    let value = self.store.variable(name, variable);
                    result.extend_from_slice(value.map_or(&[], Vec::as_slice));
                }
            }
            rest = after;
        }
        result.extend_from_slice(rest);
        Ok(result)
    }

    fn register(&mut self, words: &[Text]) -> Answer {
        let [template, name] = words else {
            return arguments();
        };
        if !self.store.has(template) {
            return answer(
                10,
                &[b"No such template, \"", &template[..], b"\""].concat(),
            );
        }
        let kind = self.own_or_template(template, b"type")?;
        let owner = self.owner.clone();
        if !self.store.has(name) {
            self.store.new_question(name, &owner, &kind)?;
        }
        self.store.add_owner(name, &owner, &kind);
        self.store.set_template(name, template);
        self.template(name)?;
        success()
    }

    fn unregister(&mut self, talk: &Talk, words: &[Text]) -> Answer {
        let [name] = words else {
            return arguments();
        };
        if !self.store.has(name) {
            return missing(name);
        }
        if talk.busy.contains(name) {
            let text = [&name[..], b" is busy, cannot unregister right now"].concat();
            return answer(10, &text);
        }
        self.store.remove_owner(name, &self.owner);
        success()
    }

    fn progress(&mut self, words: &[Text]) -> Answer {
        let Some((first, rest)) = words.split_first() else {
            return arguments();
        };
        let done = || answer(0, b"OK");
        match (&first.to_ascii_lowercase()[..], rest) {
            (b"start", [least, most, name]) => {
                let (Some(from), Some(to)) = (number(least), number(most)) else {
                    return unsupported("PROGRESS without numbers");
                };
                if from > to {
                    let text = [b"min (", &least[..], b") > max (", most, b")"].concat();
                    return answer(20, &text);
                }
                if !self.store.has(name) {
                    return missing(name);
                }
                self.progress = true;
                done()
            }
            (b"set" | b"step" | b"stop" | b"info", _) if !self.progress => {
                unsupported("PROGRESS before its start")
            }
            (b"set" | b"step", [_]) => done(),
            (b"info", [name]) if self.store.has(name) => done(),
            (b"info", [name]) => missing(name),
            (b"stop", []) => {
                self.progress = false;
                done()
            }
            (b"start" | b"set" | b"step" | b"info" | b"stop", _) => arguments(),
            _ => answer(20, b"Unknown subcommand"),
        }
    }

    fn load(&mut self, words: &[Text]) -> Answer {
        let (path, owner) = match words {
            [path] => (path, self.owner.clone()),
            [path, owner] => (path, owner.clone()),
            _ => return arguments(),
        };
        let plain = path
            .strip_prefix(b"/")
            .and_then(|path| str::from_utf8(path).ok());
        let Some(place) = plain else {
            return unsupported("X_LOADTEMPLATEFILE of a path that is not absolute");
        };
        let Some(bytes) = self.tree.read_if_there(place)? else {
            let text = [
                b"failed to open ",
                &path[..],
                b": No such file or directory",
            ]
            .concat();
            return answer(10, &text);
        };
        let Some(templates) = templates::parse(&bytes) else {
            return unsupported("X_LOADTEMPLATEFILE of what is no file of templates");
        };
        self.store.load(templates, &owner)?;
        success()
    }
}

/// A value as it is told: escaped where the script has asked for that.
fn data(talk: &Talk, value: Text) -> Answer {
    if !talk.escape {
        return answer(0, &value);
    }
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            other => escaped.push(other),
        }
    }
    answer(1, &escaped)
}

fn rank(priority: &[u8]) -> Option<usize> {
    PRIORITIES.iter().position(|one| one.as_bytes() == priority)
}

/// A whole number.
fn number(word: &[u8]) -> Option<i64> {
    str::from_utf8(word).ok()?.parse().ok()
}

fn version(words: &[Text]) -> Answer {
    let [version] = words else {
        return match words.is_empty() {
            true => answer(0, b"2.0"),
            false => arguments(),
        };
    };
    let digits = version
        .split(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    let Some(number) = number(digits) else {
        return unsupported("VERSION without a number");
    };
    match number {
        2 => answer(0, b"2.0"),
        ..2 => answer(30, &[b"Version too low (", &version[..], b")"].concat()),
        _ => answer(30, &[b"Version too high (", &version[..], b")"].concat()),
    }
}

/// The words of a line.
fn split(line: &[u8]) -> Vec<Text> {
    let words = line.split(blank).filter(|word| !word.is_empty());
    words.map(<[u8]>::to_vec).collect()
}

/// The words of a line in which `\n` is a line break and a backslash keeps what follows.
fn unescape_split(line: &[u8]) -> Vec<Text> {
    let mut words = Vec::new();
    let mut word = Vec::new();
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.first()) {
            (b'\\', Some(next)) => {
                word.push(if *next == b'n' { b'\n' } else { *next });
                rest = &after[1..];
            }
            (byte, next) if blank(byte) => {
                if !next.is_some_and(blank) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (byte, _) => word.push(*byte),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The choices of a list with commas between them.
fn choices(text: &[u8]) -> Vec<Text> {
    let mut items = Vec::new();
    let mut item = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.first()) {
            (b'\\', Some(kept @ (b',' | b' '))) => {
                item.push(*kept);
                rest = &after[1..];
            }
            (b',', Some(next)) if blank(next) => {
                items.push(std::mem::take(&mut item));
                let end = after.iter().position(|byte| !blank(byte));
                rest = &after[end.unwrap_or(after.len())..];
            }
            (byte, _) => item.push(*byte),
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// What is before the next `${NAME}`, the name, and what is behind it.
fn next_variable(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + text[from..].windows(2).position(|pair| pair == b"${")?;
        let name = &text[at + 2..];
        let length = name.iter().take_while(|byte| !b"{}".contains(byte)).count();
        if length > 0 && name.get(length) == Some(&b'}') {
            return Some((&text[..at], &name[..length], &name[length + 1..]));
        }
        from = at + 2;
    }
}
