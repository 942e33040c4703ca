//! Rules about what the file of a package ships.

use super::case::{Case, FETCH, Said, Says, few};
use super::facts::{BinaryFacts, Contents};
use super::support::matches_pattern;
use formwork_model::requirement::FeatureKind;

/// Tags that say that something waits for others on the network.
const LISTENS: [&str; 3] = ["network::server", "network::service", "interface::daemon"];

/// Whether the licences are known and none is refused.
pub(super) fn licence(case: &Case<'_>) -> Vec<Said> {
    let refused = &case.world.policy.limits.refused_licences;
    case.by_suite(|suite, facts| {
        let mut known: Vec<&str> = Vec::new();
        let mut unread = Vec::new();
        for (name, binary) in case.binaries(suite, facts) {
            match binary.contents.as_ref().map(|contents| &contents.licences) {
                Some(Some(licences)) => known.extend(licences.iter().map(String::as_str)),
                Some(None) => unread.push(name),
                None => return vec![Says::unknown("the licences are not known", FETCH)],
            }
        }
        known.sort_unstable();
        known.dedup();
        let is_refused = |name: &&str| refused.iter().any(|pattern| matches_pattern(pattern, name));
        let bad: Vec<&str> = known.iter().copied().filter(is_refused).collect();
        vec![if !bad.is_empty() {
            Says::found(
                format!("licences that the project refuses: {}", few(&bad)),
                "choose another package, or waive with what the lawyers say",
            )
        } else if !unread.is_empty() || known.is_empty() {
            let of = if unread.is_empty() {
                case.package.source.text.clone()
            } else {
                few(&unread)
            };
            Says::unknown(
                format!("the copyright file of {of} is not machine-readable"),
                "read it, and waive with what it says",
            )
        } else {
            Says::fine(few(&known))
        }]
    })
}

/// Whether what listens on the network says so.
pub(super) fn network_facing(case: &Case<'_>) -> Vec<Said> {
    let stated = names_network(case);
    case.by_suite(|suite, facts| {
        let binaries = case.binaries(suite, facts);
        let mut signs = Vec::new();
        for (_, binary) in &binaries {
            let tags = binary.tags.iter().flatten();
            signs.extend(tags.filter(|tag| LISTENS.contains(&tag.as_str())).cloned());
            let sockets = binary
                .contents
                .iter()
                .flat_map(|contents| &contents.sockets);
            signs.extend(sockets.filter(|socket| is_network(socket)).cloned());
        }
        signs.sort();
        signs.dedup();
        let blind = binaries.iter().any(|(_, one)| one.contents.is_none());
        vec![if signs.is_empty() && (blind || binaries.is_empty()) {
            Says::unknown("whether it listens on the network is not known", FETCH)
        } else if signs.is_empty() {
            Says::fine("no socket unit and no tag says that it listens on the network")
        } else if stated {
            Says::fine(format!("faces the network, and says so: {}", few(&signs)))
        } else {
            Says::found(
                format!("faces the network: {}", few(&signs)),
                "name the connection in `needs`, as in needs = [\"lan\"]",
            )
        }]
    })
}

/// Whether the needs of the package name a connection.
fn names_network(case: &Case<'_>) -> bool {
    let features = &case.world.catalogue.features;
    let needs = case.package.needs.iter().flatten();
    needs
        .filter_map(|name| features.get(name.as_str()))
        .any(|feature| feature.kind == FeatureKind::Network)
}

/// Whether a socket listens on more than a path or an abstract name of this machine.
fn is_network(socket: &str) -> bool {
    let places = socket.split_once(": ").map_or("", |(_, places)| places);
    places
        .split(", ")
        .any(|place| !place.is_empty() && !place.starts_with(['/', '@', '%']))
}

/// Whether it ships files with the rights of their owner.
pub(super) fn setuid(case: &Case<'_>) -> Vec<Said> {
    shipped(
        case,
        |contents| &contents.setuid,
        &Words {
            what: "files that run with the rights of their owner or group",
            satisfy: "take the right away with a statoverride in the image and waive, or say why it may stay",
        },
    )
}

/// Whether it ships files with capabilities.
pub(super) fn file_capabilities(case: &Case<'_>) -> Vec<Said> {
    shipped(
        case,
        |contents| &contents.capabilities,
        &Words {
            what: "files with capabilities",
            satisfy: "waive with why they may stay",
        },
    )
}

/// Whether it ships services.
pub(super) fn services(case: &Case<'_>) -> Vec<Said> {
    let said = shipped(
        case,
        |contents| &contents.services,
        &Words {
            what: "services",
            satisfy: "waive with which of them run in the product and how they are kept in bounds",
        },
    );
    let sockets = shipped(
        case,
        |contents| &contents.sockets,
        &Words {
            what: "socket units",
            satisfy: "waive with which of them run in the product",
        },
    );
    let only_found = sockets
        .into_iter()
        .filter(|said| matches!(said.says, Says::Found { .. }));
    said.into_iter().chain(only_found).collect()
}

/// How a rule about shipped things speaks.
struct Words {
    what: &'static str,
    satisfy: &'static str,
}

/// Whether the wanted binaries ship anything of a kind onto the target.
fn shipped(case: &Case<'_>, of: impl Fn(&Contents) -> &Vec<String>, words: &Words) -> Vec<Said> {
    if !case.package.on_target {
        let says = Says::fine("does not come onto the target");
        return vec![Said::at(&case.package.source.spot, says)];
    }
    case.by_suite(|suite, facts| {
        let binaries = case.binaries(suite, facts);
        let mut found = Vec::new();
        let mut blind: Vec<&str> = Vec::new();
        for (name, BinaryFacts { contents, .. }) in &binaries {
            match contents {
                Some(contents) => found.extend(of(contents).iter().cloned()),
                None => blind.push(name),
            }
        }
        found.sort();
        found.dedup();
        vec![if !found.is_empty() {
            Says::found(
                format!("ships {}: {}", words.what, few(&found)),
                words.satisfy,
            )
        } else if binaries.is_empty() || !blind.is_empty() {
            Says::unknown(
                format!("whether it ships {} is not known", words.what),
                FETCH,
            )
        } else {
            Says::fine(format!("ships no {}", words.what))
        }]
    })
}
