#!/bin/sh
# Stands in for deb-systemd-helper in the calls that packages make when they are installed the
# first time, for one plain unit. All else is left to the original, before anything is changed.
root=

original() {
  exec "$root/usr/bin/deb-systemd-helper" "$@"
}

[ -z "$DPKG_ROOT$_DEB_SYSTEMD_HELPER_DEBUG$_DEB_SYSTEMD_HELPER_PURGE" ] || original "$@"
case $DPKG_MAINTSCRIPT_PACKAGE in
'' | 0) original "$@" ;;
esac
[ ! -e "$root/run/systemd/system" ] || original "$@"

quiet= instance=system helper=deb-systemd-helper action= unit=
for word; do
  case $action$word in
  --quiet) quiet=yes ;;
  --system) instance=system helper=deb-systemd-helper ;;
  --user) instance=user helper=deb-systemd-user-helper ;;
  *)
    case $word in
    '' | -* | .* | *[!A-Za-z0-9@._:-]*) original "$@" ;;
    esac
    if [ -z "$action" ]; then
      action=$word
    elif [ -z "$unit" ]; then
      unit=$word
    else
      original "$@"
    fi
    ;;
  esac
done
[ -n "$unit" ] || original "$@"

states=/var/lib/systemd
state=$root$states/$helper-enabled/$unit.dsh-also
units=/etc/systemd/$instance

case $action in
unmask)
  # Only a link masks, and no directory of masks waits to be removed.
  [ ! -h "$root$units/$unit" ] || original "$@"
  for path in "$root$states/deb-systemd-helper-masked" \
    "$root$states/deb-systemd-user-helper-masked"; do
    [ ! -e "$path" ] || original "$@"
  done
  exit 0
  ;;
debian-installed)
  [ -f "$state" ]
  exit $?
  ;;
was-enabled)
  answer=enabled
  if [ -e "$state" ]; then
    [ -f "$state" ] || original "$@"
    while IFS= read -r link || [ -n "$link" ]; do
      [ -h "$root$link" ] || answer=disabled
    done <"$state"
  fi
  [ -n "$quiet" ] || echo $answer >&2
  [ $answer = enabled ]
  exit $?
  ;;
enable) ;;
*) original "$@" ;;
esac

# Enabled for the first time: the unit's own words say which links there shall be.
[ "$(umask)" = 0022 ] || original "$@"
[ ! -e "$state" ] && [ ! -h "$state" ] || original "$@"
for path in "$units" "/lib/systemd/$instance" "/usr/lib/systemd/$instance" ''; do
  [ -n "$path" ] || original "$@"
  path=$path/$unit
  [ ! -f "$root$path" ] || break
done

links=' '
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
  WantedBy= | RequiredBy=) continue ;;
  WantedBy=*) kind=wants ;;
  RequiredBy=*) kind=requires ;;
  *[Ww][Aa][Nn][Tt][Ee][Dd][Bb][Yy]=* | *[Rr][Ee][Qq][Uu][Ii][Rr][Ee][Dd][Bb][Yy]=* | \
    *[Aa][Ll][Ss][Oo]=* | *[Aa][Ll][Ii][Aa][Ss]=* | \
    *[Dd][Ee][Ff][Aa][Uu][Ll][Tt][Ii][Nn][Ss][Tt][Aa][Nn][Cc][Ee]=*) original "$@" ;;
  *) continue ;;
  esac
  case ${line#*=} in
  ' '* | *[!\ A-Za-z0-9@._:-]*) original "$@" ;;
  esac
  for value in ${line#*=}; do
    link=$value.$kind/$unit
    case $links in
    *" $link "*) original "$@" ;;
    esac
    links="$links$link "
  done
done <"$root$path"

make=yes
for systemctl in "$root/bin/systemctl" "$root/usr/bin/systemctl"; do
  [ ! -x "$systemctl" ] || make=
done
directories=$root$states/$helper-enabled
for link in $links; do
  # What is there already is a case for the original.
  for there in "$directories/$link" "$root$units/$link"; do
    [ ! -e "$there" ] && [ ! -h "$there" ] || original "$@"
  done
done

if [ -z "$make" ]; then
  case $instance in
  user) scope=--global ;;
  *) scope=--system ;;
  esac
  systemctl --root=/ $scope --preset-mode=enable-only preset "$unit" || original "$@"
fi
[ "$links" != ' ' ] || exit 0

set --
for link in $links; do
  set -- "$@" "$directories/${link%/*}"
  [ -z "$make" ] || set -- "$@" "$root$units/${link%/*}"
done
mkdir -p "$@" || exit 1
for link in $links; do
  echo "$units/$link"
done >"$state" || exit 1
for link in $links; do
  [ -z "$make" ] || ln -s "$path" "$root$units/$link" || exit 1
  : >"$directories/$link" || exit 1
done
exit 0
