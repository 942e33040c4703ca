//! Which room may use which, and what the pure rooms may depend on, against `cargo metadata`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Findings;
use crate::source;

/// A room, the rooms it may use, and for a pure room all other crates it may use.
type Room = (
    &'static str,
    &'static [&'static str],
    Option<&'static [&'static str]>,
);

const ROOMS: &[Room] = &[
    (
        "formwork-deb",
        &[],
        Some(&["memchr", "sha2", "thiserror", "zerocopy"]),
    ),
    (
        "formwork-model",
        &["formwork-deb"],
        Some(&[
            "schemars",
            "serde",
            "serde_json",
            "thiserror",
            "toml",
            "toml_edit",
        ]),
    ),
    ("formwork-format", &[], Some(&["crc32fast", "thiserror"])),
    ("formwork-sys", &["formwork-deb"], None),
    ("formwork-codec", &["formwork-deb", "formwork-sys"], None),
    (
        "formwork-archive",
        &[
            "formwork-deb",
            "formwork-model",
            "formwork-sys",
            "formwork-codec",
        ],
        None,
    ),
    (
        "formwork-proposal",
        &["formwork-deb", "formwork-model"],
        Some(&[
            "maud",
            "rust_xlsxwriter",
            "serde",
            "serde-saphyr",
            "serde_json",
            "thiserror",
        ]),
    ),
    (
        "formwork-image",
        &[
            "formwork-deb",
            "formwork-format",
            "formwork-model",
            "formwork-sys",
            "formwork-codec",
        ],
        None,
    ),
    (
        "formwork-inspect",
        &["formwork-deb", "formwork-format", "formwork-model"],
        Some(&["maud", "serde", "serde_json", "thiserror"]),
    ),
    (
        "formwork-trial",
        &[
            "formwork-deb",
            "formwork-format",
            "formwork-model",
            "formwork-sys",
        ],
        None,
    ),
    (
        "formwork-rootfs",
        &[
            "formwork-deb",
            "formwork-format",
            "formwork-model",
            "formwork-sys",
            "formwork-codec",
        ],
        None,
    ),
    (
        "formwork-resolve",
        &["formwork-deb", "formwork-model"],
        Some(&["thiserror"]),
    ),
    (
        "formwork-flow",
        &[
            "formwork-deb",
            "formwork-model",
            "formwork-sys",
            "formwork-codec",
            "formwork-format",
            "formwork-archive",
            "formwork-resolve",
            "formwork-rootfs",
            "formwork-image",
            "formwork-inspect",
            "formwork-trial",
            "formwork-proposal",
        ],
        None,
    ),
    ("formwork", &["formwork-flow", "formwork-model"], None),
    ("formwork-testkit", &[], None),
    (
        "xtask",
        &[
            "formwork-codec",
            "formwork-format",
            "formwork-model",
            "formwork-testkit",
        ],
        None,
    ),
];

pub(super) fn check() -> Findings {
    let arguments = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
    let text = source::output("cargo", &arguments)?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata without packages")?;
    Ok(packages.iter().flat_map(check_package).collect())
}

fn check_package(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let Some((_, rooms, others)) = ROOMS.iter().find(|(room, _, _)| *room == name) else {
        return vec![format!(
            "{name}: not in the table of rooms (xtask/src/check/layers.rs)"
        )];
    };
    let mut findings = Vec::new();
    for (dependency, kind) in dependencies(package) {
        let ours = dependency.starts_with("formwork");
        // Tests may use the test kit and, to feed themselves, any room below.
        let allowed = match (ours, kind.as_str()) {
            (true, "dev") => dependency == "formwork-testkit" || rooms.contains(&&*dependency),
            (true, _) => rooms.contains(&&*dependency),
            (false, "dev") => true,
            (false, _) => others.is_none_or(|others| others.contains(&&*dependency)),
        };
        if !allowed {
            findings.push(format!("{name} must not depend on {dependency}"));
        }
    }
    findings
}

fn dependencies(package: &Value) -> BTreeMap<String, String> {
    let list = package["dependencies"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    list.iter()
        .map(|dependency| {
            let text = |key: &str| dependency[key].as_str().unwrap_or("normal").to_owned();
            (text("name"), text("kind"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check_package;

    #[test]
    fn a_pure_room_with_a_network_is_found() {
        let package = serde_json::json!({"name": "formwork-resolve", "dependencies": [
            {"name": "ureq", "kind": null},
            {"name": "formwork-archive", "kind": null},
            {"name": "formwork-deb", "kind": null},
            {"name": "proptest", "kind": "dev"},
        ]});
        assert_eq!(
            check_package(&package),
            [
                "formwork-resolve must not depend on formwork-archive",
                "formwork-resolve must not depend on ureq"
            ]
        );
    }
}
