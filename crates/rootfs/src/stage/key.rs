//! The name of a stage: a digest of all that decides what is in it.

use formwork_deb::sha256::Sha256;
use serde::Serialize;

use crate::job::{Job, Limits, Package, Stage};
use crate::variation::Variation;

/// The code that makes trees, by a digest of its source.
const RULES: &str = env!("FORMWORK_RULES");

/// What decides about a stage.
#[derive(Serialize)]
struct Decides<'a> {
    rules: &'a str,
    architecture: &'a str,
    foreign: &'a [String],
    date: i64,
    packages: Vec<(&'a str, &'a str, &'a str, &'a str, bool)>,
    limits: (u64, u64),
    helpers: bool,
}

/// The key of a job's stage; none where the job may not have one.
pub(super) fn of(job: &Job) -> Option<Sha256> {
    // All fields are named, so that a new one is thought about here.
    let Job {
        architecture,
        foreign,
        suite: _,
        date,
        packages,
        limits:
            Limits {
                script_seconds,
                output_bytes,
                tree_bytes: _,
            },
        outputs: _,
        until,
        // Numbers of users are given after the scripts, as are all settings.
        ids: _,
        clean: _,
        settings: _,
        keep: _,
        kernel: _,
        vary,
        stages: _,
    } = job;
    // What is varied must show: it is built from nothing. A tree of scripts alone is looked at
    // as they left it.
    let varied = vary.iter().any(|one| *one != Variation::Helpers);
    if varied || *until == Stage::Scripts {
        return None;
    }
    let packages = packages.iter().filter(|package| !package.own);
    let packages = packages.map(|package| {
        let Package {
            name,
            version,
            architecture,
            file: _,
            size: _,
            sha256,
            wished,
            own: _,
        } = package;
        let texts = [name, version, architecture, sha256].map(String::as_str);
        let [name, version, architecture, sha256] = texts;
        (name, version, architecture, sha256, *wished)
    });
    let decides = Decides {
        rules: RULES,
        architecture,
        foreign,
        date: *date,
        packages: packages.collect(),
        limits: (*script_seconds, *output_bytes),
        helpers: !vary.contains(&Variation::Helpers),
    };
    let text = serde_json::to_vec(&decides).ok()?;
    Some(Sha256::of(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Kind, Output, Stages};

    fn job() -> Job {
        let package = Package {
            name: "a".to_owned(),
            version: "1".to_owned(),
            architecture: "all".to_owned(),
            file: "/somewhere".into(),
            size: 1,
            sha256: "00".to_owned(),
            wished: true,
            own: false,
        };
        Job {
            packages: vec![package],
            until: Stage::Finished,
            ..crate::manifest::test_job()
        }
    }

    /// A change of an order.
    type Change = fn(&mut Job);

    #[test]
    fn all_that_decides_about_a_stage_is_in_its_name() {
        let table: [Change; 12] = [
            |job| job.architecture = "riscv64".to_owned(),
            |job| job.foreign = vec!["i386".to_owned()],
            |job| job.date += 1,
            |job| job.packages.clear(),
            |job| job.packages[0].name = "b".to_owned(),
            |job| job.packages[0].version = "2".to_owned(),
            |job| job.packages[0].architecture = "amd64".to_owned(),
            |job| job.packages[0].sha256 = "01".to_owned(),
            |job| job.packages[0].wished = false,
            |job| job.limits.script_seconds += 1,
            |job| job.limits.output_bytes += 1,
            |job| {
                job.vary.insert(Variation::Helpers);
            },
        ];
        let mut keys = vec![of(&job())];
        for change in table {
            let mut job = job();
            change(&mut job);
            let key = of(&job);
            assert!(key.is_some() && !keys.contains(&key), "{}", keys.len());
            keys.push(key);
        }
    }

    #[test]
    fn what_comes_later_is_not() {
        let table: [Change; 11] = [
            |job| job.packages[0].file = "/elsewhere".into(),
            |job| job.limits.tree_bytes += 1,
            |job| job.suite = "other".to_owned(),
            |job| job.until = Stage::Settings,
            |job| {
                job.ids.insert("a".to_owned(), 1);
            },
            |job| job.clean.logs = false,
            |job| job.settings.system.hostname = Some("a".to_owned()),
            |job| job.keep = Some("/kept".into()),
            |job| job.kernel = Some(crate::job::KernelWish::default()),
            |job| {
                job.outputs.push(Output {
                    kind: Kind::Tar,
                    path: "/x".into(),
                });
            },
            |job| {
                job.stages = Some(Stages {
                    directory: "/cache".into(),
                    image: "b".to_owned(),
                });
            },
        ];
        for (number, change) in table.into_iter().enumerate() {
            let mut job = job();
            change(&mut job);
            assert_eq!(of(&job), of(&self::job()), "{number}");
        }
    }

    #[test]
    fn what_is_varied_or_looked_at_early_has_none() {
        for variation in Variation::ALL {
            let mut job = job();
            job.vary.insert(variation);
            assert_eq!(of(&job).is_some(), variation == Variation::Helpers);
        }
        let early = Job {
            until: Stage::Scripts,
            ..job()
        };
        assert_eq!(of(&early), None);
    }
}
