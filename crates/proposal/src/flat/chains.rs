//! The shortest chain from a wish to each package of a closure.

use std::collections::VecDeque;

use super::{ClosedPackage, Wished};

/// How a wish leads to a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    /// The binaries on the way, the wished one first, the package itself last.
    pub(super) names: Vec<String>,
    /// The relations between them.
    pub(super) relations: Vec<String>,
    /// Whether only optional wishes lead there.
    pub(super) optional: bool,
}

impl Chain {
    /// Whether it says more than another: it holds everywhere, or it is shorter.
    pub(super) fn is_better_than(&self, other: &Chain) -> bool {
        (self.optional, self.names.len()) < (other.optional, other.names.len())
    }
}

/// How a package was first reached: from whom, by which relation, and by which kind of wish.
#[derive(Clone, Copy)]
struct Step<'a> {
    from: Option<(usize, &'a str)>,
    optional: bool,
}

/// One chain for each package, in their order; none where no wish leads to it.
pub(super) fn chains(packages: &[ClosedPackage]) -> Vec<Option<Chain>> {
    let mut needs: Vec<Vec<(usize, &str)>> = vec![Vec::new(); packages.len()];
    for (to, package) in packages.iter().enumerate() {
        for link in &package.needed_by {
            if let Some(list) = needs.get_mut(link.by) {
                list.push((to, &link.relation));
            }
        }
    }
    let mut steps: Vec<Option<Step<'_>>> = vec![None; packages.len()];
    // What holds everywhere comes first, so that an optional wish never hides it.
    for wish in [Wished::Always, Wished::Optional] {
        let optional = wish == Wished::Optional;
        let mut queue: VecDeque<usize> = VecDeque::new();
        for (at, package) in packages.iter().enumerate() {
            if package.wish == Some(wish) && steps[at].is_none() {
                steps[at] = Some(Step {
                    from: None,
                    optional,
                });
                queue.push_back(at);
            }
        }
        while let Some(at) = queue.pop_front() {
            for &(to, relation) in &needs[at] {
                if steps[to].is_none() {
                    steps[to] = Some(Step {
                        from: Some((at, relation)),
                        optional,
                    });
                    queue.push_back(to);
                }
            }
        }
    }
    (0..packages.len())
        .map(|at| steps[at].map(|step| follow(packages, &steps, at, step.optional)))
        .collect()
}

/// The chain that ends at a package.
fn follow(
    packages: &[ClosedPackage],
    steps: &[Option<Step<'_>>],
    end: usize,
    optional: bool,
) -> Chain {
    let mut chain = Chain {
        optional,
        ..Chain::default()
    };
    let mut next = Some(end);
    while let Some(at) = next {
        chain.names.push(packages[at].name.clone());
        next = steps[at]
            .and_then(|step| step.from)
            .map(|(from, relation)| {
                chain.relations.push(relation.to_owned());
                from
            });
    }
    chain.names.reverse();
    chain.relations.reverse();
    chain
}
