//! Random small universes: alternatives, providers, conflicts, versions, two architectures and
//! two suites, dense enough that about half of the questions have no answer.

use super::dice::Dice;
use std::fmt::Write as _;

/// The text of a universe's two suites, and what is asked of it.
pub(crate) struct Case {
    /// Suite, priority and `Packages` text.
    pub(crate) suites: Vec<(&'static str, i32, String)>,
    pub(crate) wishes: Vec<String>,
    pub(crate) recommends: bool,
    pub(crate) variant: bool,
}

struct Generator {
    dice: Dice,
    names: Vec<String>,
    essential: Vec<bool>,
    files: u64,
    architectures: bool,
    tightness: usize,
}

const VIRTUAL: [&str; 4] = ["v0", "v1", "v2", "v3"];
const VERSIONS: [&str; 5] = ["1", "1-0", "2", "2-0", "3"];

/// The universe and the question that a seed stands for.
pub(crate) fn generate(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let most = if dice.chance(20) { 36 } else { 14 };
    let count = 5 + dice.below(most);
    let architectures = dice.chance(40);
    let tightness = dice.below(4);
    let mut generator = Generator {
        names: (0..count).map(|number| format!("p{number}")).collect(),
        essential: (0..count).map(|_| dice.chance(3)).collect(),
        dice,
        files: 0,
        architectures,
        tightness,
    };
    let mut suites = vec![("stable", 500, generator.suite(100))];
    if generator.dice.chance(30) {
        suites.push(("updates", 500, generator.suite(25)));
    }
    if generator.dice.chance(40) {
        let priority = *generator.dice.pick(&[&100, &100, &-1, &700]);
        suites.push(("backports", priority, generator.suite(40)));
    }
    Case {
        suites,
        wishes: generator.wishes(),
        recommends: generator.dice.chance(20),
        variant: generator.dice.chance(15),
    }
}

impl Generator {
    /// About `percent` of the names, each in one to three versions or architectures.
    fn suite(&mut self, percent: usize) -> String {
        let mut text = String::new();
        for number in 0..self.names.len() {
            if !self.dice.chance(percent) {
                continue;
            }
            let multi_arch = self.multi_arch();
            let mut seen = Vec::new();
            for _ in 0..=self.dice.below(3) {
                let version = self.dice.pick(&VERSIONS);
                let architecture = self.architecture();
                if seen.contains(&(version, architecture)) {
                    continue;
                }
                seen.push((version, architecture));
                self.stanza(&mut text, number, version, architecture, multi_arch);
            }
        }
        text
    }

    fn multi_arch(&mut self) -> &'static str {
        match self.architectures {
            true => self.dice.pick(&["no", "no", "same", "foreign", "allowed"]),
            false => "no",
        }
    }

    fn architecture(&mut self) -> &'static str {
        match self.architectures {
            true => self.dice.pick(&["amd64", "amd64", "amd64", "i386", "all"]),
            false => self.dice.pick(&["amd64", "amd64", "amd64", "all"]),
        }
    }

    fn stanza(
        &mut self,
        text: &mut String,
        number: usize,
        version: &str,
        architecture: &str,
        multi_arch: &str,
    ) {
        self.files += 1;
        let name = &self.names[number];
        let _ = writeln!(text, "Package: {name}\nVersion: {version}");
        let _ = writeln!(
            text,
            "Architecture: {architecture}\nMulti-Arch: {multi_arch}"
        );
        let _ = writeln!(
            text,
            "Filename: pool/{0}.deb\nSize: 1\nSHA256: {0:064x}",
            self.files
        );
        if self.essential[number] {
            text.push_str("Essential: yes\n");
        }
        let fields = [
            ("Pre-Depends", 15, 3),
            ("Depends", 75, 3),
            ("Recommends", 15, 3),
            ("Conflicts", 20 + 10 * self.tightness, 1),
            ("Breaks", 10 + 10 * self.tightness, 1),
        ];
        for (field, percent, alternatives) in fields {
            if self.dice.chance(percent) {
                let groups: Vec<String> = (0..=self.dice.below(2))
                    .map(|_| self.group(alternatives))
                    .collect();
                let _ = writeln!(text, "{field}: {}", groups.join(", "));
            }
        }
        self.provides(text, number);
        text.push('\n');
    }

    fn provides(&mut self, text: &mut String, number: usize) {
        if !self.dice.chance(35) {
            return;
        }
        let mut provided = Vec::new();
        for _ in 0..=self.dice.below(2) {
            let name = match self.dice.below(10) {
                0 => self.names[number].clone(),
                1 => self.any_name(),
                _ => self.dice.pick(&VIRTUAL).to_owned(),
            };
            provided.push(match self.dice.below(10) {
                0 => format!("{name} (>= {})", self.dice.pick(&VERSIONS)),
                1..4 => format!("{name} (= {})", self.dice.pick(&VERSIONS)),
                _ => name,
            });
        }
        let _ = writeln!(text, "Provides: {}", provided.join(", "));
    }

    fn any_name(&mut self) -> String {
        let number = self.dice.below(self.names.len());
        self.names[number].clone()
    }

    fn group(&mut self, alternatives: usize) -> String {
        let count = 1 + self.dice.below(alternatives);
        let relations: Vec<String> = (0..count).map(|_| self.relation()).collect();
        relations.join(" | ")
    }

    fn relation(&mut self) -> String {
        let mut relation = match self.dice.below(20) {
            0 => "nowhere".to_owned(),
            1..4 => self.dice.pick(&VIRTUAL).to_owned(),
            _ => self.any_name(),
        };
        if self.architectures && self.dice.chance(20) {
            relation.push_str(
                self.dice
                    .pick(&[":any", ":any", ":i386", ":amd64", ":native"]),
            );
        }
        if self.dice.chance(30) {
            let operator = self.dice.pick(&["<<", "<=", "=", ">=", ">>"]);
            let _ = write!(relation, " ({operator} {})", self.dice.pick(&VERSIONS));
        }
        relation
    }

    fn wishes(&mut self) -> Vec<String> {
        let count = 1 + self.dice.below(4);
        (0..count).map(|_| self.wish()).collect()
    }

    fn wish(&mut self) -> String {
        let name = match self.dice.below(12) {
            0 => self.dice.pick(&VIRTUAL).to_owned(),
            _ => self.any_name(),
        };
        match self.dice.below(12) {
            0 => format!("{name}={}", self.dice.pick(&VERSIONS)),
            1 => format!("{name}/backports"),
            2 if self.architectures => format!("{name}:i386"),
            _ => name,
        }
    }
}
