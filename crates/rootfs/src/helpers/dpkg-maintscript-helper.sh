#!/bin/sh
# Stands in for dpkg-maintscript-helper while packages are installed the first time, when it has
# nothing to do: no older version was there. All else is left to the original.
root=

original() {
  exec "$root/usr/bin/dpkg-maintscript-helper" "$@"
}

# Asked for more than the scripts of a first installation ask, or to talk about it.
[ -z "$DPKG_ROOT$DPKG_DATADIR$DPKG_DEBUG" ] || original "$@"
[ -n "$DPKG_MAINTSCRIPT_PACKAGE" ] || original "$@"

if [ "$1" = supports ] && [ $# -eq 2 ] && [ -n "$DPKG_MAINTSCRIPT_NAME" ]; then
  case $2 in
  rm_conffile | mv_conffile | symlink_to_dir | dir_to_symlink) exit 0 ;;
  *) exit 1 ;;
  esac
fi

case $DPKG_MAINTSCRIPT_NAME in
preinst | postinst) ;;
*) original "$@" ;;
esac
case $1 in
rm_conffile) paths=1 ;;
mv_conffile | symlink_to_dir | dir_to_symlink) paths=2 ;;
*) original "$@" ;;
esac

# COMMAND PATH [PATH] [VERSION [PACKAGE]] -- ACTION [OLDER VERSION]
first= second= version= action= older=
seen=0 after=
for word; do
  seen=$((seen + 1))
  [ $seen -gt 1 ] || continue
  case $word in
  --)
    [ -z "$after" ] || original "$@"
    [ $seen -gt $((paths + 1)) ] || original "$@"
    after=0
    continue
    ;;
  -* | *[!A-Za-z0-9/._+~:@-]*) original "$@" ;;
  esac
  if [ -n "$after" ]; then
    after=$((after + 1))
    case $after in
    1) action=$word ;;
    2) older=$word ;;
    *) original "$@" ;;
    esac
    continue
  fi
  case $((seen - 1 + (paths == 1 && seen > 2))) in
  1) first=$word ;;
  2) second=$word ;;
  3) version=$word ;;
  4) ;;
  *) original "$@" ;;
  esac
done

[ -n "$after" ] && [ -n "$action" ] && [ -z "$older" ] || original "$@"
case $first in
/*[!/]) ;;
*) original "$@" ;;
esac
case $1 in
mv_conffile)
  case $second in
  /*) ;;
  *) original "$@" ;;
  esac
  ;;
esac
[ $paths -eq 1 ] || [ -n "$second" ] || original "$@"

# A version that dpkg finds nothing wrong with: [EPOCH:]UPSTREAM[-REVISION].
case $version in
'') ;;
*/* | *_* | *@* | *- | *:*:*) original "$@" ;;
*:*)
  case ${version%%:*} in
  '' | *[!0-9]* | ?????*) original "$@" ;;
  esac
  case ${version#*:} in
  [0-9]*) ;;
  *) original "$@" ;;
  esac
  ;;
[0-9]*) ;;
*) original "$@" ;;
esac

# What an interrupted change has left would be finished now.
if [ "$DPKG_MAINTSCRIPT_NAME" = postinst ] && [ $paths -eq 2 ]; then
  if [ -e "$root$first.dpkg-backup" ] || [ -h "$root$first.dpkg-backup" ]; then
    original "$@"
  fi
fi
exit 0
