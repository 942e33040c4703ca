//! Random small universes: `Packages` texts that use every relation there is.
//!
//! Packages mostly depend on packages with a lower number, as real archives lean on a base;
//! a few edges point upwards and make cycles.  Most universes are calm; every third is stormy
//! (many conflicts), and every fourth has a foreign architecture.

use super::random::Random;
use std::fmt::Write as _;

/// The native architecture of every universe.
pub(crate) const NATIVE: &str = "amd64";
/// The foreign architecture of some.
pub(crate) const FOREIGN: &str = "i386";

/// Versions in dpkg's order.
const VERSIONS: [&str; 7] = [
    "0.9~rc1-1",
    "1.0-1",
    "1.0-1+b1",
    "1.1-1",
    "1.10-1",
    "1:0.5-1",
    "2:1.0",
];

/// Virtual names that have two providers at the bottom of every universe.
const SURE: usize = 4;

/// One universe: the text of each architecture's `Packages`.
pub(crate) struct Universe {
    pub(crate) native: String,
    pub(crate) foreign: Option<String>,
}

/// One package of one version; the same for all architectures that hold it.
struct Package {
    name: String,
    versions: Vec<usize>,
    all: bool,
    multi_arch: Option<&'static str>,
    provides: Vec<(String, Option<usize>)>,
}

/// What a universe is made with.
struct Maker {
    random: Random,
    packages: Vec<Package>,
    virtual_names: Vec<String>,
    /// Clashes in 100 packages.
    clashes: usize,
    foreign: bool,
}

/// Makes the universe of a seed.
pub(crate) fn make(seed: u64) -> Universe {
    let mut random = Random::new(seed, "universe");
    let stormy = random.chance(33);
    let foreign = random.chance(25);
    let count = 50 + random.below(251);
    let virtual_names = (0..SURE + count / 15)
        .map(|number| format!("virtual-{number}"))
        .collect();
    let clashes = if stormy {
        15 + random.below(25)
    } else {
        random.below(5)
    };
    let mut maker = Maker {
        random,
        packages: Vec::new(),
        virtual_names,
        clashes,
        foreign,
    };
    for number in 0..count {
        let package = maker.package(number);
        maker.packages.push(package);
    }
    maker.write()
}

impl Maker {
    fn package(&mut self, number: usize) -> Package {
        let random = &mut self.random;
        let newest = random.below(VERSIONS.len());
        let mut versions = vec![newest];
        if newest > 0 && random.chance(8) {
            versions.push(random.below(newest));
        }
        // What is not marked serves its own architecture only: more marks where there are two.
        let multi_arch = match random.below(if self.foreign { 6 } else { 10 }) {
            0 | 1 => Some("foreign"),
            2 | 3 => Some("same"),
            4 => Some("allowed"),
            _ => None,
        };
        let all = random.chance(30);
        let mut provides = Vec::new();
        if number < 2 * SURE {
            provides.push((self.virtual_names[number % SURE].clone(), None));
        } else if random.chance(20) {
            let version = random.chance(30).then(|| random.below(VERSIONS.len()));
            let name = random.pick(&self.virtual_names).clone();
            provides.push((name, version));
        }
        if number > 3 && multi_arch != Some("allowed") && random.chance(3) {
            // A package that provides a real package's name, as forks do.  Not one that is
            // `allowed`: for `NAME:any` apt lets such a fork beat NAME itself, we do not.
            provides.push((format!("pkg-{}", random.below(number)), None));
        }
        let multi_arch = multi_arch.filter(|&kind| !(all && kind == "same"));
        Package {
            name: name(number),
            versions,
            all,
            multi_arch,
            provides,
        }
    }

    fn write(mut self) -> Universe {
        let mut native = String::new();
        let mut foreign = String::new();
        for number in 0..self.packages.len() {
            for at in 0..self.packages[number].versions.len() {
                let version = self.packages[number].versions[at];
                let relations = self.relations(number);
                native += &self.stanza(number, version, NATIVE, &relations);
                if self.foreign && self.random.chance(75) {
                    foreign += &self.stanza(number, version, FOREIGN, &relations);
                }
            }
        }
        Universe {
            native,
            foreign: self.foreign.then_some(foreign),
        }
    }

    fn stanza(&self, number: usize, version: usize, architecture: &str, relations: &str) -> String {
        let package = &self.packages[number];
        let architecture = if package.all { "all" } else { architecture };
        let version = VERSIONS[version];
        let mut out = format!(
            "Package: {}\nVersion: {version}\nArchitecture: {architecture}\n",
            package.name
        );
        if let Some(kind) = package.multi_arch {
            let _ = writeln!(out, "Multi-Arch: {kind}");
        }
        let provides: Vec<String> = package
            .provides
            .iter()
            .map(|(name, version)| match version {
                Some(version) => format!("{name} (= {})", VERSIONS[*version]),
                None => name.clone(),
            })
            .collect();
        if !provides.is_empty() {
            let _ = writeln!(out, "Provides: {}", provides.join(", "));
        }
        let digest = Random::new(number as u64, version).next();
        let _ = write!(
            out,
            "{relations}Maintainer: Toy <toy@mirror.example>\nInstalled-Size: {}\nSection: misc\n\
             Filename: pool/{}_{}_{architecture}.deb\nSize: {}\nSHA256: {digest:064x}\n\
             Description: a toy\n\n",
            10 + number,
            package.name,
            version.replace(':', "."),
            1000 + number
        );
        out
    }

    /// The fields that relate a package to others, and its priority.
    fn relations(&mut self, number: usize) -> String {
        let mut out = String::new();
        let priority = *self
            .random
            .pick(&["optional", "optional", "optional", "standard", "extra"]);
        let _ = writeln!(out, "Priority: {priority}");
        // For all versions: apt takes a package for Essential if any of its versions says so.
        if number % 50 == 13 {
            out.push_str("Essential: yes\n");
        }
        let most = match number {
            0 => 1,
            1..10 => 2,
            _ => 4,
        };
        let counts = [
            ("Pre-Depends", self.random.below(8) / 7),
            ("Depends", self.random.below(most)),
        ];
        for (field, count) in counts {
            let count = if number == 0 { 0 } else { count };
            let groups: Vec<String> = (0..count).map(|_| self.group(number)).collect();
            write_field(&mut out, field, &groups);
        }
        for field in ["Conflicts", "Breaks"] {
            if self.random.chance(self.clashes) {
                let clash = self.clash(number);
                write_field(&mut out, field, &[clash]);
            }
        }
        if self.random.chance(10) {
            let recommended = self.group(number);
            write_field(&mut out, "Recommends", &[recommended]);
        }
        out
    }

    fn group(&mut self, number: usize) -> String {
        let alternatives = if self.random.chance(25) {
            2 + self.random.below(2)
        } else {
            1
        };
        (0..alternatives)
            .map(|_| self.alternative(number))
            .collect::<Vec<_>>()
            .join(" | ")
    }

    fn alternative(&mut self, number: usize) -> String {
        // The lower half stays whole: what is broken there breaks everything above.
        let upper = number > self.packages.len() / 2;
        let random = &mut self.random;
        if random.chance(15) {
            let names = if upper {
                &self.virtual_names[..]
            } else {
                &self.virtual_names[..SURE]
            };
            let name = random.pick(names).clone();
            let version = random.below(VERSIONS.len());
            return if upper && random.chance(15) {
                format!("{name} (>= {})", VERSIONS[version])
            } else {
                name
            };
        }
        if upper && random.chance(2) {
            return format!("missing-{}", random.below(9));
        }
        let target = self.target(number);
        let fits = if upper { 97 } else { 100 };
        match self.qualifier(target) {
            "" => format!("{}{}", name(target), self.constraint(target, fits)),
            // dose overlooks the constraint of a qualified name: only some that are met.
            qualifier if self.packages[target].versions.len() == 1 => {
                let constraint = self.constraint(target, 100);
                format!("{}{qualifier}{constraint}", name(target))
            }
            qualifier => format!("{}{qualifier}", name(target)),
        }
    }

    /// Mostly a package further down; a few edges go anywhere.
    fn target(&mut self, number: usize) -> usize {
        let count = self.packages.len();
        let below = if number == 0 || self.random.chance(2) {
            count
        } else {
            number
        };
        self.random.below(below)
    }

    /// A qualifier where dose and apt read it alike: dose takes `NAME:any` for `NAME`, and a
    /// `Multi-Arch: foreign` package for one of any architecture that is asked for.
    fn qualifier(&mut self, target: usize) -> &'static str {
        let multi_arch = self.packages[target].multi_arch;
        if multi_arch == Some("allowed") && self.random.chance(60) {
            ":any"
        } else if self.foreign && multi_arch != Some("foreign") && self.random.chance(2) {
            ":i386"
        } else {
            ""
        }
    }

    /// A constraint that the target's newest version meets in `fits` of 100 cases.
    fn constraint(&mut self, target: usize, fits: usize) -> String {
        let newest = self.packages[target].versions[0];
        let random = &mut self.random;
        if random.chance(60) {
            return String::new();
        }
        let fits = random.chance(fits);
        let (low, high) = (
            random.below(newest + 1),
            newest + random.below(VERSIONS.len() - newest),
        );
        let (operator, version) = match (random.below(5), fits) {
            (0, true) => ("=", newest),
            (1, true) => ("<=", high),
            (2, true) if low < newest => (">>", low),
            (3, true) if high > newest => ("<<", high),
            (_, true) => (">=", low),
            (0 | 1, false) => ("<<", low),
            (2, false) => (">>", high),
            (_, false) => ("=", (newest + 1) % VERSIONS.len()),
        };
        format!(" ({operator} {})", VERSIONS[version])
    }

    fn clash(&mut self, number: usize) -> String {
        if self.random.chance(20)
            && let Some((provided, _)) = self.packages[number].provides.first()
        {
            // The usual form of "only one of these": provides and conflicts with the same name.
            return provided.clone();
        }
        let count = self.packages.len();
        let target = (number + 1 + self.random.below(count - 1)) % count;
        format!("{}{}", name(target), self.constraint(target, 40))
    }
}

fn name(number: usize) -> String {
    format!("pkg-{number}")
}

fn write_field(out: &mut String, field: &str, groups: &[String]) {
    if !groups.is_empty() {
        let _ = writeln!(out, "{field}: {}", groups.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_the_same_universe_for_ever() {
        let (one, again, other) = (make(7), make(7), make(8));
        assert_eq!(one.native, again.native);
        assert_ne!(one.native, other.native);
        assert!(one.native.matches("Package: ").count() >= 50);
    }
}
