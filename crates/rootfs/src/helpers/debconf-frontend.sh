#!/bin/sh
# Stands in for debconf's frontend where it would ask nobody: the script talks to the process
# that builds the tree, which knows questions and templates. All else is left to the original.
line=/dev/formwork/debconf

original() {
  exec /dev/formwork/originals/frontend "$@"
}

ask() {
  printf '\001%s\n' "$*" >"$line/requests"
  read -r answer <"$line/answers"
}

case $DEBIAN_FRONTEND:$DEBCONF_NONINTERACTIVE_SEEN:$LANGUAGE in
noninteractive:true:C.UTF-8) ;;
*) original "$@" ;;
esac
[ -z "$DPKG_ROOT$DEBIAN_HAS_FRONTEND$DEBIAN_PRIORITY$DEBCONF_SYSTEMRC$DEBCONF_PACKAGE" ] ||
  original "$@"
[ -z "$DEBCONF_DB_REPLACE$DEBCONF_DB_OVERRIDE$DEBCONF_DB_FALLBACK" ] || original "$@"
[ -z "$DEBCONF_DEBUG$DEBCONF_C_VALUES$DEBCONF_ADMIN_EMAIL" ] || original "$@"
case $* in
/*.postinst\ * | /*.prerm\ * | /*.postrm\ * | /var/lib/dpkg/tmp.ci/preinst\ *) ;;
*) original "$@" ;;
esac
case $* in
*[!A-Za-z0-9\ ./:+~_-]*) original "$@" ;;
esac
[ "$(umask)" = 0022 ] || original "$@"

ask begin "$1"
case $answer in
run | config\ /*) ;;
*) original "$@" ;;
esac
export DEBIAN_HAS_FRONTEND=1
case $answer in
config\ *)
  "${answer#config }" configure "$3" <"$line/replies" >"$line/requests"
  code=$?
  ask end "$code"
  [ "$code" = 0 ] || exit "$code"
  ;;
esac
"$@" <"$line/replies" >"$line/requests"
code=$?
ask end "$code"
exit "$code"
