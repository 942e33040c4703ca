//! The `[Install]` section of a unit, and the parts of a unit's name.

/// What a unit says of being installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Install {
    pub(super) alias: Vec<String>,
    pub(super) wanted_by: Vec<String>,
    pub(super) required_by: Vec<String>,
    pub(super) upheld_by: Vec<String>,
    pub(super) also: Vec<String>,
    pub(super) default_instance: Option<String>,
}

impl Install {
    /// Adds what a file says; an empty value takes back what came before.
    pub(super) fn read(&mut self, text: &str) {
        let mut inside = false;
        let mut whole = String::new();
        for line in text.lines() {
            let line = line.trim();
            if whole.is_empty() && (line.starts_with(['#', ';']) || line.is_empty()) {
                continue;
            }
            if let Some(front) = line.strip_suffix('\\') {
                whole.push_str(front);
                whole.push(' ');
                continue;
            }
            whole.push_str(line);
            if whole.starts_with('[') {
                inside = whole == "[Install]";
            } else if inside && let Some((key, value)) = whole.split_once('=') {
                self.set(key.trim(), value.trim());
            }
            whole.clear();
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        let list = match key {
            "Alias" => &mut self.alias,
            "WantedBy" => &mut self.wanted_by,
            "RequiredBy" => &mut self.required_by,
            "UpheldBy" => &mut self.upheld_by,
            "Also" => &mut self.also,
            "DefaultInstance" => {
                self.default_instance = Some(value.to_owned()).filter(|name| !name.is_empty());
                return;
            }
            _ => return,
        };
        if value.is_empty() {
            list.clear();
        }
        for word in value.split_whitespace() {
            let word = word.trim_matches(['"', '\'']).to_owned();
            if !list.contains(&word) {
                list.push(word);
            }
        }
    }

    /// Whether nothing is to be done when the unit is enabled.
    pub(super) fn is_empty(&self) -> bool {
        [
            &self.alias,
            &self.wanted_by,
            &self.required_by,
            &self.upheld_by,
            &self.also,
        ]
        .iter()
        .all(|list| list.is_empty())
    }
}

/// The name of a unit: `STEM[@[INSTANCE]].TYPE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    stem: String,
    instance: Option<String>,
    kind: String,
}

impl Name {
    pub(super) fn new(text: &str) -> Name {
        let (front, kind) = text.rsplit_once('.').unwrap_or((text, ""));
        let (stem, instance) = match front.split_once('@') {
            Some((stem, instance)) => (stem, Some(instance.to_owned())),
            None => (front, None),
        };
        Name {
            text: text.to_owned(),
            stem: stem.to_owned(),
            instance,
            kind: kind.to_owned(),
        }
    }

    /// Whether it is a template without an instance.
    pub(super) fn is_template(&self) -> bool {
        self.instance.as_deref() == Some("")
    }

    /// The template of an instance.
    pub(super) fn template(&self) -> Option<String> {
        let instance = self.instance.as_deref()?;
        (!instance.is_empty()).then(|| format!("{}@.{}", self.stem, self.kind))
    }

    /// An instance of this template.
    pub(super) fn instance(&self, instance: &str) -> String {
        format!("{}@{instance}.{}", self.stem, self.kind)
    }

    /// A text of the `[Install]` section with what stands for parts of the name filled in.
    pub(super) fn expand(&self, text: &str) -> String {
        let front = self.text.rsplit_once('.').map_or("", |(front, _)| front);
        let last = self.stem.rsplit('-').next().unwrap_or_default();
        let instance = self.instance.as_deref().unwrap_or_default();
        let mut expanded = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                expanded.push(letter);
                continue;
            }
            match letters.next() {
                Some('n') => expanded.push_str(&self.text),
                Some('N') => expanded.push_str(front),
                Some('p') => expanded.push_str(&self.stem),
                Some('i') => expanded.push_str(instance),
                Some('j') => expanded.push_str(last),
                Some('%') | None => expanded.push('%'),
                Some(other) => expanded.extend(['%', other]),
            }
        }
        expanded
    }
}
