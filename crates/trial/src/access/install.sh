# Puts the files of this run below /run, which moves into the system that boots. Runs in the
# initial RAM disk, possibly with the few programs of klibc: cat, ln, mkdir, mount, readlink.
from=/formwork
to=/run/formwork
units=/run/systemd/system
root=${rootmnt:-/root}

mkdir -p "$to"
for file in "$from"/*; do
	name=${file##*/}
	case $name in
	ssh_host_key) (umask 077; cat "$file" >"$to/$name") ;;
	install | order | *.service) ;;
	*) cat "$file" >"$to/$name" ;;
	esac
done

if [ -e "$to/sshd_config" ] && [ ! -x "$root/usr/sbin/sshd" ]; then
	echo 'formwork: no-sshd'
fi

# Which program is it that boots?
boots=$(readlink "$root${init:-/sbin/init}")
case $boots in
*systemd)
	mkdir -p "$units/sysinit.target.wants"
	for file in "$from"/*.service; do
		[ -e "$file" ] || continue
		name=${file##*/}
		cat "$file" >"$units/$name"
		ln -s "../$name" "$units/sysinit.target.wants/$name"
	done
	if [ -e "$to/console.settings" ]; then
		. "$to/console.settings"
		# Its own prompt would take turns with ours; this place outranks all others.
		mkdir -p /run/systemd/system.control
		ln -s /dev/null "/run/systemd/system.control/serial-getty@$line.service"
	fi
	echo 'formwork: access through systemd'
	;;
*busybox | '')
	# The init of busybox, or the one that was before systemd: both read a table, and do not
	# care that ours lies over theirs.
	table=$root/etc/inittab
	if [ ! -e "$table" ]; then
		echo 'formwork: no-way'
		exit 0
	fi
	case $boots in
	*busybox) once=::once respawn=::respawn ;;
	*) once=fwc:2345:once respawn=fwr:2345:respawn ;;
	esac
	while read -r entry; do
		case $entry in
		*:respawn:* | *:askfirst:*)
			[ -e "$to/console.settings" ] || echo "$entry"
			;;
		*) echo "$entry" ;;
		esac
	done <"$table" >"$to/inittab"
	if [ -e "$to/command" ]; then
		echo "$once:/bin/sh /run/formwork/command" >>"$to/inittab"
	fi
	if [ -e "$to/console" ]; then
		echo "$respawn:/bin/sh /run/formwork/console" >>"$to/inittab"
	fi
	mount -o bind "$to/inittab" "$table"
	echo 'formwork: access through inittab'
	;;
*)
	echo 'formwork: no-way'
	;;
esac
