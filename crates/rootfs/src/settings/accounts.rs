//! Users and groups, written as Debian's own tools write them.
//!
//! A user gets a group of its own name unless another is named, the shell `/bin/bash` and a home
//! below `/home`; a system user gets `/usr/sbin/nologin` and no home unless one is named. Numbers
//! of people begin at 1000 in the order of the names; those of the system are only provisional
//! here, because they follow from the name once everything is in place.

use std::collections::BTreeSet;

use formwork_model::settings::{Group, Settings, User};
use formwork_sys::tree::Tree;

use super::lists::Lists;
use super::{meant, wrong};
use crate::error::Error;

/// The first number of people.
const FIRST: u32 = 1000;
/// The last number of people, as in `login.defs`.
const LAST: u32 = 60_000;
/// How many subordinate numbers a user gets, and where they begin.
const SUBORDINATE: (u32, u32) = (100_000, 65_536);
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Makes and changes accounts; returns the users that are new.
pub(super) fn apply(
    lists: &mut Lists,
    settings: &Settings,
    date: i64,
) -> Result<BTreeSet<String>, Error> {
    let mut numbers = Numbers::of(lists, settings);
    for group in settings.groups.iter().filter(|group| group.gid.is_some()) {
        make_group(lists, group, &mut numbers)?;
    }
    let mut new = BTreeSet::new();
    // Those with a number of their own first, so that nobody else gets it.
    let (fixed, free): (Vec<&User>, Vec<&User>) =
        settings.users.iter().partition(|user| user.uid.is_some());
    for user in fixed.iter().chain(&free) {
        if lists.passwd.get(&user.name).is_none() {
            make_user(lists, user, settings, &mut numbers)?;
            new.insert(user.name.clone());
        }
    }
    for group in &settings.groups {
        make_group(lists, group, &mut numbers)?;
    }
    for user in &settings.users {
        change(lists, user, date)?;
    }
    for group in &settings.groups {
        for member in &group.members {
            if lists.passwd.get(member).is_none() {
                let near = meant(member, lists.passwd.names());
                return Err(wrong(
                    &group.at,
                    format!("there is no user `{member}`{near}"),
                ));
            }
            lists.add_member(&group.name, member);
        }
    }
    Ok(new)
}

/// The numbers that are taken.
struct Numbers {
    users: BTreeSet<u32>,
    groups: BTreeSet<u32>,
}

impl Numbers {
    /// Those of the tree and those that somebody has written down.
    fn of(lists: &Lists, settings: &Settings) -> Numbers {
        let mut numbers = Numbers {
            users: lists.passwd.numbers(2),
            groups: lists.group.numbers(2),
        };
        let ids = settings.ids.values().copied();
        numbers.users.extend(ids.clone());
        numbers.groups.extend(ids);
        numbers
            .users
            .extend(settings.users.iter().filter_map(|user| user.uid));
        numbers
            .groups
            .extend(settings.groups.iter().filter_map(|group| group.gid));
        numbers
    }

    /// A number that is free for a group, and for the user of its name if there is to be one.
    fn take(&mut self, system: bool, user: bool, group: bool) -> Option<u32> {
        let is_taken =
            |id: &u32| (user && self.users.contains(id)) || (group && self.groups.contains(id));
        let free = |id: &u32| !is_taken(id);
        let found = if system {
            (100..FIRST).rev().find(free)
        } else {
            (FIRST..LAST).find(free)
        };
        if let Some(id) = found {
            if user {
                self.users.insert(id);
            }
            if group {
                self.groups.insert(id);
            }
        }
        found
    }
}

/// Makes a group, unless it is there.
fn make_group(lists: &mut Lists, group: &Group, numbers: &mut Numbers) -> Result<(), Error> {
    if let Some(old) = lists.group.number(&group.name, 2) {
        let moved = group.gid.filter(|gid| *gid != old && *gid >= FIRST);
        return match moved {
            None => Ok(()),
            Some(gid) => Err(wrong(
                &group.at,
                format!(
                    "the group `{}` has the number {old} already, not {gid}",
                    group.name
                ),
            )),
        };
    }
    let number = match group.gid {
        Some(gid) if is_free(&lists.group.numbers(2), gid, &group.at, &group.name)? => gid,
        Some(_) => taken(numbers.take(true, false, true), &group.at)?,
        None => taken(numbers.take(group.system, false, true), &group.at)?,
    };
    lists.add_group(&group.name, number);
    Ok(())
}

/// Whether a number that was asked for is free; below 1000 somebody else is moved away later.
fn is_free(taken: &BTreeSet<u32>, id: u32, at: &str, name: &str) -> Result<bool, Error> {
    match (taken.contains(&id), id < FIRST) {
        (false, _) => Ok(true),
        (true, true) => Ok(false),
        (true, false) => {
            let message = format!("the number {id} of `{name}` is another's already");
            Err(wrong(at, message))
        }
    }
}

fn taken(number: Option<u32>, at: &str) -> Result<u32, Error> {
    number.ok_or_else(|| wrong(at, "no number is free"))
}

/// Makes a user and, unless another is named, a group of its name.
fn make_user(
    lists: &mut Lists,
    user: &User,
    settings: &Settings,
    numbers: &mut Numbers,
) -> Result<(), Error> {
    let own_group = user.group.is_none() && lists.group.get(&user.name).is_none();
    let declared = settings.groups.iter().find(|group| group.name == user.name);
    if own_group && let Some(group) = declared {
        make_group(lists, group, numbers)?;
    }
    let own_group = own_group && declared.is_none();
    let id = match user.uid {
        Some(uid) if is_free(&lists.passwd.numbers(2), uid, &user.at, &user.name)? => uid,
        Some(_) => taken(numbers.take(true, true, false), &user.at)?,
        None => taken(numbers.take(user.system, true, own_group), &user.at)?,
    };
    if own_group {
        let group = match lists.group.numbers(2).contains(&id) {
            true => taken(numbers.take(user.system, false, true), &user.at)?,
            false => id,
        };
        numbers.groups.insert(group);
        lists.add_group(&user.name, group);
    }
    let group = group_number(lists, user.group.as_deref().unwrap_or(&user.name), &user.at)?;
    let home = match (&user.home, user.system) {
        (Some(home), _) => home.clone(),
        (None, true) => "/nonexistent".to_owned(),
        (None, false) => format!("/home/{}", user.name),
    };
    let shell = if user.system {
        "/usr/sbin/nologin"
    } else {
        "/bin/bash"
    };
    let (id, group) = (id.to_string(), group.to_string());
    let comment = user.comment.as_deref().unwrap_or_default();
    let shell = user.shell.as_deref().unwrap_or(shell);
    lists
        .passwd
        .add(&[&user.name, "x", &id, &group, comment, &home, shell]);
    let password = if user.system { "!" } else { "*" };
    if lists.shadow.is_there() {
        lists
            .shadow
            .add(&[&user.name, password, "0", "0", "99999", "7", "", "", ""]);
    }
    if !user.system {
        add_subordinate(lists, &user.name);
    }
    Ok(())
}

/// Gives a user subordinate numbers, where the tree has lists of them.
fn add_subordinate(lists: &mut Lists, user: &str) {
    let (first, count) = SUBORDINATE;
    for list in [&mut lists.subuid, &mut lists.subgid] {
        if !list.is_there() || list.get(user).is_some() {
            continue;
        }
        let names: Vec<String> = list.names().map(str::to_owned).collect();
        let ends = names.iter().filter_map(|name| {
            let begin = list.number(name, 1)?;
            begin.checked_add(list.number(name, 2)?)
        });
        let begin = ends.max().unwrap_or(first).max(first);
        list.add(&[user, &begin.to_string(), &count.to_string()]);
    }
}

/// The number of a group that must be there.
fn group_number(lists: &Lists, name: &str, at: &str) -> Result<u32, Error> {
    lists.group.number(name, 2).ok_or_else(|| {
        let near = meant(name, lists.group.names());
        wrong(
            at,
            format!("there is no group `{name}`{near}; declare it in [groups], or add the package that makes it"),
        )
    })
}

/// Changes what the image says of a user, new or not.
fn change(lists: &mut Lists, user: &User, date: i64) -> Result<(), Error> {
    let name = user.name.as_str();
    if let (Some(uid), Some(old)) = (user.uid, lists.passwd.number(name, 2))
        && uid != old
        && uid >= FIRST
    {
        let message = format!("the user `{name}` has the number {old} already, not {uid}");
        return Err(wrong(&user.at, message));
    }
    if let Some(group) = &user.group {
        let number = group_number(lists, group, &user.at)?;
        lists.passwd.set(name, 3, &number.to_string());
    }
    let fields = [(4, &user.comment), (5, &user.home), (6, &user.shell)];
    for (field, value) in fields {
        if let Some(value) = value {
            lists.passwd.set(name, field, value);
        }
    }
    for group in &user.groups {
        group_number(lists, group, &user.at)?;
        lists.add_member(group, name);
    }
    let old = lists.shadow.field(name, 1).unwrap_or("*").to_owned();
    let bare = old.trim_start_matches('!');
    let password = match (&user.password, user.locked) {
        (Some(password), Some(true)) => format!("!{password}"),
        (Some(password), _) => password.clone(),
        (None, Some(true)) => format!("!{}", bare.trim_start_matches('*')),
        (None, Some(false)) if bare.is_empty() => "*".to_owned(),
        (None, Some(false)) => bare.to_owned(),
        (None, None) => old.clone(),
    };
    lists.shadow.set(name, 1, &password);
    let is_new = lists.shadow.field(name, 2) == Some("0");
    if password != old || is_new {
        let day = date.div_euclid(DAY).to_string();
        lists.shadow.set(name, 2, &day);
    }
    Ok(())
}

/// A shell that the image names must be there, or nobody could log in.
pub(super) fn check_shells(tree: &Tree, settings: &Settings) -> Result<(), Error> {
    for user in &settings.users {
        if let Some(shell) = &user.shell
            && tree.open_file(shell).is_err()
        {
            let message = format!(
                "the shell {shell} of the user `{}` is not in the tree; add its package",
                user.name
            );
            return Err(wrong(&user.at, message));
        }
    }
    Ok(())
}
