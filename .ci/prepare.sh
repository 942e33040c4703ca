# Sourced by ./try and ./check: what this machine lacks is named, installed or asked for.

# Says why it cannot go on, and ends with the exit code for trouble outside.
give_up() {
    printf '%s\n' "$@" >&2
    exit 3
}

# Installs those of the named Debian packages that are missing, after printing the command.
need_packages() {
    missing=
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "Formwork needs these Debian packages:$missing"
    install="apt-get install --yes --no-install-recommends$missing"
    if [ "$(id -u)" -eq 0 ]; then
        become=
    elif command -v sudo >/dev/null; then
        become="sudo "
    else
        give_up "  $install" "This needs root, and there is no sudo: run it as root, then start again."
    fi
    # A fresh container has no package lists yet.
    if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
        echo "  ${become}apt-get update"
        ${become}apt-get update || give_up "apt-get update failed: see above."
    fi
    echo "  $become$install"
    # Lists that have aged name files that the mirror no longer has: then they are renewed.
    # shellcheck disable=SC2086
    $become$install || {
        echo "  ${become}apt-get update"
        ${become}apt-get update && $become$install
    } || give_up "The packages could not be installed: run the line above, then start again."
}

# The package that runs programs of other architectures: Debian 12's plain qemu-user needs libraries.
emulator_package() {
    case $(sed -n 's/^VERSION_ID="*\([0-9]*\).*/\1/p' /etc/os-release 2>/dev/null) in
    11 | 12) echo qemu-user-static ;;
    *) echo qemu-user ;;
    esac
}

# Makes sure of a Rust that can build the workspace.
need_rust() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2 || true)
    oldest=$(printf '%s\n%s\n' "$wanted" "${found:-0}" | sort -V | head -n 1)
    if [ "$oldest" = "$wanted" ] && command -v cargo >/dev/null; then
        return 0
    fi
    give_up "Formwork needs Rust $wanted or newer with cargo; this machine has ${found:-none}." \
        "The rustc of Debian 12 and 13 is older. Install rustup (Debian 13: apt-get install rustup;" \
        "Debian 12: https://rustup.rs), then: rustup toolchain install stable"
}

# Makes sure of the parts of the Rust tool chain that the checks use.
need_rust_components() {
    if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then
        return 0
    fi
    command -v rustup >/dev/null ||
        give_up "The checks need rustfmt and clippy, which belong to the Rust tool chain: install them."
    echo "  rustup component add rustfmt clippy"
    rustup component add rustfmt clippy || give_up "rustfmt and clippy could not be installed."
}
