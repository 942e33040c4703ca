//! What the kernel's configuration says of initial RAM disks.

use super::InitramfsError;
use super::view::View;
use crate::error::Error;
use formwork_codec::Compression;

/// The best form that a kernel of this version can unpack. One whose configuration nobody ships
/// is taken for one of Debian's.
pub(super) fn packing(tree: &View<'_>, version: &str) -> Result<Compression, Error> {
    for path in [
        format!("lib/modules/{version}/config"),
        format!("lib/modules/{version}/config-{version}"),
        format!("boot/config-{version}"),
    ] {
        if let Some(config) = tree.read_if_there(path)? {
            let config = String::from_utf8_lossy(&config);
            return best(&config).ok_or_else(|| {
                let version = version.to_owned();
                InitramfsError::Kernel { version }.into()
            });
        }
    }
    Ok(Compression::Zstd)
}

fn best(config: &str) -> Option<Compression> {
    let forms = [
        ("CONFIG_RD_ZSTD=y", Compression::Zstd),
        ("CONFIG_RD_GZIP=y", Compression::Gzip),
        ("CONFIG_BLK_DEV_INITRD=y", Compression::Plain),
    ];
    let is_set = |option: &str| config.lines().any(|line| line.trim_end() == option);
    let found = forms.into_iter().find(|(option, _)| is_set(option));
    found.map(|(_, compression)| compression)
}

/// The word for a form.
pub(super) fn word(packing: Compression) -> &'static str {
    match packing {
        Compression::Zstd => "zstd",
        Compression::Gzip => "gzip",
        Compression::Xz => "xz",
        Compression::Plain => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_form_that_the_kernel_knows_is_taken() {
        let known = "CONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n# CONFIG_RD_ZSTD is not set\n";
        let zstd = known.replace("# CONFIG_RD_ZSTD is not set", "CONFIG_RD_ZSTD=y");
        assert_eq!(best(&zstd), Some(Compression::Zstd));
        assert_eq!(best(known), Some(Compression::Gzip));
        assert_eq!(best("CONFIG_BLK_DEV_INITRD=y\n"), Some(Compression::Plain));
        assert_eq!(best("CONFIG_RD_ZSTD=m\n"), None);
    }
}
