//! Where the loader looks for libraries: the directories of `/etc/ld.so.conf`, then its own.

use super::root::normal;
use super::settings::names;
use crate::error::Error;
use crate::initramfs::view::View;

/// Names of directories for the architectures of Debian.
const OWN: [&str; 4] = ["lib64", "usr/lib64", "lib", "usr/lib"];

/// The directories in their order.
pub(super) fn directories(tree: &View<'_>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    read(tree, "etc/ld.so.conf", &mut found, 0)?;
    found.extend(OWN.map(str::to_owned));
    Ok(found)
}

fn read(tree: &View<'_>, path: &str, found: &mut Vec<String>, depth: usize) -> Result<(), Error> {
    let text = tree.read_if_there(path)?.unwrap_or_default();
    for line in String::from_utf8_lossy(&text).lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some(pattern) = line.strip_prefix("include ") else {
            if !line.is_empty() {
                found.push(normal(line));
            }
            continue;
        };
        let pattern = match pattern.trim().strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("etc/{}", pattern.trim()),
        };
        let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        let ending = name.trim_start_matches('*');
        // Deeper than Debian nests them is a circle.
        if depth < 4 {
            for name in names(tree, directory)? {
                if name.ends_with(ending) && !name.starts_with('.') {
                    read(tree, &format!("{directory}/{name}"), found, depth + 1)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_read_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir_all(root.join("etc/ld.so.conf.d")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        write(
            "etc/ld.so.conf",
            "include /etc/ld.so.conf.d/*.conf\n\n/last\n",
        );
        write(
            "etc/ld.so.conf.d/b.conf",
            "# two\n/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n",
        );
        write("etc/ld.so.conf.d/a.conf", "/usr/local/lib # ours\n");
        write("etc/ld.so.conf.d/other", "/never\n");
        let tree = formwork_sys::tree::Tree::open(root).unwrap();
        let found = directories(&View::new(&tree, 0)).unwrap();
        let expected = [
            "usr/local/lib",
            "lib/x86_64-linux-gnu",
            "usr/lib/x86_64-linux-gnu",
            "last",
        ];
        assert_eq!(found[..4], expected);
    }
}
